/**
 * The clients of one server: attaches their sessions, takes their requests, hands them answers and watch events.
 *
 * It is the origin of their proposals and knows nothing of leaders: proposals leave through {@link Proposals}, read
 * indexes come back through {@link RouterHost.requestReadIndex}.
 */
import { type ErrorCode, errorMessage } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Operation, Read, Result, SessionId, WatchSpec } from "../../base/operations.ts";
import { watchArmedBy } from "../../base/watch-rules.ts";
import type {
  ClientMessage,
  Connect,
  Disarm,
  MemberEndpoint,
  Request,
  SetWatches,
} from "../../protocol/client-messages.ts";
import { protocolVersion } from "../../protocol/client-messages.ts";
import { encodeCommand } from "../../protocol/command-codec.ts";
import type { Applied, Command, CommandBody, Outcome, Write } from "../../znode/commands.ts";
import type { ZnodeMachine } from "../../znode/machine.ts";
import type { Watched } from "../../znode/watches.ts";
import type { Clients, ConnectionId } from "../ports.ts";
import type { Proposals } from "../proposals.ts";
import type { Spoken } from "../spoken.ts";
import { ClientOutbox } from "./client-outbox.ts";
import { type Attached, Connection } from "./connection.ts";
import { ReadTurns, type ReadWork } from "./read-turns.ts";
import { RequestOrder } from "./request-order.ts";
import type { Slot } from "./request-queue.ts";
import { ServerWatches } from "./server-watches.ts";

/** What the router needs from the node. */
export interface RouterHost {
  readonly id: number;
  readonly clusterId: string;
  readonly machine: ZnodeMachine;
  readonly proposals: Proposals;
  /** Bytes of proposals beyond which clients are refused. */
  readonly proposedBytesMax: number;
  readonly clients: Clients;
  readonly secret: (length: number) => Uint8Array;
  readonly readWork: ReadWork;
  now(): number;
  /** Which life of the cluster this is; 0: not known. */
  instance(): number;
  /** Why creates and setDatas are refused for want of disk; undefined while they are not. */
  writesRefused(): string | undefined;
  /** Whether a leader is known that a majority follows. */
  hasQuorum(): boolean;
  /** The members of the cluster, as far as this server knows. */
  members(): readonly MemberEndpoint[];
  /** Asks for another turn soon. */
  requestFlush(): void;
  /** A client spoke for its session. */
  touch(session: SessionId, spoken: Spoken): void;
  /** The slot waits for a read index. */
  requestReadIndex(slot: Slot, connection: Connection): void;
  /** The connection has gone, and its reads with it. */
  forgetReads(connection: Connection): void;
}

/** See the file's comment. */
export class ClientRouter {
  readonly #host: RouterHost;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #bySession = new Map<SessionId, Connection>();
  /** Connections that wait for their session, by proposal. */
  readonly #attaching = new Map<number, Connection>();
  readonly #outbox = new ClientOutbox();
  readonly #turns: ReadTurns;
  /** Connections with watches to be armed again. */
  readonly #arming = new Set<Connection>();
  /** Connections whose reads wait until their clients have read what was sent. */
  readonly #congested = new Set<Connection>();
  #watches: ServerWatches;

  constructor(host: RouterHost) {
    this.#host = host;
    this.#turns = new ReadTurns(host.readWork);
    this.#watches = new ServerWatches(host.machine.appliedIndex);
  }

