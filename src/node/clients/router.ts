/**
 * The clients of one server. What they say, and what the log and the leader say to them, goes through here to its part:
 *
 * | What                                             | Where                                                      |
 * | ------------------------------------------------ | ---------------------------------------------------------- |
 * | A client wants a session; closes, loses it       | `attachments.ts`                                           |
 * | A request comes, in order, if there is room      | `request-order.ts`, `intake.ts`                            |
 * | A write: proposed, answered, sent again          | `writes.ts`, `../proposals.ts`                             |
 * | A read: its index, its turn, its answer          | `reads.ts`, `read-indexes.ts`, `read-turns.ts`             |
 * | Answers and events in their order                | `request-queue.ts`, `visits.ts`                            |
 * | A watch: armed, armed again, fired               | `watches.ts`, `watch-arming.ts`, `server-watches.ts`       |
 * | A ping, and the leader's word on it              | here, `../peers/session-liveness.ts`                       |
 * | A connection comes, speaks, ends                 | `connections.ts`, `client-outbox.ts`                       |
 *
 * It is the origin of its clients' proposals and knows nothing of leaders.
 */
import { unreachable } from "../../base/assert.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Failure, SessionId, Zxid } from "../../base/operations.ts";
import type { WatchSpec } from "../../base/reads.ts";
import type { AdmittedMessage } from "../../protocol/client-messages.ts";
import type { Raft } from "../../raft/raft.ts";
import type { Applied, Change, Command, CommandBody, Outcome } from "../../znode/commands.ts";
import type { Watched } from "../../znode/watches.ts";
import type { Replica } from "../core.ts";
import type { ConnectionId, Ports } from "../ports.ts";
import type { Proposals } from "../proposals.ts";
import type { Spoken } from "../spoken.ts";
import { Attachments } from "./attachments.ts";
import { Connection } from "./connection.ts";
import { Connections } from "./connections.ts";
import { Intake } from "./intake.ts";
import { ReadTurns, type ReadWork } from "./read-turns.ts";
import { ClientReads } from "./reads.ts";
import type { RetainedForClients } from "./retained.ts";
import type { ServerFacts } from "./server-facts.ts";
import { ToldMembers } from "./told-members.ts";
import { ClientVisits } from "./visits.ts";
import { ClientWatches } from "./watches.ts";
import { ClientWrites } from "./writes.ts";

/** What clients are served with. */
export interface RouterParts {
  readonly server: ServerFacts;
  readonly replica: Replica;
  readonly proposals: Proposals;
  readonly raft: Pick<Raft, "cancelRead" | "configuration" | "requestRead">;
  readonly ports: Pick<Ports, "clients" | "clock" | "requestFlush" | "secret">;
  /** Bytes of proposals beyond which clients are refused. */
  readonly proposedBytesMax: number;
  readonly readWork: ReadWork;
  /** How many changes are remembered; left out: as in `limits`. */
  readonly changeHistoryMax: number | undefined;
  /** A client spoke for its session. */
  readonly touch: (session: SessionId, spoken: Spoken) => void;
}

/** Serves the clients of one server. */
export class ClientRouter {
  readonly #parts: RouterParts;
  readonly #connections: Connections;
  readonly #attachments: Attachments;
  readonly #intake: Intake;
  readonly #visits: ClientVisits;
  readonly #writes: ClientWrites;
  readonly #reads: ClientReads;
  readonly #watches: ClientWatches;
  readonly #turns: ReadTurns;
  readonly #members: ToldMembers;

