/** A process that stands still for a while, as in a long garbage collection: what comes meanwhile waits. */
export class StandStill {
  /** Virtual µs; 0: it does not stand still. */
  #untilUs = 0;
  #inbox: (() => void)[] = [];

  get isOn(): boolean {
    return this.#untilUs > 0;
  }

  begin(untilUs: number): void {
    this.#untilUs = Math.max(this.#untilUs, untilUs);
  }

  isOver(nowUs: number): boolean {
    return nowUs >= this.#untilUs;
  }

  /** Whether it stands still: then `input` waits. */
  keeps(input: () => void): boolean {
    if (this.isOn) this.#inbox.push(input);
    return this.isOn;
  }

  /** It goes on; returns what has come meanwhile, in order. */
  end(): readonly (() => void)[] {
    this.#untilUs = 0;
    const inbox = this.#inbox;
    this.#inbox = [];
    return inbox;
  }
}
