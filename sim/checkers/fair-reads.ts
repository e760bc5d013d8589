/**
 * A turn of a server answers no more reads than it may, so that heartbeats and everybody else do not wait for a client that
 * asks for much; and clients take turns: while one waits with a read that nothing else holds up, no other one has more of its
 * own answered than one visit is for. And while reads are left that could be answered, a turn answers as many as it may.
 *
 * Told from frames. Each read is a unit of work at least. Not counted is a read behind which its client has sent a write: it is
 * answered before the write is applied, whosever turn it is. Held up by nothing is a local read before which all is answered,
 * of a client whose watches are armed and that takes what it is sent; and a linearizable one once another is answered that
 * came in the same turn, for which the same read index was asked.
 */
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

interface Asked {
  readonly xid: number;
  readonly kind: "local read" | "read" | "write" | "other";
  /** The turn of its server that asked for its read index, if that is known: of a read before which nothing had to be answered. */
  readonly batch: number | undefined;
  /** To answer it is a unit of work, if its answer is small; known of reads of one znode alone. */
  readonly isPlain: boolean;
}

/** A client's stream, as its server has it. */
interface Asking {
  readonly client: number;
  readonly server: ServerId;
  /** What has come and is not answered, in order. */
  readonly asked: Asked[];
  /** How many of these are writes. */
  writes: number;
  arming: boolean;
  /** The turn since which a read that nothing holds up stands in front, of all turns; undefined while none does. */
  readySince: number | undefined;
  /** By connection: reads that were answered there since then. */
  readonly passedBy: Map<number, number>;
}

export class FairReads implements Observer {
  readonly name = "fair-reads";
  readonly #marks: Marks | undefined;
  readonly #asking = new Map<number, Asking>();
  /** Connections of strangers whose watches are armed, turn by turn, of which no answer tells: their server. */
  readonly #strange = new Map<number, ServerId>();
  /** Reads that the present turn of a server has answered, by connection. */
  readonly #answered = new Map<number, number>();
  /** By server: since its last input it may have done work that no answer shows, or answered what is more than a unit of it. */
  readonly #unreckoned: boolean[] = [];
  /** Turns in which reads were answered, of all servers. */
  #turns = 0;
  /** By server: its turns. */
  readonly #batches: number[] = [];
  #clients = 0;
  #perTurn = 0;
  #perVisit = 0;
  /** Whether clients always take what they are sent. */
  #taking = false;

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  begin(world: World): void {
    const { readWork, clientAhead, clients } = world.plan.config;
    this.#clients = clients;
    this.#perTurn = readWork.turn;
    this.#perVisit = readWork.visit;
    this.#taking = clientAhead >= 1_000;
  }