  constructor(parts: RouterParts) {
    this.#parts = parts;
    const { replica, raft, ports } = parts;
    this.#turns = new ReadTurns(parts.readWork);
    this.#members = new ToldMembers(raft);
    const connections = new Connections((connection) => this.#forget(connection));
    this.#connections = connections;
    this.#attachments = new Attachments({ ...parts, connections });
    this.#watches = new ClientWatches(connections, replica, this.#turns, parts.changeHistoryMax);
    this.#reads = new ClientReads(replica, this.#turns, this.#watches, raft, connections);
    this.#writes = new ClientWrites({ ...parts, connections });
    const { ahead } = parts.readWork;
    const intake = new Intake({ connections, reads: this.#reads, writes: this.#writes, ports, ahead });
    this.#intake = intake;
    this.#visits = new ClientVisits({
      connections,
      intake,
      reads: this.#reads,
      watches: this.#watches,
      turns: this.#turns,
      replica,
      ports,
      pong: (connection, number) => this.#pong(connection, number),
    });
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Watches armed. */
  get watches(): number {
    return this.#watches.size;
  }

  /** At most `max` of the paths that clients of this server watch. */
  watched(max: number): readonly Watched[] {
    return this.#watches.watched(max);
  }

  /** What the client of each session watches. */
  watchers(): Iterable<{ readonly sessionId: SessionId; readonly watches: readonly WatchSpec[] }> {
    return this.#watches.watchers();
  }

  /** How many watches are armed for the client of a session. */
  watchesOfSession(session: SessionId): number {
    return this.#watches.countOf(session);
  }

  /** Whether the session is attached to a client of this server. */
  isAttached(session: SessionId): boolean {
    return this.#connections.of(session) !== undefined;
  }

  /** For checkers: the watches that are armed for a connection. */
  watchesOf(connection: ConnectionId): readonly WatchSpec[] {
    return this.#watches.of(connection);
  }

  /** For checkers: what is kept for clients. */
  retained(): RetainedForClients {
    const known = [this.#reads.indexes, this.#turns, this.#watches].flatMap(({ connections }) => [...connections]);
    return {
      connections: this.#connections.size,
      attachedSessions: this.#connections.attachedSessions,
      attaching: this.#attachments.waiting,
      readQuestions: this.#reads.indexes.size,
      goneConnections: known.filter((connection) => !this.#connections.isOpen(connection)).length,
    };
  }

  /** Whether a client's watches wait for the next turn to be armed. */
  get hasWatchesLeft(): boolean {
    return this.#watches.hasWaiting;
  }

  /** Whether reads, or watches to be armed, wait for the next turn. */
  get hasReadsLeft(): boolean {
    return this.#turns.waiting > 0;
  }

  /** Messages of a client; the first ones open the connection. */
  receive(id: ConnectionId, messages: readonly AdmittedMessage[]): void {
    let connection = this.#connections.get(id);
    if (connection === undefined) {
      connection = new Connection(id, this.#reads.evaluator(id));
      this.#connections.add(connection);
      if (this.#connections.size > limits.connectionsMax) return this.#connections.refuse(connection, "OVERLOADED");
    }
    for (const message of messages) {
      if (!this.#connections.isOpen(connection)) return;
      this.#receiveOne(connection, message);
    }
    this.#attachments.spoke(connection);
  }

  /** The stream broke or was closed by the client. */
  disconnected(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#connections.forget(connection);
  }

  /** The client has read what kept its reads waiting. */
  ready(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#turns.takeBack(connection);
  }

  /** The state machine is about to apply a command. */
  beforeApply(body: CommandBody): void {
    if (body.type === "write" || body.type === "closeSession") this.#writes.beforeApply(body.sessionId, body.requestId);
  }

  /** The state machine has applied a command that made these changes: they are to be told one by one. */
  changed(changes: readonly Change[]): void {
    this.#watches.remember(changes);
  }

  /** Fires the watches that wait for a change, which was remembered; returns how many. */
  tell(change: Change): number {
    return this.#watches.fire(change);
  }

  /** The state machine has applied a command, and its changes are told: the one who waits for it is answered. */
  afterApply(command: Command, applied: Applied): void {
    const own = command.origin === this.#parts.server.id;
    this.#dispatch(applied.outcome, own ? command.proposal : undefined);
    if (own) this.#parts.proposals.applied();
    if (own && !this.#writes.isAwaited(command)) this.#parts.proposals.settle(command.proposal);
    if (own && this.#parts.proposals.mayFollow) this.#parts.ports.requestFlush();
    this.#attachments.ended(applied.ended);
  }

  /**
   * A snapshot has taken the place of the state: what happened in between is not known here. The clients attach again,
   * here or elsewhere, send again what was not answered, arm their watches and hear what they missed: all that a client
   * does whose server died.
   */
  stateReplaced(): void {
    for (const one of this.#connections.all()) if (one.state.type !== "new") this.#connections.end(one);
    this.#watches.replaced();
  }

  /** Tells the attached clients when the cluster has lost its quorum or found it again. */
  quorumChanged(): void {
    for (const connection of this.#connections.attached()) this.#pong(connection, 0);
  }

  /** The leader has heard of the sessions that spoke: those clients may rely on it that asked by a ping. */
  vouch(spoke: ReadonlyMap<SessionId, Spoken>): void {
    for (const [session, { connection: id, ping }] of spoke) {
      const connection = this.#connections.of(session);
      if (ping === 0 || connection?.id !== id) continue;
      this.#connections.say(connection, { type: "heard", ping });
    }
  }

  /** Tells the attached clients where servers are by now, if that has changed. */
  tellMembers(): void {
    if (!this.#members.changed()) return;
    const members = this.#parts.server.members();
    for (const one of this.#connections.attached()) this.#connections.say(one, { type: "members", members });
  }

  /** Refuses clients that have waited for their session since before `beforeMs`. */
  refuseAttaching(beforeMs: number, code: ErrorCode): void {
    this.#attachments.refuseWaiting(beforeMs, code);
  }

  /** The end of a turn's input: what the leader is to be asked for the reads that it brought. */
  askReads(): void {
    this.#reads.ask();
  }

  /** Raft has answered what {@link askReads} asked. */
  readIndexed(id: number, index: Zxid): void {
    this.#reads.indexed(id, index);
  }

  /** Read indexes have come, or the state has moved up to them. */
  advance(): void {
    this.#visits.advance();
  }

  /** Answers reads and arms watches, as many as belong in one turn. */
  answerReads(): void {
    this.#visits.make();
  }

  /** Sends the frames of the turn, one per connection. */
  flush(): void {
    this.#connections.flush(this.#parts.ports.clients);
  }

  #receiveOne(connection: Connection, message: AdmittedMessage): void {
    const { state } = connection;
    if (connection.closing) return;
    if (message.type === "connect") {
      if (state.type === "new") return this.#attachments.begin(connection, message);
      return this.#connections.refuse(connection, "PROTOCOL_ERROR", "a second Connect on one stream");
    }
    if (state.type !== "attached")
      return this.#connections.refuse(connection, "PROTOCOL_ERROR", "a message before the session was attached");
    switch (message.type) {
      case "ping":
        connection.ping = Math.max(connection.ping, message.number);
        if (connection.arming.idle) return this.#pong(connection, message.number);
        return this.#refuseFor(connection, connection.arming.addPing(message.number));
      case "setWatches":
        return this.#watches.set(connection, message);
      case "disarm":
        return this.#watches.disarm(connection, message);
      case "request":
        return this.#intake.take(connection, message, state);
      default:
        return unreachable(message);
    }
  }

  #refuseFor(connection: Connection, failure: Failure | undefined): void {
    if (failure !== undefined) this.#connections.refuse(connection, failure.code, failure.message);
  }

  #dispatch(outcome: Outcome, ownProposal: number | undefined): void {
    switch (outcome.type) {
      case "attached":
        return this.#attachments.attached(outcome, ownProposal);
      case "refused":
        return this.#attachments.refused(outcome, ownProposal);
      case "closed":
        return this.#attachments.closed(outcome);
      case "written":
        return this.#visits.advanced(
          this.#writes.answered(outcome.sessionId, outcome.requestId, outcome.zxid, outcome.result),
        );
      case "dropped":
        return this.#visits.advanced(this.#writes.dropped(outcome, ownProposal));
      case "gap":
        return this.#writes.cameTooEarly(outcome);
      case "expired":
      case "unusedRemoved":
        return;
    }
  }

  #pong(connection: Connection, number: number): void {
    this.#connections.say(connection, { type: "pong", number, quorum: this.#parts.server.hasQuorum() });
  }

  #forget(connection: Connection): void {
    this.#watches.forget(connection);
    this.#reads.forget(connection);
    this.#attachments.forget(connection);
    this.#writes.forget(connection);
  }
}
