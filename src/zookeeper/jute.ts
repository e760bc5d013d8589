/**
 * Jute, the encoding of ZooKeeper's protocol: big-endian numbers, lengths in front of what has one, fields one behind the
 * other. A {@link Codec} reads and writes one kind of value; records are put together of them.
 */
import { emptyBytes, utf8 } from "../base/bytes.ts";

/** The bytes are no value of the kind that was wanted. */
export class JuteError extends Error {
  override readonly name = "JuteError";
}

/** What `read` returns; undefined if the bytes are not what it wants. */
export function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof JuteError) return undefined;
    throw error;
  }
}

/** Reads values from the front of some bytes. Never looks behind their end, and allocates no more than they hold. */
export class JuteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads on from here without moving this one. */
  fork(): JuteReader {
    return new JuteReader(this.#bytes.subarray(this.#at));
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Uint8Array {
    if (length < 0 || length > this.left) throw new JuteError(`${length} bytes are wanted where ${this.left} are left`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  int(): number {
    if (this.left < 4) throw new JuteError(`4 bytes are wanted where ${this.left} are left`);
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4);
  }

  /** A 64-bit integer; those beyond 2^53, which no zxid, session or time of ours is, come out as the nearest safe one. */
  long(): number {
    const high = this.int();
    const value = high * 2 ** 32 + (this.int() >>> 0);
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(value, Number.MAX_SAFE_INTEGER));
  }

  bool(): boolean {
    return this.take(1)[0] !== 0;
  }

  /** How many bytes or items follow; -1, which stands for none at all, counts as 0. */
  length(): number {
    const length = this.int();
    if (length < -1) throw new JuteError(`a length is ${length}`);
    return Math.max(0, length);
  }
}

/** Collects what is written. */
export class JuteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  int(value: number): void {
    this.#room(4);
    this.#view.setInt32(this.#length - 4, value);
  }

  long(value: number): void {
    this.int(Math.floor(value / 2 ** 32));
    this.int(value | 0);
  }

  bool(value: boolean): void {
    this.#room(1);
    this.#bytes[this.#length - 1] = value ? 1 : 0;
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length - bytes.length);
  }

  /** Begins a frame: its length is filled in by {@link endFrame}, which wants what this returns. */
  beginFrame(): number {
    this.int(0);
    return this.#length;
  }

  endFrame(start: number): void {
    this.#view.setInt32(start - 4, this.#length - start);
  }

  /** What was written; the writer is not to be used any more. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #room(bytes: number): void {
    this.#length += bytes;
    if (this.#length <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** How one kind of value is read, and written. */
export interface Codec<T> {
  /** Bytes that the shortest value takes. */
  readonly least: number;
  /** @throws JuteError */
  read(reader: JuteReader): T;
  write(writer: JuteWriter, value: T): void;
}

export const int: Codec<number> = { least: 4, read: (r) => r.int(), write: (w, value) => w.int(value) };
/** See {@link JuteReader.long}. */
export const long: Codec<number> = { least: 8, read: (r) => r.long(), write: (w, value) => w.long(value) };
/** A 64-bit integer of which every bit counts. */
export const id: Codec<bigint> = {
  least: 8,
  read: (r) => (BigInt(r.int()) << 32n) | BigInt(r.int() >>> 0),
  write: (w, value) => {
    w.int(Number(BigInt.asIntN(32, value >> 32n)));
    w.int(Number(BigInt.asIntN(32, value)));
  },
};
export const bool: Codec<boolean> = { least: 1, read: (r) => r.bool(), write: (w, value) => w.bool(value) };

/** Bytes, copied: they outlive the frame. None at all (-1) count as empty. */
export const buffer: Codec<Uint8Array> = {
  least: 4,
  read: (r) => {
    const length = r.length();
    return length === 0 ? emptyBytes : r.take(length).slice();
  },
  write: (w, value) => {
    w.int(value.length);
    w.bytes(value);
  },
};

// In Java a byte order mark is a character like others: without it, a path would be another one.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text in UTF-8. Malformed sequences become U+FFFD, as in Java, which no path may contain; none at all (-1) is "". */
export const ustring: Codec<string> = {
  least: 4,
  read: (r) => {
    const length = r.length();
    // A frame holds some 100,000 empty texts, and the decoder takes a microsecond for each.
    return length === 0 ? "" : decoder.decode(r.take(length));
  },
  write: (w, value) => buffer.write(w, utf8(value)),
};

/** Items of one kind; none at all (-1) count as an empty list. */
export function vector<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    least: 4,
    read: (r) => {
      const length = r.length();
      // No count makes us collect more than there is.
      if (length * Math.max(1, item.least) > r.left)
        throw new JuteError(`${length} items are announced where ${r.left} bytes are left`);
      const items: T[] = [];
      for (let i = 0; i < length; i++) items.push(item.read(r));
      return items;
    },
    write: (w, items) => {
      w.int(items.length);
      for (const one of items) item.write(w, one);
    },
  };
}

/** Fields in the order in which they are named. */
export function record<T extends object>(fields: { readonly [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return {
    least: names.reduce((sum, name) => sum + fields[name].least, 0),
    read: (r) => {
      const value: Partial<T> = {};
      for (const name of names) value[name] = fields[name].read(r);
      return value as T;
    },
    write: (w, value) => {
      for (const name of names) fields[name].write(w, value[name]);
    },
  };
}

/** Nothing. */
export const nothing: Codec<object> = { least: 0, read: () => ({}), write: () => {} };

/** The bytes of one value. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new JuteWriter();
  codec.write(writer, value);
  return writer.finish();
}
