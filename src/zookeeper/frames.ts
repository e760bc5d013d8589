/** Cuts what a client sends into frames: a length of four bytes, then so many bytes. */

/** The largest frame that is taken, as in a ZooKeeper server whose jute.maxbuffer was left alone. Bytes. */
export const frameBytesMax = 0xfffff;

/** Frames of one connection. */
export class FrameSplitter {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** Bytes of the first chunk that were given out. */
  #start = 0;

  /** Bytes that wait. */
  get waiting(): number {
    return this.#bytes;
  }

  /** More bytes have come. They are not copied, and not to be written into. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The first four bytes that wait, as a number; undefined if there are fewer. */
  get head(): number | undefined {
    if (this.#bytes < 4) return undefined;
    let head = 0;
    let chunk = 0;
    let at = this.#start;
    for (let i = 0; i < 4; i++, at++) {
      while (at >= (this.#chunks[chunk]?.length ?? Number.POSITIVE_INFINITY)) {
        at -= this.#chunks[chunk]?.length ?? 0;
        chunk++;
      }
      head = (head << 8) | (this.#chunks[chunk]?.[at] ?? 0);
    }
    return head;
  }

  /** The next frame, if it is there as a whole. `"refused"`: its length is none that is allowed. */
  next(): Uint8Array | "refused" | undefined {
    const length = this.head;
    if (length === undefined) return undefined;
    if (length < 0 || length > frameBytesMax) return "refused";
    if (this.#bytes < 4 + length) return undefined;
    this.#take(4);
    return this.#take(length);
  }

  #take(length: number): Uint8Array {
    this.#bytes -= length;
    const first = this.#chunks[0];
    if (first !== undefined && first.length - this.#start >= length) {
      const part = first.subarray(this.#start, this.#start + length);
      this.#advance(length);
      return part;
    }
    const whole = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const chunk = this.#chunks[0] ?? whole;
      const part = chunk.subarray(this.#start, this.#start + length - at);
      whole.set(part, at);
      at += part.length;
      this.#advance(part.length);
    }
    return whole;
  }

  #advance(length: number): void {
    this.#start += length;
    if (this.#start < (this.#chunks[0]?.length ?? 0)) return;
    this.#chunks.shift();
    this.#start = 0;
  }
}
