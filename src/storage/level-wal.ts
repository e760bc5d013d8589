/**
 * Looks at LevelDB's write-ahead log before LevelDB does. LevelDB drops whatever it cannot read there, together with
 * the rest of that 32 KiB block, and says nothing (its `paranoid_checks` is off, and `classic-level` cannot switch it
 * on). For the end of the log that is right: a crash tore a batch that nobody was told about. Anywhere else it would
 * forget what this server has promised to remember, so the server must not start.
 *
 * What tells the two apart: Terrarium waits for the sync of each batch before it writes the next. So if a batch
 * *begins* behind a place that cannot be read, that place was once safely on disk. Damage to the very last batch
 * cannot be told from a torn one.
 *
 * Format (LevelDB, doc/log_format.md): blocks of 32 KiB hold records of checksum (4 bytes), length (2), type (1) and
 * payload, all little-endian. A batch is one FULL record, or FIRST, MIDDLE …, LAST. Less than a header's room at the
 * end of a block stays empty.
 */
import { concatBytes } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";

const blockBytes = 32 * 1024;
const headerBytes = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;

/** A place in a write-ahead log that was once safely on disk and can be read no more. */
export interface WalDamage {
  /** Which of the files. */
  readonly file: number;
  readonly offset: number;
}

/** Looks for damage in the write-ahead logs of a database, given oldest first. */
export function findWalDamage(files: readonly Uint8Array[]): WalDamage | undefined {
  let unreadable: WalDamage | undefined;
  for (const [file, bytes] of files.entries()) {
    let at = 0;
    while (at + headerBytes <= bytes.length) {
      const blockEnd = Math.min(at - (at % blockBytes) + blockBytes, bytes.length);
      const record = readRecord(bytes, at, blockEnd);
      if (record === undefined) {
        // The length cannot be trusted either: the next record may begin anywhere.
        if (blockEnd - at >= headerBytes) unreadable ??= { file, offset: at };
        at = blockEnd - at > headerBytes ? at + 1 : blockEnd;
      } else {
        if (unreadable !== undefined && (record.type === FULL || record.type === FIRST)) return unreadable;
        at = record.end;
      }
    }
    if (at < bytes.length) unreadable ??= { file, offset: at };
  }
  return undefined;
}

/**
 * What was written into a log, in order, up to the first place that cannot be read: a manifest is such a log, of which
 * LevelDB itself notices damage.
 */
export function* readRecords(bytes: Uint8Array): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const blockEnd = Math.min(at - (at % blockBytes) + blockBytes, bytes.length);
    const record = readRecord(bytes, at, blockEnd);
    if (record === undefined) {
      // The room for a header at the end of a block stays empty; elsewhere the log ends here.
      if (blockEnd - at >= headerBytes) return;
      at = blockEnd;
      continue;
    }
    if (record.type === FULL || record.type === FIRST) parts = [];
    parts.push(bytes.subarray(at + headerBytes, record.end));
    if (record.type === FULL || record.type === LAST) yield concatBytes(parts);
    at = record.end;
  }
}

/** The record at `at`, if a whole and sound one begins there. */
function readRecord(bytes: Uint8Array, at: number, blockEnd: number): { type: number; end: number } | undefined {
  if (at + headerBytes > blockEnd) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, headerBytes);
  const type = view.getUint8(6);
  const end = at + headerBytes + view.getUint16(4, true);
  if (type < FULL || type > LAST || end > blockEnd) return undefined;
  return view.getUint32(0, true) === maskedChecksum(bytes.subarray(at + 6, end)) ? { type, end } : undefined;
}

/** LevelDB stores checksums rotated and shifted, since data that contain their own checksum are weak. */
function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
