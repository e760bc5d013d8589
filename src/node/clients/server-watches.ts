/**
 * The watches of the clients attached to one server, and what they missed while they were elsewhere.
 *
 * Watches are not replicated. A client that moves arms its watches again on its new server, which remembers the changes
 * of a stretch of recent zxids and so can tell what would have fired meanwhile.
 */
import { limits } from "../../base/limits.ts";
import type { Failure, Zxid } from "../../base/operations.ts";
import type { WatchEvent, WatchSpec } from "../../base/reads.ts";
import { staysArmed } from "../../base/watch-rules.ts";
import { ChangeHistory } from "../../znode/change-history.ts";
import type { Change } from "../../znode/commands.ts";
import type { ZnodeMachine } from "../../znode/machine.ts";
import { pathProblem } from "../../znode/paths.ts";
import { type Watched, WatchTable } from "../../znode/watches.ts";
import type { ConnectionId } from "../ports.ts";

/** What became of a watch that was to be armed again: nothing of both if it is armed and has missed nothing. */
export interface ArmedAgain {
  readonly missed?: WatchEvent;
  readonly failure?: Failure;
}

const armed: ArmedAgain = {};

export class ServerWatches {
  readonly #table = new WatchTable();
  readonly #history: ChangeHistory;

  /** The history of changes begins after `floor` and holds so many; as in `limits`. */
  constructor(floor: Zxid, changeHistoryMax?: number) {
    this.#history = new ChangeHistory(floor, changeHistoryMax);
  }

  /** Watches armed. */
  get size(): number {
    return this.#table.size;
  }

  /** Arms a watch; a failure if the connection has too many. */
  arm(connection: ConnectionId, spec: WatchSpec): Failure | undefined {
    if (this.#table.arm(connection, spec) === "armed") return undefined;
    const message =
      `the connection may have ${limits.watchesPerConnectionMax} watches, ` +
      `with ${limits.watchCharactersPerConnectionMax} characters in their paths`;
    return { code: "OVERLOADED", message };
  }

  /**
   * Arms a watch of a client that was elsewhere and knows everything up to `relativeZxid`. If it would have fired since,
   * its event is returned instead; or as well, if it stays armed.
   */
  armAgain(connection: ConnectionId, spec: WatchSpec, relativeZxid: Zxid, machine: ZnodeMachine): ArmedAgain {
    const problem = pathProblem(spec.path);
    if (problem !== undefined)
      return { failure: { code: "BAD_ARGUMENTS", message: `the path of a watch is malformed: ${problem}` } };
    const missed = this.#history.missed(relativeZxid, spec, machine);
    if (missed !== undefined && !staysArmed(spec.kind)) return { missed };
    const failure = this.arm(connection, spec);
    if (failure !== undefined) return { failure };
    return missed === undefined ? armed : { missed };
  }

  /** Whether the connection has one of these watches; with `disarm` it has them no more. */
  remove(connection: ConnectionId, watches: readonly WatchSpec[], disarm: boolean): boolean {
    const found = watches.filter((spec) => this.#table.has(connection, spec));
    if (disarm) for (const spec of found) this.#table.disarm(connection, spec);
    return found.length > 0;
  }

  /** Disarms watches that the client does not wait for any more. A failure if the message is malformed. */
  disarm(connection: ConnectionId, watches: readonly WatchSpec[]): Failure | undefined {
    if (watches.length > limits.setWatchesMax)
      return { code: "OVERLOADED", message: `more than ${limits.setWatchesMax} watches in one message` };
    for (const spec of watches) this.#table.disarm(connection, spec);
    return undefined;
  }

  /** The watches of a connection. */
  watchesOf(connection: ConnectionId): readonly WatchSpec[] {
    return this.#table.watchesOf(connection);
  }

  /** How many these are. */
  countOf(connection: ConnectionId): number {
    return this.#table.countOf(connection);
  }

  /** At most `max` of the watched paths. */
  watched(max: number): readonly Watched[] {
    return this.#table.watched(max);
  }

  /** Remembers the changes of one command, for watches that are armed again later. */
  remember(changes: readonly Change[]): void {
    this.#history.record(changes);
  }

  /** Fires what a change fires. */
  fire(change: Change, deliver: (connection: ConnectionId, event: WatchEvent) => void): void {
    this.#table.trigger(change, deliver);
  }

  /** Disarms all watches of a connection. */
  drop(connection: ConnectionId): void {
    this.#table.dropConnection(connection);
  }
}
