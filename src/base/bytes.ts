/** Small helpers for `Uint8Array`, usable in a browser. */

/** No bytes. */
export const emptyBytes: Uint8Array = new Uint8Array(0);

/** Bytes that lie within a larger array. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly length: number;
}

/** No bytes. */
export const emptyPart: Part = { bytes: emptyBytes, start: 0, length: 0 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** UTF-8 bytes of a string. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The string of UTF-8 bytes; malformed sequences become U+FFFD. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Length in UTF-8 bytes of a string, without encoding it. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit <= 0xdbff) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
}

/** Whether two arrays hold the same bytes. */
export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Byte-wise order: negative, zero or positive, as for `Array.sort`. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const slabBytes = 16 * 1024;

/** Copies up to this length lie in a slab with others. */
const sharedMax = 2 * 1024;

/** V8 keeps so few bytes within the array itself (`npm run bench:copies`). */
const withinMax = 64;

let slab = emptyBytes;
let slabUsed = 0;

/**
 * A copy of `length` bytes from `start` on. Memory of its own costs an array several times as much as all else, and once more
 * when it is collected; so short copies lie side by side in a slab, which lives as long as one of them: they are for what is
 * soon gone, and nobody may look at their `buffer`.
 */
export function shortLivedCopy(bytes: Uint8Array, start = 0, length = bytes.length - start): Uint8Array {
  const end = start + length;
  if (length > sharedMax) return new Uint8Array(bytes.subarray(start, end));
  // A `Buffer` has a `slice` that copies nothing.
  if (length <= withinMax && bytes.constructor === Uint8Array) return bytes.slice(start, end);
  if (slabUsed + length > slab.length) {
    slab = new Uint8Array(slabBytes);
    slabUsed = 0;
  }
  const at = slabUsed;
  slabUsed += length;
  slab.set(length === bytes.length ? bytes : bytes.subarray(start, end), at);
  return slab.subarray(at, slabUsed);
}

/** One array with the bytes of all. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hexadecimal. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += hexPairs[bytes[i] ?? 0];
  return text;
}

// Byte by byte: a DataView needs the array's `buffer`, and giving a short array one costs more than all the rest.

/** Writes an integer from 0 to 2^32 - 1 as four bytes, big-endian, at `offset`: they sort like the number. */
export function writeU32be(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value >>> 24;
  out[offset + 1] = value >>> 16;
  out[offset + 2] = value >>> 8;
  out[offset + 3] = value;
}

/** The integer that {@link writeU32be} wrote. */
export function readU32be(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] ?? 0) << 24) | ((bytes[offset + 1] ?? 0) << 16);
  return (high | ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0)) >>> 0;
}

/** Writes an integer from 0 to 2^53 - 1 as eight bytes, big-endian, at `offset`: they sort like the number. */
export function writeU64be(out: Uint8Array, offset: number, value: number): void {
  writeU32be(out, offset, Math.floor(value / 2 ** 32));
  writeU32be(out, offset + 4, value >>> 0);
}

/** The integer that {@link writeU64be} wrote. */
export function readU64be(bytes: Uint8Array, offset: number): number {
  return readU32be(bytes, offset) * 2 ** 32 + readU32be(bytes, offset + 4);
}
