/** A server's clocks as functions of virtual time: skewed from the start, drifting, jumping. */
import type { Clock } from "../../src/node/ports.ts";

/** Virtual time zero on a correct wall clock: 2025-01-01T00:00:00Z, Unix milliseconds. */
export const epochMs = 1_735_689_600_000;

/** One machine's clocks. They outlive the server process. */
export class SimClock implements Clock {
  readonly #time: { readonly now: number };
  /** Monotonic milliseconds at virtual time `#since`, and how many pass per virtual millisecond from then on. */
  #base: number;
  #since: number;
  #rate = 1;
  #wallOffset: number;

  /** `time.now` is virtual time in microseconds; the monotonic clock begins at `originMs`. */
  constructor(time: { readonly now: number }, originMs: number, wallSkewMs: number) {
    this.#time = time;
    this.#base = originMs;
    this.#since = time.now;
    this.#wallOffset = epochMs - originMs + wallSkewMs;
  }

  now(): number {
    return this.#base + ((this.#time.now - this.#since) * this.#rate) / 1000;
  }

  wallClock(): number {
    return Math.floor(this.now() + this.#wallOffset);
  }

  /** From now on `rate` milliseconds pass on this machine per virtual one; 1 is a correct clock. */
  setRate(rate: number): void {
    this.#base = this.now();
    this.#since = this.#time.now;
    this.#rate = rate;
  }

  /** Moves the wall clock by `ms`, back too; the monotonic clock knows nothing of it. */
  jump(ms: number): void {
    this.#wallOffset += ms;
  }

  /** The first virtual microsecond, not before now, at which {@link now} is at least `localMs`. */
  virtualTimeOf(localMs: number): number {
    const now = this.#time.now;
    const ahead = Math.ceil(((localMs - this.#base) * 1000) / this.#rate) + this.#since;
    let at = Math.max(now, ahead);
    // Rounding of the division may leave the clock a hair short of the deadline.
    while (this.#base + ((at - this.#since) * this.#rate) / 1000 < localMs) at++;
    return at;
  }
}
