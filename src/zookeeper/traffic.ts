/** What goes through the door of ZooKeeper's clients, as its four-letter words tell it. */
export class Traffic {
  /** Frames that have come, and that have left. */
  received = 0;
  sent = 0;
  /** Requests without an answer. */
  outstanding = 0;
  #answered = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  /** A request has come. */
  asked(): void {
    this.outstanding += 1;
  }

  /** Its answer leaves, so long after it. */
  answered(durationMs: number): void {
    this.outstanding -= 1;
    this.#answered += 1;
    this.#sumMs += durationMs;
    this.#minMs = Math.min(this.#minMs, durationMs);
    this.#maxMs = Math.max(this.#maxMs, durationMs);
  }

  /** Requests of a connection that is no more. */
  dropped(requests: number): void {
    this.outstanding -= requests;
  }

  /** Of the requests that were answered, milliseconds: whole ones, but for the average, as ZooKeeper tells them. */
  get latencyMs(): { readonly min: number; readonly average: string; readonly max: number } {
    if (this.#answered === 0) return { min: 0, average: "0.0", max: 0 };
    const average = (this.#sumMs / this.#answered).toFixed(4);
    return { min: Math.round(this.#minMs), average, max: Math.round(this.#maxMs) };
  }

  /** Begins to count anew; what is outstanding stays. */
  reset(): void {
    this.received = 0;
    this.sent = 0;
    this.#answered = 0;
    this.#sumMs = 0;
    this.#minMs = Number.POSITIVE_INFINITY;
    this.#maxMs = 0;
  }
}
