/**
 * Reads LevelDB's manifest, to know which files must be there: LevelDB itself looks for its tables, but takes a missing
 * write-ahead log for one that was never written.
 *
 * A manifest is a log of *version edits*, in records as those of the write-ahead log. An edit is a row of tagged fields;
 * numbers are varints, keys are preceded by their length (LevelDB, db/version_edit.cc). Only what is needed is read.
 */
import { readRecords } from "./level-wal.ts";

const COMPARATOR = 1;
const LOG_NUMBER = 2;
const NEXT_FILE_NUMBER = 3;
const LAST_SEQUENCE = 4;
const COMPACT_POINTER = 5;
const DELETED_FILE = 6;
const NEW_FILE = 7;
const PREVIOUS_LOG_NUMBER = 9;

/** What the edits of a manifest come to. */
export interface Manifest {
  /** Write-ahead logs from this number on hold what no table has yet. */
  readonly logNumber: number;
  /** The number that the next file gets, or a higher one. */
  readonly nextFileNumber: number;
  /** Tables by number, with their size in bytes. */
  readonly tables: ReadonlyMap<number, number>;
}

/** Reads a manifest. Undefined if LevelDB will refuse it, and say why. */
export function readManifest(bytes: Uint8Array): Manifest | undefined {
  let logNumber: number | undefined;
  let nextFileNumber: number | undefined;
  /** By level and number: a table that moves down is deleted from one level and new in the next. */
  const sizes = new Map<string, { readonly number: number; readonly bytes: number }>();
  try {
    for (const record of readRecords(bytes)) {
      const edit = new EditReader(record);
      while (edit.more()) {
        switch (edit.varint()) {
          case COMPARATOR:
            edit.skip();
            break;
          case LOG_NUMBER:
            logNumber = edit.varint();
            break;
          case NEXT_FILE_NUMBER:
            nextFileNumber = edit.varint();
            break;
          case LAST_SEQUENCE:
          case PREVIOUS_LOG_NUMBER:
            edit.varint();
            break;
          case COMPACT_POINTER:
            edit.varint();
            edit.skip();
            break;
          case DELETED_FILE:
            sizes.delete(`${edit.varint()} ${edit.varint()}`);
            break;
          case NEW_FILE: {
            const level = edit.varint();
            const number = edit.varint();
            sizes.set(`${level} ${number}`, { number, bytes: edit.varint() });
            edit.skip();
            edit.skip();
            break;
          }
          default:
            return undefined;
        }
      }
    }
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  if (logNumber === undefined || nextFileNumber === undefined) return undefined;
  const tables = new Map([...sizes.values()].map((table) => [table.number, table.bytes]));
  return { logNumber, nextFileNumber, tables };
}

/** The fields of one edit. Throws RangeError where it ends too early. */
class EditReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  more(): boolean {
    return this.#at < this.#bytes.length;
  }

  /** A number below 2^53, seven bits a byte, the lowest first. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 53; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("an edit ends within a number");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number of an edit is too large");
  }

  /** Passes over what is preceded by its length. */
  skip(): void {
    const length = this.varint();
    if (length > this.#bytes.length - this.#at) throw new RangeError("an edit ends within a key");
    this.#at += length;
  }
}
