/**
 * What time it is by the clocks of the cluster. The leader stamps every command, and stamps never go back: if it took
 * its own clock's word, and that was ahead for a moment, all later stamps would stay where it was. So each server tells
 * the leader what its wall clock shows, and the leader's stamps stay within a bound of what a majority of the voters
 * shows: of those that lie ahead and of those that lie behind.
 *
 * A report is a little old when it arrives, so a clock seems to be behind by as much, never ahead. Until a majority has
 * reported the leader cannot stamp, nor could it commit what it stamps: their first replies come with the reports.
 */
import { limits } from "../../base/limits.ts";
import { quorumValue } from "../../raft/quorum.ts";
import type { Configuration, ServerId } from "../../raft/types.ts";

interface Report {
  /** What the server's wall clock showed, less this server's monotonic time when it said so; ms. */
  readonly offsetMs: number;
  /** Monotonic ms. */
  readonly atMs: number;
}

/** This server's two clocks at one moment, ms. */
export interface Now {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export class ClusterClock {
  readonly #id: ServerId;
  readonly #reportAgeMaxMs: number;
  readonly #reports = new Map<ServerId, Report>();

  /** A report counts for `reportAgeMaxMs`: clocks are set, and drift. */
  constructor(id: ServerId, reportAgeMaxMs: number) {
    this.#id = id;
    this.#reportAgeMaxMs = reportAgeMaxMs;
  }

  /** Another server's wall clock shows `wallClockMs`. */
  reported(from: ServerId, wallClockMs: number, nowMs: number): void {
    this.#reports.set(from, { offsetMs: wallClockMs - nowMs, atMs: nowMs });
  }

  /** This server's wall clock, as far as a majority of the voters bears it out; undefined while too few have reported. */
  timeMs(configuration: Configuration, now: Now): number | undefined {
    const shown = (id: ServerId) => this.#shownMs(id, now);
    // The latest time that a majority's clocks have reached, and the earliest that a majority's have not passed.
    const reachedMs = quorumValue(configuration, (id) => shown(id) ?? Number.NEGATIVE_INFINITY);
    if (reachedMs === Number.NEGATIVE_INFINITY) return undefined;
    const unpassedMs = -quorumValue(configuration, (id) => -(shown(id) ?? Number.POSITIVE_INFINITY));
    const bound = limits.clockSkewMaxMs;
    return Math.floor(Math.min(Math.max(now.wallMs, unpassedMs - bound), reachedMs + bound));
  }

  /**
   * How far each server's clock is ahead of the majority's, ms, negative if it is behind; servers that did not report
   * lately are missing, and all are while too few have.
   */
  skewsMs(configuration: Configuration, now: Now): ReadonlyMap<ServerId, number> {
    const skews = new Map<ServerId, number>();
    const reachedMs = quorumValue(configuration, (id) => this.#shownMs(id, now) ?? Number.NEGATIVE_INFINITY);
    if (reachedMs === Number.NEGATIVE_INFINITY) return skews;
    for (const { id } of configuration.members) {
      const shown = this.#shownMs(id, now);
      if (shown !== undefined) skews.set(id, Math.round(shown - reachedMs));
    }
    return skews;
  }

  /** Forgets who is no member. */
  keep(configuration: Configuration): void {
    for (const id of this.#reports.keys())
      if (!configuration.members.some((member) => member.id === id)) this.#reports.delete(id);
  }

  #shownMs(id: ServerId, { monotonicMs, wallMs }: Now): number | undefined {
    if (id === this.#id) return wallMs;
    const report = this.#reports.get(id);
    if (report === undefined || monotonicMs - report.atMs > this.#reportAgeMaxMs) return undefined;
    return report.offsetMs + monotonicMs;
  }
}
