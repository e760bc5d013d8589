/** What goes through the door of ZooKeeper's clients, or through one connection, as the four-letter words tell it. */
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
  #lastMs = 0;
  readonly #whole: Traffic | undefined;

  /** `whole`: what this is a part of. */
  constructor(whole?: Traffic) {
    this.#whole = whole;
  }

  /** A frame has come. */
  frameCame(): void {
    this.received += 1;
    this.#whole?.frameCame();
  }

  /** A frame leaves. */
  frameLeft(): void {
    this.sent += 1;
    this.#whole?.frameLeft();
  }

  /** A request has come. */
  asked(): void {
    this.outstanding += 1;
    this.#whole?.asked();
  }

  /** Its answer leaves, so long after it. */
  answered(durationMs: number): void {
    this.outstanding -= 1;
    this.#answered += 1;
    this.#sumMs += durationMs;
    this.#minMs = Math.min(this.#minMs, durationMs);
    this.#maxMs = Math.max(this.#maxMs, durationMs);
    this.#lastMs = durationMs;
    this.#whole?.answered(durationMs);
  }

  /** Requests of a connection that is no more. */
  dropped(requests: number): void {
    this.outstanding -= requests;
    this.#whole?.dropped(requests);
  }

  /** Of the requests that were answered, milliseconds: whole ones, but for the average, as ZooKeeper tells them. */
  get latencyMs(): { readonly min: number; readonly average: string; readonly max: number; readonly last: number } {
    if (this.#answered === 0) return { min: 0, average: "0.0", max: 0, last: 0 };
    const average = (this.#sumMs / this.#answered).toFixed(4);
    const { round } = Math;
    return { min: round(this.#minMs), average, max: round(this.#maxMs), last: round(this.#lastMs) };
  }

  /** Begins to count anew; what is outstanding stays. */
  reset(): void {
    this.received = 0;
    this.sent = 0;
    this.#answered = 0;
    this.#sumMs = 0;
    this.#minMs = Number.POSITIVE_INFINITY;
    this.#maxMs = 0;
    this.#lastMs = 0;
  }
}
