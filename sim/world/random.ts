/**
 * Keyed randomness. There is no shared stream: the nth draw for a purpose and somebody is a hash of (seed, purpose, who,
 * n). Taking one fault out of a plan therefore leaves the draws of all others as they were.
 *
 * Only +, -, * and / are used on the results, since those give the same bits on every machine.
 */
import { hashString, mix32 } from "../../src/base/random.ts";

const golden = 0x9e3779b9;

/** The draws of one purpose for one somebody. */
export class Draws {
  readonly #key: number;
  #nth = 0;

  constructor(key: number) {
    this.#key = key;
  }

  /** An integer from 0 to 2^32 - 1. */
  word(): number {
    this.#nth = (this.#nth + 1) >>> 0;
    return mix32(this.#key ^ Math.imul(this.#nth, golden));
  }

  /** From [0, 1). */
  next(): number {
    return this.word() / 4294967296;
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** True with probability `p`; draws nothing when the answer is certain. */
  chance(p: number): boolean {
    return p > 0 && (p >= 1 || this.next() < p);
  }

  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("pick from an empty list");
    return item;
  }

  /** `count` of `items` (or all, if fewer), in the order of `items`. */
  some<T>(items: readonly T[], count: number): T[] {
    const chosen: T[] = [];
    let wanted = Math.min(count, items.length);
    for (let i = 0; i < items.length && wanted > 0; i++) {
      const item = items[i];
      if (item !== undefined && this.next() * (items.length - i) < wanted) {
        chosen.push(item);
        wanted--;
      }
    }
    return chosen;
  }

  /** `items` in a drawn order. */
  shuffle<T>(items: readonly T[]): T[] {
    const order = items.slice();
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const [a, b] = [order[i], order[j]];
      if (a !== undefined && b !== undefined) [order[i], order[j]] = [b, a];
    }
    return order;
  }

  /** An integer from `spread.min` to `spread.max` with half of the draws below `spread.typical` and a heavy tail. */
  spread(spread: Spread): number {
    if (spread.max <= spread.min) return spread.min;
    const u = this.next();
    return Math.min(spread.max, Math.floor(spread.min + ((spread.typical - spread.min) * u) / (1 - u)));
  }
}

/** A heavy-tailed range, in the unit of its user. */
export interface Spread {
  readonly min: number;
  readonly typical: number;
  readonly max: number;
}

/** All streams of one seed. */
export class Randomness {
  readonly seed: number;
  readonly #streams = new Map<string, Draws>();

  constructor(seed: number) {
    this.seed = seed;
  }

  /** The stream of `purpose` for `who`: the same object each time it is asked for, so that its count goes on. */
  draws(purpose: string, who: string | number = ""): Draws {
    const name = `${purpose}/${who}`;
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = new Draws(hashString(name, this.seed));
      this.#streams.set(name, stream);
    }
    return stream;
  }
}
