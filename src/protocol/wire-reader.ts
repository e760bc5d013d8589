/** Reads the protobuf wire format. */
import type { Part } from "../base/bytes.ts";
import { FIXED32, FIXED64, LENGTH_DELIMITED, malformed, VARINT } from "./wire.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads what `WireWriter` and any protobuf encoder write. Every complaint is a PROTOCOL_ERROR. */
export class WireReader {
  readonly #buffer: Uint8Array;
  #at = 0;
  /** End of the message under way. */
  #end: number;

  readonly #passesOver: boolean;

  /**
   * `passesOver`: whether something stands for what a later version has. Where all servers must read the same, as in the
   * log, it is a complaint instead: those of the later version would do it, and those of this one would not.
   */
  constructor(bytes: Uint8Array, passesOver = true) {
    this.#passesOver = passesOver;
    // A Buffer's `subarray` would give Buffers, whose `slice` does not copy.
    this.#buffer =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
  }

  /** Bytes that are left of the message under way. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** Whether the message under way has another field. */
  more(): boolean {
    return this.#at < this.#end;
  }

  /** Something else is to stand for what was read, which a later version may know. */
  passOver(what: string): void {
    if (!this.#passesOver) throw malformed(what);
  }

  /** Number and wire type of the next field. */
  tag(): number {
    return this.uint();
  }

  /** An integer from 0 to 2^53 - 1. */
  uint(): number {
    const at = this.#at;
    const byte = this.#buffer[at] ?? 0;
    if (at < this.#end && byte < 0x80) {
      this.#at = at + 1;
      return byte;
    }
    return this.#longUint();
  }

  #longUint(): number {
    const buffer = this.#buffer;
    const end = this.#end;
    let at = this.#at;
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) throw malformed("it ends within a number");
      const byte = buffer[at++] ?? 0;
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.#at = at;
        return low;
      }
    }
    // Eight bytes hold 56 bits, in halves that fit in 32: no number that is allowed takes more.
    let high = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) throw malformed("it ends within a number");
      const byte = buffer[at++] ?? 0;
      high |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (high >= 2 ** 25) break;
        this.#at = at;
        return high * 2 ** 28 + low;
      }
    }
    throw malformed("a number is over 2^53 - 1");
  }

  /** An integer from 0 to `max`. */
  uintMax(max: number): number {
    const value = this.uint();
    if (value > max) throw malformed(`a number is over ${max}`);
    return value;
  }

  uint32(): number {
    return this.uintMax(0xffff_ffff);
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  /** As protobuf defines it, of a longer number the lower 32 bits. */
  int32(): number {
    const first = this.#buffer[this.#at] ?? 0;
    if (this.#at < this.#end && first < 0x80) {
      this.#at++;
      return first;
    }
    let value = 0;
    for (let size = 0; size < 10; size++) {
      if (this.#at >= this.#end) throw malformed("it ends within a number");
      const byte = this.#buffer[this.#at++] ?? 0;
      if (size < 5) value |= (byte & 0x7f) << (7 * size);
      if (byte < 0x80) return value;
    }
    throw malformed("a number is longer than ten bytes");
  }

  bool(): boolean {
    return this.uint() !== 0;
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.#length();
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  /** Bytes as a part of the whole that is read: less work than a view. */
  part(): Part {
    const length = this.#length();
    this.#at += length;
    return { bytes: this.#buffer, start: this.#at - length, length };
  }

  fixed32(): number {
    this.#pass(4);
    const buffer = this.#buffer;
    const at = this.#at;
    const low = (buffer[at - 4] ?? 0) | ((buffer[at - 3] ?? 0) << 8) | ((buffer[at - 2] ?? 0) << 16);
    return (low | ((buffer[at - 1] ?? 0) << 24)) >>> 0;
  }

  string(): string {
    const length = this.#length();
    const start = this.#at;
    this.#at += length;
    const text = asciiText(this.#buffer, start, length);
    if (text !== undefined) return text;
    try {
      return decoder.decode(this.#buffer.subarray(start, this.#at));
    } catch {
      throw malformed("a string is not UTF-8");
    }
  }

  /** Enters a nested message (or a packed list): `more` then speaks of it. Returns what {@link leave} needs. */
  enter(): number {
    const length = this.#length();
    const outer = this.#end;
    this.#end = this.#at + length;
    return outer;
  }

  /** Leaves a nested message, read or not. */
  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  /** What is left of the message under way: a view. */
  rest(): Uint8Array {
    return this.#buffer.subarray(this.#at, this.#end);
  }

  /** Passes over what is left of the message under way if it is exactly these bytes. Whether it is. */
  passIf(bytes: Uint8Array): boolean {
    const length = bytes.length;
    if (this.#end - this.#at !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[i] !== this.#buffer[this.#at + i]) return false;
    this.#at = this.#end;
    return true;
  }

  /** Passes over a field that this version does not know. */
  skip(tag: number): void {
    if (tag < 8) throw malformed("a field has no number");
    switch (tag & 7) {
      case VARINT:
        this.int32();
        return;
      case FIXED64:
        this.#pass(8);
        return;
      case LENGTH_DELIMITED:
        this.#pass(this.#length());
        return;
      case FIXED32:
        this.#pass(4);
        return;
      default:
        throw malformed("a field has an unknown wire type");
    }
  }

  #length(): number {
    const length = this.uint();
    if (length > this.#end - this.#at) throw malformed("it is cut short");
    return length;
  }

  #pass(bytes: number): void {
    if (bytes > this.#end - this.#at) throw malformed("it is cut short");
    this.#at += bytes;
  }
}

/** For {@link asciiText}: an array of each length, used again and again. */
const units: readonly number[][] = Array.from({ length: 97 }, (_, length) => new Array<number>(length).fill(0));

/** The text of bytes that are all ASCII and few: twice as fast as a decoder's call. Otherwise undefined. */
function asciiText(buffer: Uint8Array, start: number, length: number): string | undefined {
  const codes = units[length];
  if (codes === undefined) return undefined;
  for (let i = 0; i < length; i++) {
    const byte = buffer[start + i] ?? 0;
    if (byte >= 0x80) return undefined;
    codes[i] = byte;
  }
  return String.fromCharCode.apply(null, codes);
}
