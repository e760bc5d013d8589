/**
 * Reads of this server's clients. A linearizable one waits for a read index (thesis §6.4, `read-indexes.ts`) and until
 * that is applied; each waits for its turn (`read-turns.ts`); the connection's queue (`request-queue.ts`) says in which
 * order they are answered.
 */
import type { ClientIdentity } from "../../base/acl.ts";
import type { Result, SessionId, Zxid } from "../../base/operations.ts";
import type { Read } from "../../base/reads.ts";
import { watchArmedBy } from "../../base/watch-rules.ts";
import type { Raft } from "../../raft/raft.ts";
import { workIn } from "../../znode/reads.ts";
import type { Replica } from "../core.ts";
import type { ConnectionId } from "../ports.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import { ReadIndexes } from "./read-indexes.ts";
import type { ReadTurns } from "./read-turns.ts";
import type { Evaluator, Slot } from "./request-queue.ts";
import type { ClientWatches } from "./watches.ts";

/** Reads on their way to their answers. */
export class ClientReads {
  readonly #replica: Replica;
  readonly #turns: ReadTurns;
  readonly #watches: ClientWatches;
  readonly #raft: Pick<Raft, "requestRead" | "cancelRead">;
  readonly #connections: Connections;
  readonly #indexes = new ReadIndexes();

  constructor(
    replica: Replica,
    turns: ReadTurns,
    watches: ClientWatches,
    raft: Pick<Raft, "requestRead" | "cancelRead">,
    connections: Connections,
  ) {
    this.#connections = connections;
    this.#replica = replica;
    this.#turns = turns;
    this.#watches = watches;
    this.#raft = raft;
  }

  /** What is kept for reads that wait for a read index. */
  get indexes(): Pick<ReadIndexes, "connections" | "size"> {
    return this.#indexes;
  }

  /** What answers the reads of a connection. */
  evaluator(connection: ConnectionId): Evaluator {
    return {
      appliedIndex: () => this.#replica.machine.appliedIndex,
      evaluate: (slot, read) => this.#evaluate(connection, slot, read),
      disarm: (spec) => void this.#watches.remove(connection, [spec], true),
      mayEvaluate: () => this.#turns.mayRead,
      allTold: () => this.#replica.allTold,
    };
  }

  /** Takes up a read of a client that was who it was, by `identities`, when it came. */
  add(connection: Connection, xid: number, read: Read, identities: readonly ClientIdentity[]): void {
    const work = this.#replica.machine.workOf(read, sessionOf(connection));
    const slot = connection.requests.addRead(xid, read, work, identities);
    if (slot !== undefined) this.#indexes.add(slot, connection);
    else if (connection.requests.hasReadyRead) this.#turns.add(connection);
  }

  /** Takes up a request that is answered already, and comes in its turn. */
  addKnown(connection: Connection, xid: number, result: Result): void {
    connection.requests.addKnown(xid, result);
    if (connection.requests.hasReadyRead) this.#turns.add(connection);
  }

  /** The end of a turn's input: asks for one read index for all the reads that it brought. */
  ask(): void {
    this.#indexes.ask((id) => this.#raft.requestRead(id));
  }

  /** A read index has come. */
  indexed(id: number, index: Zxid): void {
    this.#indexes.answered(id, index);
  }

  /** The connections whose reads can be answered from the present state, and could not before. */
  takeReady(): readonly Connection[] {
    return this.#indexes.takeReady(this.#replica.machine.appliedIndex);
  }

  /** The connection is no more. */
  forget(connection: Connection): void {
    this.#turns.forget(connection);
    this.#indexes.forget(connection, (id) => this.#raft.cancelRead(id));
  }

  #evaluate(connection: ConnectionId, slot: Slot, read: Read): Result {
    if (read.kind === "removeWatches" || read.kind === "checkWatches")
      return this.#withoutWatches(connection, slot, read);
    const result = this.#replica.machine.read(read, sessionOf(this.#connections.get(connection)), slot.identities);
    this.#turns.spent(workIn(result, slot.work));
    const spec = watchArmedBy(read, result);
    if (spec === undefined) return result;
    const isNew = !this.#watches.remove(connection, [spec], false);
    const failure = this.#watches.arm(connection, spec);
    if (failure !== undefined) return { failure };
    if (isNew) slot.armed = spec;
    return result;
  }
  #withoutWatches(connection: ConnectionId, slot: Slot, { kind, watches = [] }: Read): Result {
    this.#turns.spent(slot.work);
    const found = this.#watches.remove(connection, watches, kind === "removeWatches");
    return found ? {} : { failure: { code: "NO_WATCHER", message: "the connection has no such watch" } };
  }
}

function sessionOf(connection: Connection | undefined): SessionId {
  return connection?.state.type === "attached" ? connection.state.sessionId : 0;
}
