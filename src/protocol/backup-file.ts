/**
 * The bytes of a backup: see `BackupRecord` of proto/disk.proto. What is in the segments is the concern of storage; here
 * their checksums show that a file is whole, is ours, and of a version that is known.
 */
import { concatBytes, emptyBytes, fromUtf8, utf8 } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Configuration } from "../raft/types.ts";
import { type BackupHeader, type BackupRecord, readBackupRecord, writeBackupRecord } from "./generated/disk.ts";
import { decodeMessage, encodeMessage } from "./message.ts";

const magic = utf8("TERRARIUM-BACKUP");
const version = 1;
const startBytes = magic.length + 4;
const frameBytes = 8;
/** No record is larger: a segment holds one row, at most, beyond its usual size. */
const recordBytesMax = 16 * limits.dataBytesMax;

/** What a backup holds. */
export interface BackupSummary {
  readonly clusterId: string;
  readonly serverId: number;
  /** When it was taken, Unix ms. */
  readonly takenMs: number;
  /** The last entry of the log whose effect is in it, and its term. */
  readonly index: number;
  readonly term: number;
  /** Newest stamp of a command up to there, Unix ms. */
  readonly timeMs: number;
  readonly znodes: number;
  readonly sessions: number;
  readonly segments: number;
}

/** Makes the bytes of a backup, piece by piece. */
export class BackupWriter {
  #digest = emptyBytes;
  #segments = 0;

  /** The beginning of the file. */
  header(summary: BackupSummary, generation: number, configuration: Configuration): Uint8Array {
    const { clusterId, serverId, takenMs, ...rest } = summary;
    const head = { ...rest, generation, configuration };
    const header = this.#record({ type: "header", clusterId, serverId, takenMs, head });
    return concatBytes([magic, uint32(version), header]);
  }

  /** The next segment. */
  segment(number: number, value: Uint8Array): Uint8Array {
    this.#segments++;
    return this.#record({ type: "segment", number, value });
  }

  /** The end of the file. */
  trailer(): Uint8Array {
    return this.#record({ type: "trailer", segments: this.#segments, digest: digestOf(this.#digest) });
  }

  #record(record: BackupRecord): Uint8Array {
    const bytes = encodeMessage(writeBackupRecord, record);
    const checksum = uint32(crc32c(bytes));
    this.#digest = chained(this.#digest, checksum);
    return concatBytes([uint32(bytes.length), checksum, bytes]);
  }
}

/** Who is told what a file holds. */
export interface BackupVisitor {
  header?(summary: BackupSummary): void;
  segment?(number: number, value: Uint8Array): void;
}

/** Reads a backup from pieces of any size. All complaints are BACKUP_UNUSABLE. */
export class BackupReader {
  readonly #visitor: BackupVisitor;
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  /** Bytes needed to go on. */
  #needed = startBytes;
  #begun = false;
  #summary: BackupSummary | undefined;
  #segments = 0;
  #lastNumber = 0;
  #digest = emptyBytes;
  #ended = false;
  #bytes = 0;

  constructor(visitor: BackupVisitor = {}) {
    this.#visitor = visitor;
  }

  /** Bytes read. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next bytes of the file. */
  push(piece: Uint8Array): void {
    this.#bytes += piece.length;
    this.#pieces.push(piece);
    this.#waiting += piece.length;
    while (this.#waiting >= this.#needed && this.#waiting > 0) this.#step(this.#joined());
  }

  /** The file has ended: says what was in it. */
  end(): BackupSummary {
    if (!this.#begun) throw unusable(this.#bytes === 0 ? "the file is empty" : notOurs);
    if (!this.#ended || this.#summary === undefined) throw unusable("the file is cut short");
    return this.#summary;
  }

  #joined(): Uint8Array {
    const [only] = this.#pieces;
    const bytes = this.#pieces.length === 1 && only !== undefined ? only : concatBytes(this.#pieces);
    this.#pieces = [bytes];
    return bytes;
  }

  /** Takes what is complete at the beginning of `bytes`. */
  #step(bytes: Uint8Array): void {
    if (this.#ended) throw unusable("something follows the end of the backup");
    if (!this.#begun) {
      checkStart(bytes);
      this.#begun = true;
      return this.#keep(bytes.subarray(startBytes), frameBytes);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const length = view.getUint32(0);
    if (length > recordBytesMax) throw unusable("it is damaged: a record is too long");
    if (bytes.length < frameBytes + length) return this.#keep(bytes, frameBytes + length);
    const record = bytes.subarray(frameBytes, frameBytes + length);
    if (view.getUint32(4) !== crc32c(record)) throw unusable("it is damaged: the checksum of a record is wrong");
    const digest = this.#digest;
    this.#digest = chained(digest, bytes.slice(4, 8));
    this.#take(record, digestOf(digest));
    this.#keep(bytes.subarray(frameBytes + length), frameBytes);
  }

  #keep(bytes: Uint8Array, needed: number): void {
    this.#pieces = bytes.length === 0 ? [] : [bytes];
    this.#waiting = bytes.length;
    this.#needed = this.#ended ? 1 : needed;
  }

  #take(bytes: Uint8Array, digest: number): void {
    const record = readRecord(bytes);
    if (record.type === "header" && this.#summary === undefined) {
      this.#summary = summaryOf(record);
      this.#visitor.header?.(this.#summary);
    } else if (record.type === "segment" && this.#summary !== undefined) {
      const { number, value } = record;
      if (number <= this.#lastNumber) throw unusable("it is damaged: its parts are out of order");
      this.#lastNumber = number;
      this.#segments++;
      this.#visitor.segment?.(number, value);
    } else if (record.type === "trailer" && this.#summary !== undefined) {
      const whole = record.segments === this.#segments && this.#segments === this.#summary.segments;
      if (!whole || record.digest !== digest) throw unusable("it is damaged: parts of it are missing");
      this.#ended = true;
    } else throw unusable("it is damaged: a record is not where it should be");
  }
}

const notOurs = "the file is no backup of Terrarium";

function checkStart(bytes: Uint8Array): void {
  if (fromUtf8(bytes.subarray(0, magic.length)) !== fromUtf8(magic)) throw unusable(notOurs);
  const found = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length);
  if (found === version) return;
  throw new TerrariumError(
    "BACKUP_UNUSABLE",
    `the backup has version ${found}, and this version of Terrarium knows version ${version} only`,
    "use the version of Terrarium that made it",
  );
}

/** The checksum was right: what cannot be read was not written by us. */
function readRecord(bytes: Uint8Array): BackupRecord {
  try {
    return decodeMessage(readBackupRecord, bytes);
  } catch (error) {
    throw unusable(`it is damaged: ${error instanceof Error ? error.message : "a record cannot be read"}`);
  }
}

function summaryOf({ clusterId, serverId, takenMs, head }: BackupHeader): BackupSummary {
  const { index, term, timeMs, znodes, sessions, segments } = head;
  return { clusterId, serverId, takenMs, index, term, timeMs, znodes, sessions, segments };
}

/** The checksum of all checksums so far is kept as that of the one before and the newest. */
function chained(digest: Uint8Array, checksum: Uint8Array): Uint8Array {
  return uint32(crc32c(concatBytes([digest, checksum])));
}

function digestOf(digest: Uint8Array): number {
  return digest.length === 0 ? 0 : new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}

function uint32(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, value >>> 16, value >>> 8, value]);
}

function unusable(message: string): TerrariumError {
  return new TerrariumError("BACKUP_UNUSABLE", message);
}
