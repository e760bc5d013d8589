/** Values that are read from the wire once, and shared. */
import type { WireReader } from "./wire-reader.ts";

/** How many values are kept to be shared, and of how many bytes at most. */
const sharedMax = 8;
const sharedBytesMax = 64;

/**
 * Messages of which the same few come again and again, as who a client is does with each of its writes: what equals one of
 * the last ones that were new is not made once more. Nobody may change what is shared.
 */
export class SharedValues<T> {
  readonly #known: { readonly bytes: Uint8Array; readonly value: T }[] = [];
  readonly #read: (reader: WireReader) => T;
  #oldest = 0;

  /** `read` makes one from the message under way. */
  constructor(read: (reader: WireReader) => T) {
    this.#read = read;
  }

  /** Reads the message under way to its end. */
  read(reader: WireReader): T {
    for (const { bytes, value } of this.#known) if (reader.passIf(bytes)) return value;
    if (reader.left > sharedBytesMax) return this.#read(reader);
    const bytes = reader.rest().slice();
    const value = this.#read(reader);
    this.#known[this.#oldest] = { bytes, value };
    this.#oldest = (this.#oldest + 1) % sharedMax;
    return value;
  }
}