  get connections(): number {
    return this.#connections.size;
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** For checkers: the watches that are armed for a connection. */
  watchesOf(connection: ConnectionId): readonly WatchSpec[] {
    return this.#watches.watchesOf(connection);
  }

  /** At most `max` of the paths that clients of this server watch. */
  watched(max: number): readonly Watched[] {
    return this.#watches.watched(max);
  }

  /** Whether the session is attached to a client of this server. */
  isAttached(session: SessionId): boolean {
    return this.#bySession.has(session);
  }

  /** Whether the connection can still be answered. */
  isOpen(connection: Connection): boolean {
    return this.#connections.get(connection.id) === connection;
  }

  /** Messages of a client; the first ones open the connection. */
  receive(id: ConnectionId, messages: readonly ClientMessage[]): void {
    let connection = this.#connections.get(id);
    if (connection === undefined) {
      connection = this.#open(id);
      if (this.#connections.size > limits.connectionsMax) return this.#refuse(connection, "OVERLOADED");
    }
    for (const message of messages) {
      if (!this.isOpen(connection)) return;
      this.#receiveOne(connection, message);
    }
    if (connection.state.type === "attached") this.#touch(connection, connection.state.sessionId);
  }

  /** The stream broke or was closed by the client. */
  disconnected(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined) this.#forget(connection);
  }

  /** The state machine is about to apply a command. */
  beforeApply(body: CommandBody): void {
    if (body.type !== "write" && body.type !== "closeSession") return;
    this.#bySession.get(body.sessionId)?.requests.beforeWrite(body.requestId);
  }

  /** The state machine has applied a command: watches fire, then the one who waits for it is answered. */
  afterApply(command: Command, applied: Applied): void {
    this.#watches.fire(applied.changes, (id, event) => {
      const connection = this.#connections.get(id);
      if (connection === undefined) return;
      connection.requests.event(event);
      this.#outbox.speaks(connection);
    });
    const own = command.origin === this.#host.id;
    this.#dispatch(applied.outcome, own ? command.proposal : undefined);
    if (own && !this.#isAwaited(command)) this.#host.proposals.settle(command.proposal);
    for (const session of applied.ended) {
      const connection = this.#bySession.get(session);
      if (connection !== undefined) this.#refuse(connection, "SESSION_EXPIRED");
    }
  }