  clientFrame(client: number, server: ServerId, connection: number, messages: readonly ClientMessage[]): void {
    if (client > this.#clients || messages[0]?.type !== "connect") return;
    const nothing = { asked: [], writes: 0, arming: false, readySince: undefined, passedBy: new Map() };
    this.#asking.set(connection, { client, server, ...nothing });
  }

  connectionBroken(connection: number): void {
    const server = this.#asking.get(connection)?.server;
    if (server !== undefined) this.#unreckoned[server] = true;
    this.#asking.delete(connection);
    this.#strange.delete(connection);
  }

  spokenTo({ id }: ServerView, connection: number, messages: readonly ClientMessage[]): void {
    const asking = this.#asking.get(connection);
    if (asking === undefined) {
      if (messages.some(({ type }) => type === "setWatches" || type === "disarm")) this.#strange.set(connection, id);
      return;
    }
    for (const message of messages) takes(asking, message, this.#batches[id] ?? 0);
    this.#looks(asking);
  }

  serverFrame(server: ServerView, _client: number, connection: number, messages: readonly ServerMessage[]): void {
    const asking = this.#asking.get(connection);
    if (asking === undefined || asking.arming || !messages.every(isOneUnit)) this.#unreckoned[server.id] = true;
    if (asking === undefined) return;
    let reads = 0;
    for (const message of messages) {
      if (message.type === "refused") this.#asking.delete(connection);
      else if (message.type === "pong" && message.number > 0) asking.arming = false;
      if (message.type !== "reply") continue;
      const first = asking.asked.shift();
      if (first?.xid !== message.xid) this.#asking.delete(connection);
      if (first?.isPlain === false) this.#unreckoned[server.id] = true;
      if (first?.kind === "write") asking.writes--;
      else if (first?.kind !== "other" && asking.writes === 0) reads++;
      asking.readySince = undefined;
      if (first?.kind === "read" && first.batch !== undefined) this.#isKnown(asking.server, first.batch);
    }
    this.#looks(asking);
    if (reads > 0) this.#answered.set(connection, reads);
  }

  /** Another turn begins, perhaps of the same server in the same event. */
  effects(server: ServerView): void {
    this.#ends(server);
    this.#batches[server.id] = (this.#batches[server.id] ?? 0) + 1;
  }

  step(server: ServerView): void {
    if (this.#answered.size > 0) this.#isFull(server);
    this.#ends(server);
    // While events are left nobody is visited, and what was answered meanwhile counts in the next turn.
    this.#unreckoned[server.id] = server.node?.hasEventsLeft === true;
  }

  /** Its turn has just ended; if reads are left that can be answered, it was for want of room. */
  #isFull({ id, node }: ServerView): void {
    if (node?.hasReadsLeft !== true || node.hasEventsLeft || this.#unreckoned[id] === true) return;
    for (const server of this.#strange.values()) if (server === id) return;
    for (const { server, arming, writes } of this.#asking.values()) if (server === id && (arming || writes > 0)) return;
    let reads = 0;
    for (const count of this.#answered.values()) reads += count;
    if (reads >= this.#perTurn) return;
    throw new InvariantBroken(
      this.name,
      `n${id} answers ${reads} reads in a turn, which may answer ${this.#perTurn}, and has more that can be answered`,
    );
  }

  #ends(server: ServerView): void {
    if (this.#answered.size === 0) return;
    let reads = 0;
    for (const count of this.#answered.values()) reads += count;
    if (reads >= this.#perTurn) this.#marks?.hit("reads-fill-turn");
    if (reads > this.#perTurn)
      throw new InvariantBroken(
        this.name,
        `n${server.id} answers ${reads} reads in one turn, which may answer ${this.#perTurn}`,
      );
    if (this.#taking) for (const one of this.#asking.values()) if (one.server === server.id) this.#waits(one);
    this.#answered.clear();
    this.#turns++;
  }

  crashed(server: ServerView): void {
    for (const [connection, { server: id }] of this.#asking) if (id === server.id) this.#asking.delete(connection);
    for (const [connection, id] of this.#strange) if (id === server.id) this.#strange.delete(connection);
    this.#answered.clear();
  }

  /** Whether from now on a read waits for nothing but its turn. */
  #looks(asking: Asking): void {
    if (asking.readySince !== undefined) return;
    const isReady = asking.asked[0]?.kind === "local read" && !asking.arming;
    asking.readySince = isReady ? this.#turns : undefined;
    asking.passedBy.clear();
  }

  /** The read index that this turn asked for is known, and applied. */
  #isKnown(server: ServerId, batch: number): void {
    for (const one of this.#asking.values()) {
      const [first] = one.asked;
      if (one.server !== server || first?.kind !== "read" || first.batch !== batch || one.readySince !== undefined)
        continue;
      one.readySince = this.#turns;
      one.passedBy.clear();
    }
  }

  /** A turn is over in which reads of others may have been answered. */
  #waits({ client, server, readySince, passedBy }: Asking): void {
    if (readySince === undefined || readySince >= this.#turns) return;
    for (const [connection, reads] of this.#answered) {
      const passed = (passedBy.get(connection) ?? 0) + reads;
      passedBy.set(connection, passed);
      this.#marks?.hit("reader-waits-for-others");
      if (passed > this.#perVisit)
        throw new InvariantBroken(
          this.name,
          `n${server} lets client ${client} wait with a read while it answers ${passed} of client ${this.#asking.get(connection)?.client}`,
        );
    }
  }
}

function takes(asking: Asking, message: ClientMessage, turn: number): void {
  if (message.type === "setWatches") asking.arming = true;
  if (message.type !== "request") return;
  const { body, xid } = message;
  const batch = asking.asked.length === 0 && !asking.arming ? turn : undefined;
  if (body.type === "read") {
    const isLocal = body.read.local && body.read.kind !== "sync";
    const isPlain = !["multiRead", "getEphemerals", "getAllChildrenNumber"].includes(body.read.kind);
    asking.asked.push({ xid, kind: isLocal ? "local read" : "read", batch, isPlain });
  } else if (body.type === "auth") asking.asked.push({ xid, kind: "other", batch, isPlain: false });
  else {
    // What was asked before it is answered whosever turn it is, and perhaps not told at once.
    asking.asked.push({ xid, kind: "write", batch, isPlain: false });
    asking.writes++;
  }
}

/** Whether an answer that a server sends is small: large data or a long list is more work than a unit. */
function isOneUnit(message: ServerMessage): boolean {
  if (message.type === "pong") return message.number === 0;
  if (message.type !== "reply") return message.type !== "refused";
  const { result } = message;
  if (result.failure !== undefined) return false;
  return (result.data?.length ?? 0) < 1_024 && (result.children?.length ?? 0) < 16;
}
