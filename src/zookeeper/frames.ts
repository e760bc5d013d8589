/** Cuts what comes over a connection into frames: a length of four bytes, then so many bytes. */
import { emptyBytes } from "../base/bytes.ts";

/** The largest frame that is taken, as in a ZooKeeper server whose jute.maxbuffer was left alone. Bytes. */
export const frameBytesMax = 0xfffff;

/** The largest handshake that is taken: clients send 44 or 45 bytes, of which 16 are a password. Bytes. */
export const handshakeBytesMax = 1024;

const prefix = 4;

/**
 * Frames of one connection. A frame that comes in pieces is put together in one array that doubles: a piece of one byte
 * that were kept as it came would hold some hundred.
 */
export class FrameSplitter {
  readonly #bytesMax: number;
  /** Those from `#start` to `#end` wait. */
  #bytes = emptyBytes;
  #start = 0;
  #end = 0;
  /** Whether `#bytes` was made here, and may be written into behind `#end`. */
  #own = false;

  /** `bytesMax`: of a frame. */
  constructor(bytesMax: number = frameBytesMax) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#end - this.#start;
  }

  /** More bytes have come. If none wait they are not copied, and not to be written into. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.waiting === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#own = false;
      return;
    }
    if (!this.#own || this.#end + chunk.length > this.#bytes.length) this.#grow(this.waiting + chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The first four bytes that wait, as a number; undefined if there are fewer. */
  get head(): number | undefined {
    if (this.waiting < prefix) return undefined;
    let head = 0;
    for (let at = this.#start; at < this.#start + prefix; at++) head = (head << 8) | (this.#bytes[at] ?? 0);
    return head;
  }

  /** The next frame, if it is there as a whole. `"refused"`: its length is none that is allowed. */
  next(): Uint8Array | "refused" | undefined {
    const length = this.head;
    if (length === undefined) return undefined;
    if (length < 0 || length > this.#bytesMax) return "refused";
    if (this.waiting < prefix + length) return undefined;
    const from = this.#start + prefix;
    this.#start = from + length;
    return this.#bytes.subarray(from, this.#start);
  }

  /** Moves what waits to an array with room for `bytes`. The old one is left alone: frames that were given out are in it. */
  #grow(bytes: number): void {
    const frame = prefix + (this.head ?? 0);
    const larger = new Uint8Array(frame >= bytes ? Math.min(2 * bytes, frame) : 2 * bytes);
    larger.set(this.#bytes.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    this.#bytes = larger;
    this.#own = true;
  }
}
