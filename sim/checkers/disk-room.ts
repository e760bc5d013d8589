/**
 * Writes are refused for want of disk exactly when they are to be.
 *
 * - A server whose disk is almost full all the while that a create, setData or setAcl reaches it and is answered, refuses
 *   it.
 * - A leader that is short of disk answers a report of another server by telling it so; whoever is told by its own leader
 *   refuses from then on.
 * - A leader says so only if its disk, or one of which it heard lately, is almost full; and a write is refused only if the
 *   server's own disk is, or its leader lately said or knew so. A delete never is.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { takesRoom } from "../operations.ts";
import type { HistoryOperation } from "../world/history.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { ModelFeed } from "./model-feed.ts";

/** What another server says counts for 2.5 s of a clock that runs at half pace at worst; and one tick. µs. */
const wordUs = 5_250_000;
/** And for so long at least, on a clock that runs twice as fast as it should. A server that is busy may take longer to end its turn. µs. */
const freshUs = 1_000_000;
const never = Number.NEGATIVE_INFINITY;

/** What is known of one server. */
interface Known {
  /** Since when its disk is almost full, as it knows; undefined while it has room. */
  lowSinceUs: number | undefined;
  /** When it last was. */
  lowUs: number;
  /** When it last heard a report of a disk that is, and a leader that says so. */
  reportedUs: number;
  toldUs: number;
  /** As a leader that is short of disk: who told it of theirs and has no answer yet. */
  readonly owes: Set<ServerId>;
  /** Who has just told it to refuse. */
  toldBy: ServerId | undefined;
}

export class DiskRoomRules implements Observer {
  readonly name = "disk-room";
  readonly #feed: ModelFeed;
  readonly #marks: Marks | undefined;
  readonly #known: (Known | undefined)[] = [];
  #world: World | undefined;

  /** With `marks`, it notes what it sees. */
  constructor(feed: ModelFeed, marks?: Marks) {
    this.#feed = feed;
    this.#marks = marks;
  }

  begin(world: World): void {
    this.#world = world;
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    const known = this.#of(to.id);
    if (message.type === "WallClock") {
      if (message.diskLow) known.reportedUs = this.#now;
      if (to.diskLow && to.node?.raft.isLeader === true && to.node.admitted) known.owes.add(from);
    } else if (message.type === "DiskFull") {
      known.toldUs = this.#now;
      known.toldBy = from;
    }
  }

  sent(from: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type !== "DiskFull") return;
    const known = this.#of(from.id);
    known.owes.delete(to);
    this.#look(from, known);
    if (!this.#within(known.lowUs) && !this.#within(known.reportedUs))
      throw new InvariantBroken(this.name, `n${from.id} tells n${to} to refuse writes, and knows of no full disk`);
  }

  step(server: ServerView): void {
    const known = this.#of(server.id);
    this.#look(server, known);
    if (known.toldBy === undefined && known.owes.size === 0) return;
    if (server.node === undefined || server.hasUnflushedInput) return;
    const { raft } = server.node;
    const told = known.toldBy !== undefined && raft.leader === known.toldBy && this.#now - known.toldUs <= freshUs;
    if (told && server.node.status().writesRefused === undefined)
      throw new InvariantBroken(this.name, `n${server.id} goes on, though its leader has told it to refuse writes`);
    for (const other of known.owes)
      if (raft.isLeader && server.diskLow)
        throw new InvariantBroken(this.name, `n${server.id} leads with a full disk, and does not tell n${other}`);
    known.toldBy = undefined;
    known.owes.clear();
  }

  crashed(server: ServerView): void {
    this.#forget(server);
  }

  stopped(server: ServerView): void {
    this.#forget(server);
  }

  answered({ id, invocation, invokedUs, outcome, zxid, result }: HistoryOperation): void {
    if (outcome !== "answered" || invocation.type !== "write" || result === undefined) return;
    const command = this.#feed.commandAt(zxid);
    if (command === undefined) return;
    const { origin } = command;
    const known = this.#of(origin);
    const wasLow = known.lowSinceUs !== undefined && known.lowSinceUs <= invokedUs;
    const refused = result.failure?.code === "DISK_FULL";
    if (!takesRoom(invocation.operation)) {
      if (refused) throw new InvariantBroken(this.name, `operation ${id} is refused, though it makes room`);
      if (wasLow && result.failure === undefined) this.#marks?.hit("delete-without-room");
      return;
    }
    if (!refused && wasLow)
      throw new InvariantBroken(this.name, `operation ${id} is taken by n${origin}, whose disk is full`);
    if (!refused) return;
    this.#marks?.hit("write-refused-for-room");
    if (known.lowUs < invokedUs && known.toldUs > never) this.#marks?.hit("write-refused-for-leader");
    const since = invokedUs - wordUs;
    if (known.lowUs < since && known.toldUs < since && known.reportedUs < since)
      throw new InvariantBroken(
        this.name,
        `operation ${id} is refused by n${origin}, which has room, as the others do`,
      );
  }

  get #now(): number {
    return this.#world?.now ?? 0;
  }

  #within(atUs: number): boolean {
    return this.#now - atUs <= wordUs;
  }

  #look({ diskLow, node, pausedUntilUs }: ServerView, known: Known): void {
    if (diskLow) known.lowUs = this.#now;
    // One that sleeps, or does not run, takes nothing either.
    if (!diskLow || node === undefined) known.lowSinceUs = undefined;
    else if (pausedUntilUs === 0) known.lowSinceUs ??= this.#now;
  }

  #forget({ id }: ServerView): void {
    const known = this.#of(id);
    known.lowSinceUs = undefined;
    known.toldBy = undefined;
    known.owes.clear();
  }

  #of(id: ServerId): Known {
    const known = this.#known[id];
    if (known !== undefined) return known;
    const fresh: Known = {
      lowSinceUs: undefined,
      lowUs: never,
      reportedUs: never,
      toldUs: never,
      owes: new Set(),
      toldBy: undefined,
    };
    this.#known[id] = fresh;
    return fresh;
  }
}
