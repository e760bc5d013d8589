/** Writes the protobuf wire format. */
import { assert } from "../base/assert.ts";
import { emptyBytes, type Part } from "../base/bytes.ts";
import { FIXED32, LENGTH_DELIMITED, VARINT } from "./wire.ts";

const slabBytes = 64 * 1024;

/** What a large part leaves free in front of it: for the rest of its message, which is small as a rule. */
const roomBytes = 1024;

/** Longer parts are copied faster by a view. */
const partBytesMax = 256;

const encoder = new TextEncoder();

/** Bytes of a nested message of `bytes`, with its length and a tag of a field below 16. */
export function nestedBytes(bytes: number): number {
  return 1 + varintBytes(bytes) + bytes;
}

/** Bytes that `value`, an integer from 0 to 2^53 - 1, takes as a varint. */
function varintBytes(value: number): number {
  if (value < 2 ** 14) return value < 2 ** 7 ? 1 : 2;
  if (value < 2 ** 28) return value < 2 ** 21 ? 3 : 4;
  if (value < 2 ** 42) return value < 2 ** 35 ? 5 : 6;
  return value < 2 ** 49 ? 7 : 8;
}

/**
 * Writes messages *from their last byte to their first*: thus the length that goes before a nested message is known
 * when it is written, and nothing is measured beforehand or moved afterwards. So fields, and items of repeated fields,
 * are given last to first. Finished messages are views on a shared slab, never written again.
 *
 * As in proto3, zero, false and empty values are left out, except where a method says otherwise.
 */
export class WireWriter {
  #slab: Uint8Array = emptyBytes;
  /** The message under way is `slab[at … end)`. */
  #at = 0;
  #end = 0;

