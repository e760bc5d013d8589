/**
 * Where the data of znodes are. An array for each of a million znodes costs more than what it holds, in memory and in
 * every garbage collection; so small data share a few large arrays, the slabs, in places of a few sizes. New data of
 * about the same size overwrite the old, and a write leaves no garbage behind.
 */
import { emptyBytes, shortLivedCopy } from "../base/bytes.ts";

/** Data up to so many bytes are kept in a slab; larger ones have an array of their own. */
export const slabDataMax = 512;

/** Sizes of places are multiples of this, bytes. */
const step = 32;

const slabBytes = 64 * 1024;

/** Whose data a store keeps. Changed by the store alone. */
export interface Holder {
  /** What holds the data: the slab that they share, an array of their own, or the empty one. */
  bytes: Uint8Array;
  /** Where they begin in it. */
  start: number;
  length: number;
}

/** The data of all znodes of one tree. What deleted znodes leave free is used by later data of that size. */
export class DataStore {
  /** By size of the places, in steps: the places that are free. */
  readonly #free = Array.from({ length: slabDataMax / step + 1 }, () => new FreePlaces());
  #bytes = 0;

  /** Of all data together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy of what a holder brings along, which may be a part of somebody else's array. */
  adopt(holder: Holder): void {
    const { bytes, start, length } = holder;
    this.#allot(holder, stepsOf(length), bytes.subarray(start, start + length));
  }

  /** Replaces the data by a copy of `data`. */
  put(holder: Holder, data: Uint8Array): void {
    const steps = stepsOf(data.length);
    if (steps > 0 && steps === stepsOf(holder.length)) {
      holder.bytes.set(data, holder.start);
      this.#bytes += data.length - holder.length;
      holder.length = data.length;
      return;
    }
    this.release(holder);
    this.#allot(holder, steps, data);
  }

  /** The holder has no data any more. */
  release(holder: Holder): void {
    const steps = stepsOf(holder.length);
    if (steps > 0) this.#free[steps]?.add(holder.bytes, holder.start);
    this.#bytes -= holder.length;
    holder.bytes = emptyBytes;
    holder.start = 0;
    holder.length = 0;
  }

  #allot(holder: Holder, steps: number, data: Uint8Array): void {
    const free = steps > 0 ? this.#free[steps] : undefined;
    if (free === undefined) {
      holder.bytes = data.length === 0 ? emptyBytes : new Uint8Array(data);
      holder.start = 0;
    } else {
      free.take(holder, steps * step);
      holder.bytes.set(data, holder.start);
    }
    this.#bytes += data.length;
    holder.length = data.length;
  }
}

/** The data, for use at once: the next change may overwrite them. */
export function viewOf({ bytes, start, length }: Holder): Uint8Array {
  return bytes.length === length ? bytes : bytes.subarray(start, start + length);
}

/** The data as they are now, whatever happens to the holder; not to be written into, and not to be kept for long. */
export function dataOf({ bytes, start, length }: Holder): Uint8Array {
  // An array of their own is replaced, never overwritten.
  return stepsOf(length) === 0 ? bytes : shortLivedCopy(bytes, start, length);
}

/** Size of the place in steps; 0 = not in a slab. */
function stepsOf(length: number): number {
  return length > slabDataMax ? 0 : Math.ceil(length / step);
}

/** Places of one size. */
class FreePlaces {
  /** Two lists in step rather than one of pairs: there may be a million. */
  readonly #slabs: Uint8Array[] = [];
  readonly #starts: number[] = [];
  /** The newest slab is used from here on. */
  #newest = emptyBytes;
  #unused = slabBytes;

  add(slab: Uint8Array, start: number): void {
    this.#slabs.push(slab);
    this.#starts.push(start);
  }

  take(holder: Holder, size: number): void {
    const slab = this.#slabs.pop();
    const start = this.#starts.pop();
    if (slab !== undefined && start !== undefined) {
      holder.bytes = slab;
      holder.start = start;
      return;
    }
    if (this.#unused + size > slabBytes) {
      this.#newest = new Uint8Array(slabBytes);
      this.#unused = 0;
    }
    holder.bytes = this.#newest;
    holder.start = this.#unused;
    this.#unused += size;
  }
}
