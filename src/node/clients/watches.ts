/**
 * Watches of this server's clients: armed by their reads, or again by a client that was elsewhere, and fired by what is
 * applied. Many that are armed again at once are armed in the client's visits (`watch-arming.ts`).
 */
import { type ClientIdentity, permission } from "../../base/acl.ts";
import type { Failure, SessionId } from "../../base/operations.ts";
import type { WatchEvent, WatchSpec } from "../../base/reads.ts";
import { staysArmed } from "../../base/watch-rules.ts";
import type { Disarm, SetWatches, ToldEvent } from "../../protocol/client-messages.ts";
import { permits } from "../../znode/access.ts";
import type { Change } from "../../znode/commands.ts";
import type { Watched } from "../../znode/watches.ts";
import type { Replica } from "../core.ts";
import type { ConnectionId } from "../ports.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { ReadTurns } from "./read-turns.ts";
import { ServerWatches } from "./server-watches.ts";

/** Watches, and the connections that they belong to. */
export class ClientWatches {
  readonly #connections: Connections;
  readonly #replica: Replica;
  readonly #turns: ReadTurns;
  /** Connections with watches to be armed again. */
  readonly #arming = new Set<Connection>();
  readonly #changeHistoryMax: number | undefined;
  #watches: ServerWatches;

  constructor(connections: Connections, replica: Replica, turns: ReadTurns, changeHistoryMax?: number) {
    this.#connections = connections;
    this.#replica = replica;
    this.#turns = turns;
    this.#changeHistoryMax = changeHistoryMax;
    this.#watches = new ServerWatches(replica.machine.appliedIndex, changeHistoryMax);
  }

  /** Watches armed. */
  get size(): number {
    return this.#watches.size;
  }

  /** At most `max` of the watched paths. */
  watched(max: number): readonly Watched[] {
    return this.#watches.watched(max);
  }

  /** Whether a client's watches wait for the next turn to be armed. */
  get hasWaiting(): boolean {
    return this.#arming.size > 0;
  }

  /** Connections with watches that wait for the next turn to be armed. */
  get connections(): Iterable<Connection> {
    return this.#arming;
  }

  /** The watches that are armed for a connection. */
  of(connection: ConnectionId): readonly WatchSpec[] {
    return this.#watches.watchesOf(connection);
  }

  /** How many are armed for the client of a session. */
  countOf(session: SessionId): number {
    const connection = this.#connections.of(session);
    return connection === undefined ? 0 : this.#watches.countOf(connection.id);
  }

  /** What the client of each session watches; also one that has closed it and waits for the answers to its reads. */
  *watchers(): Iterable<{ readonly sessionId: SessionId; readonly watches: readonly WatchSpec[] }> {
    for (const { id, state } of this.#connections.all())
      if (state.type === "attached") yield { sessionId: state.sessionId, watches: this.of(id) };
  }

  /** A read arms a watch; a failure if the connection has too many. */
  arm(connection: ConnectionId, spec: WatchSpec): Failure | undefined {
    return this.#watches.arm(connection, spec);
  }

  /** Whether the connection has one of these watches; with `disarm` it has them no more. */
  remove(connection: ConnectionId, watches: readonly WatchSpec[], disarm: boolean): boolean {
    return this.#watches.remove(connection, watches, disarm);
  }

  /** A client that was elsewhere has watches. Until they are armed, in its visits, it is told nothing else. */
  set(connection: Connection, message: SetWatches | Disarm): void {
    const failure = connection.arming.add(message);
    if (failure !== undefined) return this.#connections.refuse(connection, failure.code, failure.message);
    connection.requests.hold();
    this.#arming.add(connection);
    this.#turns.add(connection);
  }

  /** A client does not wait for some watches any more. */
  disarm(connection: Connection, message: Disarm): void {
    if (!connection.arming.idle) return this.set(connection, message);
    const failure = this.#watches.disarm(connection.id, message.watches);
    if (failure !== undefined) this.#connections.refuse(connection, failure.code, failure.message);
  }

  /** Arms watches of a connection that is being visited. Whether none is left, and the connection goes on. */
  visit(connection: Connection): boolean {
    const { arming, requests } = connection;
    const failure = arming.run({
      mayArm: () => this.#turns.mayRead,
      arm: (spec, relativeZxid) => {
        this.#turns.spent(1);
        return this.#watches.armAgain(connection.id, spec, relativeZxid, this.#replica.machine);
      },
      disarm: (watches) => this.#watches.disarm(connection.id, watches),
      missed: (event) => requests.event(event),
    });
    if (failure !== undefined) this.#connections.refuse(connection, failure.code, failure.message);
    if (failure !== undefined || !arming.idle) return false;
    this.#arming.delete(connection);
    requests.letGo();
    return true;
  }

  /** Remembers the changes of one command, which are about to be told. */
  remember(changes: readonly Change[]): void {
    this.#watches.remember(changes);
  }

  /** Fires what a change fires; returns how many watches that are. */
  fire(change: Change): number {
    if (this.#watches.size === 0) return 0;
    let fired = 0;
    this.#watches.fire(change, (id, event) => {
      const connection = this.#connections.get(id);
      if (connection === undefined) return;
      fired++;
      const told = toldOf(change, event, connection.identities);
      if (told === undefined) return;
      connection.requests.event(told);
      this.#connections.speaks(connection);
    });
    return fired;
  }

  /** A snapshot has taken the place of the state: what happened in between is not known. */
  replaced(): void {
    this.#watches = new ServerWatches(this.#replica.machine.appliedIndex, this.#changeHistoryMax);
  }

  /** The connection is no more. */
  forget(connection: Connection): void {
    this.#watches.drop(connection.id);
    this.#arming.delete(connection);
  }
}

/**
 * What a client is told, being who it is. A watch that stays armed keeps back what is not for its client: a recursive one
 * would name znodes that nothing else shows it. One that fires once does not: its path is the client's own, exists tells
 * everybody as much of it, and whoever heard nothing would wait for ever. But it says so.
 */
function toldOf({ acl }: Change, event: WatchEvent, identities: readonly ClientIdentity[]): ToldEvent | undefined {
  if (acl === undefined || permits(acl, permission.read, identities)) return event;
  return staysArmed(event.kind) ? undefined : { ...event, unreadable: true };
}