  /** Begins a message, for which about `bytes` may be set aside. One left unfinished is dropped. */
  begin(bytes = 0): this {
    this.#end = this.#at;
    if (bytes > this.#at) this.#grow(bytes);
    return this;
  }

  /** The finished message. */
  finish(): Uint8Array {
    const message = this.#slab.subarray(this.#at, this.#end);
    // What is left of a slab made for one large message would keep that message's memory alive.
    if (this.#slab.length > slabBytes) {
      this.#slab = emptyBytes;
      this.#at = 0;
    }
    this.#end = this.#at;
    return message;
  }

  /** The message so far: a view that the next write may make stale. */
  written(): Uint8Array {
    return this.#slab.subarray(this.#at, this.#end);
  }

  /** Bytes of the message so far: the end of a nested message that is about to be written. */
  mark(): number {
    return this.#end - this.#at;
  }

  /** Makes what was written since `mark` the nested message `field`; also when it is empty. */
  nest(field: number, mark: number): void {
    this.#head(field, LENGTH_DELIMITED, this.#end - this.#at - mark);
  }

  /** uint64 or uint32 or an enum: an integer from 0 to 2^53 - 1. */
  uint(field: number, value: number): void {
    if (value !== 0) this.#head(field, VARINT, value);
  }

  /** A {@link uint} that is written even when zero. */
  presentUint(field: number, value: number): void {
    this.#head(field, VARINT, value);
  }

  /** fixed32: an integer from 0 to 2^32 - 1 in four bytes, the lowest first. */
  fixed32(field: number, value: number): void {
    if (value === 0) return;
    this.#reserve(4);
    this.#at -= 4;
    for (let i = 0; i < 4; i++) this.#slab[this.#at + i] = value >>> (8 * i);
    this.#tag(field, FIXED32);
  }

  /** sint32: small for small negative numbers. */
  sint32(field: number, value: number): void {
    assert((value | 0) === value, "a signed number on the wire has 32 bits");
    this.uint(field, ((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** int32: ten bytes for negative numbers. */
  int32(field: number, value: number): void {
    assert((value | 0) === value, "a signed number on the wire has 32 bits");
    if (value >= 0) {
      this.uint(field, value);
      return;
    }
    this.#reserve(10);
    this.#at -= 10;
    let rest = value;
    for (let i = 0; i < 9; i++, rest >>= 7) this.#slab[this.#at + i] = (rest & 0x7f) | 0x80;
    this.#slab[this.#at + 9] = 1;
    this.#tag(field, VARINT);
  }

  bool(field: number, value: boolean): void {
    if (value) this.#head(field, VARINT, 1);
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.length > 0) this.presentBytes(field, value);
  }

  /** Bytes that are written even when empty: an item of a repeated field, or an `optional` one. */
  presentBytes(field: number, value: Uint8Array): void {
    this.raw(value);
    this.#head(field, LENGTH_DELIMITED, value.length);
  }

  /** As {@link bytes}. */
  part(field: number, { bytes, start, length }: Part): void {
    if (length === 0) return;
    if (length > partBytesMax) {
      this.presentBytes(field, bytes.subarray(start, start + length));
      return;
    }
    this.#reserve(length);
    this.#at -= length;
    const slab = this.#slab;
    const at = this.#at;
    for (let i = 0; i < length; i++) slab[at + i] = bytes[start + i] ?? 0;
    this.#head(field, LENGTH_DELIMITED, length);
  }

  string(field: number, value: string): void {
    if (value.length > 0) this.presentString(field, value);
  }

  /** A string that is written even when empty. */
  presentString(field: number, value: string): void {
    const length = value.length;
    this.#reserve(length);
    const slab = this.#slab;
    const start = this.#at - length;
    let ascii = true;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit >= 0x80) {
        ascii = false;
        break;
      }
      slab[start + i] = unit;
    }
    if (!ascii) {
      this.presentBytes(field, encoder.encode(value));
      return;
    }
    this.#at = start;
    this.#head(field, LENGTH_DELIMITED, length);
  }

  /** A packed list of {@link uint}s. */
  uints(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const mark = this.mark();
    for (let i = values.length - 1; i >= 0; i--) this.varint(values[i] ?? 0);
    this.nest(field, mark);
  }

  /** A varint without a tag. */
  varint(value: number): void {
    if ((value & 0x7f) === value) {
      this.#reserve(1);
      this.#slab[--this.#at] = value;
      return;
    }
    assert(Number.isSafeInteger(value) && value >= 0, "a number on the wire is an integer from 0 to 2^53 - 1");
    const size = varintBytes(value);
    this.#reserve(size);
    this.#at -= size;
    const slab = this.#slab;
    let at = this.#at;
    let rest = value;
    if (value >= 2 ** 28) {
      // In halves that fit in 32 bits: to divide by 128 again and again takes longer.
      rest = Math.floor(value / 2 ** 28);
      const low = value - rest * 2 ** 28;
      for (let shift = 0; shift < 28; shift += 7) slab[at++] = ((low >>> shift) & 0x7f) | 0x80;
    }
    for (; rest >= 0x80; rest >>= 7) slab[at++] = (rest & 0x7f) | 0x80;
    slab[at] = rest;
  }

  /** Encoded fields, as they are. */
  raw(fields: Uint8Array): void {
    this.#reserve(fields.length);
    this.#at -= fields.length;
    this.#slab.set(fields, this.#at);
  }

  /** A field's tag and number, or its tag and length. Mostly both take one byte. */
  #head(field: number, type: number, value: number): void {
    const at = this.#at - 2;
    if ((value & 0x7f) === value && field < 16 && at >= 0) {
      this.#slab[at] = (field << 3) | type;
      this.#slab[at + 1] = value;
      this.#at = at;
    } else this.#longHead(field, type, value);
  }

  #longHead(field: number, type: number, value: number): void {
    this.varint(value);
    this.#tag(field, type);
  }

  #tag(field: number, type: number): void {
    this.varint((field << 3) | type);
  }

  #reserve(bytes: number): void {
    if (this.#at < bytes) this.#grow(bytes);
  }

  /** Moves the message under way to the end of a new slab with room for `bytes` more. */
  #grow(bytes: number): void {
    const used = this.#end - this.#at;
    const needed = used + bytes;
    const size = needed <= slabBytes ? slabBytes : needed + Math.max(used, roomBytes);
    const slab = new Uint8Array(size);
    slab.set(this.#slab.subarray(this.#at, this.#end), size - used);
    this.#slab = slab;
    this.#at = size - used;
    this.#end = size;
  }
}
