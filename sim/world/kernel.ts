/** The kernel of a simulation: virtual time, the queue of events, the draws, the hash of all that happened. */
import { mix32 } from "../../src/base/random.ts";
import type { SimEvent } from "./events.ts";
import { EventHeap } from "./heap.ts";
import type { Observers } from "./observer.ts";
import { Randomness } from "./random.ts";

/** What every part of the simulator holds. */
export class Kernel {
  /** Virtual time, integer microseconds. */
  now = 0;
  /** Sequence number of the event being handled; 0 before the first. */
  current = 0;
  /** Events handled so far. */
  handled = 0;
  readonly randomness: Randomness;
  readonly observers: Observers;
  readonly #heap = new EventHeap<SimEvent>();
  #hashA = 0x811c9dc5;
  #hashB = 0x9747b28c;

  constructor(seed: number, observers: Observers) {
    this.randomness = new Randomness(seed);
    this.observers = observers;
  }

  /** Lets `event` happen at `timeUs`, an integer, but not before now. */
  at(timeUs: number, event: SimEvent): void {
    this.#heap.push(Math.max(timeUs, this.now), event);
  }

  /** Lets `event` happen `delayUs` from now. */
  after(delayUs: number, event: SimEvent): void {
    this.#heap.push(this.now + delayUs, event);
  }

  /** Moves time to the next event and returns it; `undefined` when there is none. */
  next(): SimEvent | undefined {
    const event = this.#heap.pop();
    if (event === undefined) return undefined;
    this.now = this.#heap.poppedTime;
    this.current = this.#heap.poppedSequence;
    this.handled++;
    return event;
  }

  /** Time of the next event; infinite when there is none. */
  nextUs(): number {
    return this.#heap.nextTime;
  }

  /**
   * The next microsecond, from `fromUs` on, for which nothing is planned yet. What is put there from outside happens at the same place of the
   * same run as if it had been planned from the beginning.
   */
  nextFreeUs(fromUs: number): number {
    let timeUs = Math.max(this.now + 1, Math.ceil(fromUs));
    while (this.#heap.hasAt(timeUs)) timeUs++;
    return timeUs;
  }

  /** Takes out what was to happen. False if it does not wait. */
  cancel(event: SimEvent): boolean {
    return this.#heap.remove(event);
  }

  /** What is to happen, soonest first, as far as it is known now. */
  waiting(): readonly { readonly time: number; readonly item: SimEvent }[] {
    return this.#heap.waiting();
  }

  /** Mixes one integer into the trace hash. */
  mix(value: number): void {
    this.#hashA = Math.imul(this.#hashA ^ value, 0x01000193);
    this.#hashB = (Math.imul(this.#hashB, 31) + (value | 0)) | 0;
    this.#hashA ^= this.#hashA >>> 15;
  }

  /** 16 hexadecimal digits that depend on every event and what it carried. */
  get traceHash(): string {
    const part = (value: number) => mix32(value).toString(16).padStart(8, "0");
    return part(this.#hashA) + part(this.#hashB);
  }
}