  /**
   * A snapshot has taken the place of the state: what happened in between is not known here. The clients attach again,
   * here or elsewhere, send again what was not answered, arm their watches and hear what they missed: all that a client
   * does whose server died.
   */
  stateReplaced(): void {
    for (const connection of [...this.#connections.values()])
      if (connection.state.type !== "new") this.#end(connection);
    this.#watches = new ServerWatches(this.#host.machine.appliedIndex);
  }

  /** Tells the attached clients when the cluster has lost its quorum or found it again. */
  quorumChanged(quorum: boolean): void {
    for (const connection of this.#bySession.values()) {
      connection.send({ type: "pong", number: 0, quorum });
      this.#outbox.speaks(connection);
    }
  }

  /** The leader has heard of the sessions that spoke: those clients may rely on it that asked by a ping. */
  vouch(spoke: ReadonlyMap<SessionId, Spoken>): void {
    for (const [session, { connection: id, ping }] of spoke) {
      const connection = this.#bySession.get(session);
      if (ping === 0 || connection?.id !== id) continue;
      connection.send({ type: "heard", ping });
      this.#outbox.speaks(connection);
    }
  }

  /** Tells the attached clients where servers are by now. */
  membersChanged(): void {
    const members = this.#host.members();
    for (const connection of this.#bySession.values()) {
      connection.send({ type: "members", members });
      this.#outbox.speaks(connection);
    }
  }

  /** Refuses clients that have waited for their session since before `beforeMs`. */
  refuseAttaching(beforeMs: number, code: ErrorCode): void {
    for (const connection of [...this.#attaching.values()])
      if (connection.state.type === "attaching" && connection.state.sinceMs < beforeMs) this.#refuse(connection, code);
  }

  /** A read index has been set in one of the connection's slots, or the state has moved up to it. */
  advance(connection: Connection): void {
    if (!this.isOpen(connection)) return;
    connection.requests.advance();
    this.#advanced(connection);
  }

  /** Whether a client's watches wait for the next turn to be armed. */
  get hasWatchesLeft(): boolean {
    return this.#arming.size > 0;
  }

  /** Whether reads, or watches to be armed, wait for the next turn. */
  get hasReadsLeft(): boolean {
    return this.#turns.waiting > 0;
  }

  /** Answers reads and arms watches, as many as belong in one turn. */
  answerReads(): void {
    this.#turns.run((connection) => {
      if (this.#host.clients.isCongested?.(connection.id) === true) {
        this.#congested.add(connection);
        return false;
      }
      if (!this.#arm(connection)) return this.isOpen(connection);
      connection.requests.advance();
      this.#takeWaiting(connection);
      this.#outbox.speaks(connection);
      this.#endIfClosed(connection);
      return this.isOpen(connection) && connection.requests.hasReadyRead;
    });
    if (this.hasReadsLeft) this.#host.requestFlush();
  }

  /** The client has read what kept its reads waiting. */
  ready(id: ConnectionId): void {
    const connection = this.#connections.get(id);
    if (connection !== undefined && this.#congested.delete(connection)) this.#turns.add(connection);
  }

  /** Sends the frames of the turn, one per connection. */
  flush(): void {
    this.#outbox.flush(this.#host.clients);
  }

  #open(id: ConnectionId): Connection {
    const connection: Connection = new Connection(id, {
      appliedIndex: () => this.#host.machine.appliedIndex,
      evaluate: (read) => this.#evaluate(connection, read),
      mayEvaluate: () => this.#turns.mayRead,
    });
    this.#connections.set(id, connection);
    return connection;
  }

  #evaluate(connection: Connection, read: Read): Result {
    const { machine } = this.#host;
    this.#turns.spent(machine.workOf(read));
    const result = machine.read(read);
    const spec = watchArmedBy(read, result);
    const failure = spec === undefined ? undefined : this.#watches.arm(connection.id, spec);
    if (failure !== undefined) return { failure };
    return result;
  }

  #receiveOne(connection: Connection, message: ClientMessage): void {
    const state = connection.state;
    if (connection.closing) return;
    if (message.type === "connect") {
      if (state.type !== "new") return this.#refuse(connection, "PROTOCOL_ERROR", "a second Connect on one stream");
      return this.#attach(connection, message);
    }
    if (state.type !== "attached")
      return this.#refuse(connection, "PROTOCOL_ERROR", "a message before the session was attached");
    switch (message.type) {
      case "ping":
        connection.ping = Math.max(connection.ping, message.number);
        if (connection.arming.idle) this.#pong(connection, message.number);
        else connection.arming.addPing(message.number);
        return;
      case "setWatches":
        return this.#toArm(connection, message);
      case "disarm": {
        if (!connection.arming.idle) return this.#toArm(connection, message);
        const failure = this.#watches.disarm(connection.id, message.watches);
        if (failure !== undefined) this.#refuse(connection, failure.code, failure.message);
        return;
      }
      case "request": {
        const failure = state.order.take(message, connection.outstanding);
        if (failure !== undefined) return this.#refuse(connection, failure.code, failure.message);
        if (connection.waiting.length === 0 && this.#hasRoom(connection))
          return this.#request(connection, message, state);
        connection.waiting.push(message);
        connection.waitingBytes += bytesOf(message);
        return this.#checkBytes(connection);
      }
    }
  }

  #attach(connection: Connection, connect: Connect): void {
    if (connect.protocol !== protocolVersion)
      return this.#refuse(
        connection,
        "PROTOCOL_ERROR",
        `the client speaks version ${connect.protocol} of the session protocol, this server version ${protocolVersion}`,
      );
    if (connect.password.length > limits.passwordBytesMax) return this.#refuse(connection, "AUTH_FAILED");
    const instance = this.#host.instance();
    // Its session, and all that it has seen, are of another history, whatever their numbers say.
    if (instance !== 0 && connect.instance !== 0 && connect.instance !== instance)
      return this.#refuse(
        connection,
        "WRONG_CLUSTER",
        `the session was opened in another cluster, or in another life of this one (${this.#host.clusterId}): it was begun anew, or restored from a backup`,
      );
    if (!this.#host.hasQuorum()) return this.#refuse(connection, "NO_QUORUM");
    const timeoutMs = Math.round(
      Math.min(Math.max(connect.timeoutMs, limits.sessionTimeoutMinMs), limits.sessionTimeoutMaxMs),
    );
    const { sessionId, password, holder, takeover } = connect;
    const body: CommandBody =
      sessionId === 0
        ? { type: "createSession", password: this.#host.secret(16), timeoutMs, holder }
        : { type: "attachSession", sessionId, password, timeoutMs, holder, takeover };
    const proposal = this.#propose(body);
    connection.state = { type: "attaching", proposal, sinceMs: this.#host.now() };
    this.#attaching.set(proposal, connection);
  }

  #touch({ id, ping }: Connection, session: SessionId): void {
    this.#host.touch(session, { connection: id, ping });
  }

  #propose(body: CommandBody): number {
    return this.#host.proposals.add((id) => encodeCommand(body, this.#host.id, id));
  }

