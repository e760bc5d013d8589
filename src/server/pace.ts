/** At most so many of something a second. */
export class Pace {
  readonly #max: number;
  readonly #now: () => number;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** `now`: monotonic ms. */
  constructor(max: number, now: () => number) {
    this.#max = max;
    this.#now = now;
  }

  /** Whether one more is within the pace; it counts if so. */
  take(): boolean {
    const nowMs = this.#now();
    if (nowMs - this.#sinceMs >= 1_000) {
      this.#sinceMs = nowMs;
      this.#count = 0;
    }
    if (this.#count >= this.#max) return false;
    this.#count += 1;
    return true;
  }
}
