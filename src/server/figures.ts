/** Figures of the last seconds, for those who look at a server: percentiles and rates. */
import type { Durations } from "../http/observed.ts";

/** How far back percentiles look, milliseconds … */
const windowMs = 10_000;
/** … and how many measurements they are made of at most. */
const kept = 500;

/** How long something took of late. Noting costs next to nothing; the sum is made when somebody looks. */
export class RecentDurations {
  readonly #durations = new Float64Array(kept);
  readonly #times = new Float64Array(kept).fill(Number.NEGATIVE_INFINITY);
  #next = 0;

  /** It took `durationMs`, and ended at `nowMs` (monotonic). */
  note(durationMs: number, nowMs: number): void {
    this.#durations[this.#next] = durationMs;
    this.#times[this.#next] = nowMs;
    this.#next = (this.#next + 1) % kept;
  }

  /** The measurements of the window that ends at `nowMs`. */
  summary(nowMs: number): Durations {
    const recent = this.#durations.filter((_, i) => nowMs - (this.#times[i] ?? 0) <= windowMs).sort();
    const at = (share: number): number => rounded(recent[Math.ceil(share * recent.length) - 1] ?? 0);
    return { count: recent.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}

/** Microseconds are enough. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** A rate is that of so much time at least, and at most, milliseconds. */
const rateMinMs = 900;
const rateMaxMs = 5_000;

/** The rate at which a counter rises, from the looks at it alone. */
export class Rate {
  #looks: { readonly value: number; readonly atMs: number }[] = [];

  /** The counter is at `value`. Its rise per second of late; null if it was not looked at in the last seconds. */
  look(value: number, nowMs: number): number | null {
    this.#looks = this.#looks.filter(({ atMs }) => nowMs - atMs <= rateMaxMs);
    const newest = this.#looks.at(-1);
    if (newest === undefined || nowMs - newest.atMs >= rateMinMs / 4) this.#looks.push({ value, atMs: nowMs });
    // The newest that is old enough: the rate is that of now.
    const since = this.#looks.findLast(({ atMs }) => nowMs - atMs >= rateMinMs);
    return since === undefined ? null : ((value - since.value) / (nowMs - since.atMs)) * 1000;
  }
}