  #pong(connection: Connection, number: number): void {
    connection.send({ type: "pong", number, quorum: this.#host.hasQuorum() });
    this.#outbox.speaks(connection);
  }

  /** Until its watches are armed, in its visits, the connection is told nothing else. */
  #toArm(connection: Connection, message: SetWatches | Disarm): void {
    const failure = connection.arming.add(message);
    if (failure !== undefined) return this.#refuse(connection, failure.code, failure.message);
    connection.requests.hold();
    this.#arming.add(connection);
    this.#turns.add(connection);
  }

  /** Arms watches of a connection that is being visited. Whether none is left, and the connection goes on. */
  #arm(connection: Connection): boolean {
    const { arming, requests } = connection;
    if (arming.idle) return true;
    const failure = arming.run({
      mayArm: () => this.#turns.mayRead,
      arm: (spec, relativeZxid) => {
        this.#turns.spent(1);
        return this.#watches.armAgain(connection.id, spec, relativeZxid, this.#host.machine);
      },
      disarm: (watches) => this.#watches.disarm(connection.id, watches),
      missed: (event) => requests.event(event),
    });
    if (failure !== undefined) this.#refuse(connection, failure.code, failure.message);
    if (failure !== undefined || !arming.idle) return false;
    this.#arming.delete(connection);
    requests.letGo();
    for (const number of arming.takePings()) this.#pong(connection, number);
    return true;
  }

  /** Whether another request of the connection can be taken up: all watches armed, not too many reads without answers. */
  #hasRoom(connection: Connection): boolean {
    return connection.arming.idle && connection.requests.readWork < this.#host.readWork.ahead;
  }

  /** Takes up requests that waited for reads before them. */
  #takeWaiting(connection: Connection): void {
    const { state, waiting } = connection;
    if (waiting.length === 0 || state.type !== "attached") return;
    while (this.isOpen(connection) && !connection.closing && this.#hasRoom(connection)) {
      const request = waiting.shift();
      if (request === undefined) break;
      connection.waitingBytes -= bytesOf(request);
      this.#request(connection, request, state);
    }
    // What it has to ask of the leader goes out with the end of a turn.
    this.#host.requestFlush();
  }

  /** Answers of the connection may have left. */
  #advanced(connection: Connection): void {
    this.#takeWaiting(connection);
    if (connection.requests.hasReadyRead) this.#turns.add(connection);
    this.#outbox.speaks(connection);
    this.#endIfClosed(connection);
  }

  #request(connection: Connection, request: Request, { sessionId, attachment }: Attached): void {
    if (request.body.type === "read") {
      const { read } = request.body;
      const slot = connection.requests.addRead(request.xid, read, this.#host.machine.workOf(read));
      if (slot !== undefined) this.#host.requestReadIndex(slot, connection);
      else if (connection.requests.hasReadyRead) this.#turns.add(connection);
      return;
    }
    const known = this.#host.machine.answerTo(sessionId, request.requestId);
    if (known !== undefined) {
      connection.requests.addAppliedWrite(request.xid, request.requestId, known.zxid, known.result);
      this.#outbox.speaks(connection);
      return;
    }
    connection.requests.addWrite(request.xid, request.requestId);
    const proposal = this.#propose(
      request.body.type === "close"
        ? { type: "closeSession", sessionId, attachment, requestId: request.requestId }
        : {
            type: "write",
            sessionId,
            attachment,
            requestId: request.requestId,
            ackedRequestId: request.ackedRequestId,
            ...this.#unlessRefused(request.body.operation),
          },
    );
    connection.proposals.set(request.requestId, proposal);
    connection.proposalBytes += this.#host.proposals.bytesOf(proposal);
    this.#checkBytes(connection);
  }

  /** A create or setData that there is no room for goes through the log without its data, as a refusal. */
  #unlessRefused(operation: Operation): Pick<Write, "operation" | "diskFull"> {
    if (operation.op === "delete") return { operation };
    const diskFull = this.#host.writesRefused();
    return diskFull === undefined ? { operation } : { operation: { ...operation, data: noData }, diskFull };
  }

  #checkBytes(connection: Connection): void {
    if (connection.proposalBytes + connection.waitingBytes > limits.outstandingBytesMax)
      this.#refuse(
        connection,
        "TOO_MANY_REQUESTS",
        `writes of more than ${limits.outstandingBytesMax} bytes are outstanding`,
      );
    // All clients together: a cluster that takes no writes must not fill the memory of the servers that collect them.
    else if (this.#host.proposals.bytes > this.#host.proposedBytesMax)
      this.#refuse(
        connection,
        "OVERLOADED",
        `writes of more than ${this.#host.proposedBytesMax} bytes wait at this server until the cluster takes them`,
      );
  }

  #dispatch(outcome: Outcome, ownProposal: number | undefined): void {
    switch (outcome.type) {
      case "attached":
        return this.#attached(outcome, ownProposal);
      case "refused": {
        const waiting = ownProposal === undefined ? undefined : this.#attaching.get(ownProposal);
        if (waiting !== undefined) this.#refuse(waiting, outcome.failure.code, outcome.failure.message);
        return;
      }
      case "written":
        return this.#answered(outcome.sessionId, outcome.requestId, outcome.zxid, outcome.result);
      case "dropped":
        // Refused for another attachment's sake, it is no answer to the session's present connection.
        if (ownProposal !== undefined && this.#waitsFor(outcome.sessionId, outcome.requestId, ownProposal))
          this.#answered(outcome.sessionId, outcome.requestId, this.#host.machine.appliedIndex, {
            failure: outcome.failure,
          });
        return;
      case "closed":
        return this.#closed(outcome.sessionId, outcome.requestId);
      case "gap":
        return this.#gap(outcome.sessionId, outcome.requestId, outcome.expected);
      case "expired":
        return;
    }
  }

  /** Whether a client still waits for this very proposal: then it goes out again. */
  #isAwaited({ body, proposal }: Command): boolean {
    if (body.type !== "write" && body.type !== "closeSession") return false;
    return this.#waitsFor(body.sessionId, body.requestId, proposal);
  }

  #waitsFor(sessionId: SessionId, requestId: number, proposal: number): boolean {
    return this.#bySession.get(sessionId)?.proposals.get(requestId) === proposal;
  }

  #answered(sessionId: SessionId, requestId: number, zxid: number, result: Result): void {
    const connection = this.#bySession.get(sessionId);
    if (connection === undefined) return;
    if (!connection.requests.answerWrite(requestId, zxid, result)) return;
    const proposal = connection.proposals.get(requestId);
    connection.proposals.delete(requestId);
    if (proposal !== undefined) connection.proposalBytes -= this.#host.proposals.settle(proposal);
    this.#advanced(connection);
  }

  /**
   * A write came before its time: the missing one was lost on its way, and perhaps others between. They go again, in
   * order. Where the missing one was refused, none can follow.
   */
  #gap(sessionId: SessionId, requestId: number, expected: number): void {
    const connection = this.#bySession.get(sessionId);
    if (connection === undefined) return;
    if (!connection.proposals.has(expected))
      return this.#refuse(
        connection,
        "PROTOCOL_ERROR",
        `write ${requestId} cannot follow: write ${expected} was refused`,
      );
    for (let request = expected; request <= requestId; request++) {
      const proposal = connection.proposals.get(request);
      if (proposal !== undefined) this.#host.proposals.again(proposal);
    }
    this.#host.requestFlush();
  }

  #attached(outcome: Outcome & { type: "attached" }, ownProposal: number | undefined): void {
    const older = this.#bySession.get(outcome.sessionId);
    const isNewer = older?.state.type === "attached" && older.state.attachment < outcome.attachment;
    if (older !== undefined && isNewer) this.#refuse(older, "SESSION_MOVED");
    const connection = ownProposal === undefined ? undefined : this.#attaching.get(ownProposal);
    if (ownProposal === undefined || connection === undefined) return;
    this.#attaching.delete(ownProposal);
    connection.state = {
      type: "attached",
      sessionId: outcome.sessionId,
      attachment: outcome.attachment,
      order: new RequestOrder(outcome.lastRequestId),
    };
    this.#bySession.set(outcome.sessionId, connection);
    connection.send({
      type: "connected",
      sessionId: outcome.sessionId,
      password: outcome.password,
      timeoutMs: outcome.timeoutMs,
      serverId: this.#host.id,
      lastRequestId: outcome.lastRequestId,
      zxid: outcome.attachment,
      clusterId: this.#host.clusterId,
      instance: this.#host.instance(),
    });
    connection.send({ type: "members", members: this.#host.members() });
    this.#outbox.speaks(connection);
    this.#touch(connection, outcome.sessionId);
  }

  #closed(sessionId: SessionId, requestId: number): void {
    const connection = this.#bySession.get(sessionId);
    if (connection === undefined) return;
    this.#bySession.delete(sessionId);
    connection.closing = true;
    // Reads that were sent before may still wait for their read index; the stream ends with the last answer.
    connection.requests.answerWrite(requestId, this.#host.machine.appliedIndex, {});
    this.#endIfClosed(connection);
  }

  #refuse(connection: Connection, code: ErrorCode, message: string = errorMessage(code)): void {
    if (!this.isOpen(connection)) return;
    connection.send({ type: "refused", failure: { code, message } });
    this.#end(connection);
  }

  #endIfClosed(connection: Connection): void {
    if (connection.closing && connection.requests.length === 0) this.#end(connection);
  }

  /** Closes a connection after what it still has to say. */
  #end(connection: Connection): void {
    if (!this.isOpen(connection)) return;
    this.#outbox.closes(connection);
    this.#forget(connection);
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection.id);
    this.#watches.drop(connection.id);
    this.#turns.forget(connection);
    this.#arming.delete(connection);
    this.#congested.delete(connection);
    this.#host.forgetReads(connection);
    const state = connection.state;
    if (state.type === "attaching") {
      this.#attaching.delete(state.proposal);
      this.#host.proposals.settle(state.proposal);
    }
    if (state.type === "attached" && this.#bySession.get(state.sessionId) === connection)
      this.#bySession.delete(state.sessionId);
    // What was sent may still take effect; it is not sent again on behalf of a client that has gone.
    for (const proposal of connection.proposals.values()) this.#host.proposals.settle(proposal);
  }
}

const noData = new Uint8Array(0);

/** What a request counts for while it waits. */
function bytesOf({ body }: Request): number {
  return body.type === "write" && body.operation.op !== "delete" ? body.operation.data.length : 0;
}
