/** What a row of a server's disk belongs to. */
import { TerrariumError } from "../../src/base/errors.ts";
import type { Row } from "../../src/storage/disk.ts";
import { admissionKey, headKey, logBaseKey, logBlockIndex, segmentName } from "../../src/storage/layout.ts";
import { decodeLogBlock } from "../../src/storage/log-block.ts";
import { decodeHead } from "../../src/storage/records.ts";
import { keyText } from "./disk.ts";

/** "log" for a block of the log, "state" for everything else: hard state, identity, checkpoints. */
export function stateOrLog(key: Uint8Array): "log" | "state" {
  return logBlockIndex(key) === undefined ? "state" : "log";
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return keyText(a) === keyText(b);
}

/** The rows of a server, as {@link SimDisk} has them: by {@link keyText}. */
type Rows = ReadonlyMap<string, Row>;

/**
 * Whether the other rows tell that `row` is missing. They do not of the newest block of the log, behind which nothing
 * comes; of a checkpoint's head while the log reaches back to its beginning; of what is left of other checkpoints; and of
 * the record of its admission, which a server that takes part for the first time does not have either.
 */
export function isMissed({ key }: Row, rows: Rows): boolean {
  const block = logBlockIndex(key);
  if (block !== undefined) return block < newestBlock(rows);
  if (same(key, headKey)) return rows.has(keyText(logBaseKey));
  const segment = segmentName(key);
  const head = rows.get(keyText(headKey));
  if (segment !== undefined)
    return head !== undefined && readable(() => decodeHead(head.value))?.generation === segment.generation;
  return !same(key, admissionKey);
}

/**
 * Whether the other rows tell that `older` has come back in the place of a row: for a block of the log, if it ends with
 * another entry, and the next block therefore does not continue it; for the beginning of the log, always.
 */
export function isOutdated(older: Row, rows: Rows): boolean {
  const now = rows.get(keyText(older.key));
  if (now === undefined || same(older.value, now.value)) return false;
  if (same(older.key, logBaseKey)) return true;
  const block = logBlockIndex(older.key);
  if (block === undefined || block >= newestBlock(rows)) return false;
  const last = ({ value }: Row) => readable(() => decodeLogBlock(block, value))?.entries.at(-1);
  const [before, after] = [last(older), last(now)];
  return before !== undefined && after !== undefined && (before.index !== after.index || before.term !== after.term);
}

/** What a row holds; undefined if it is damaged: it tells nothing of other rows then. */
function readable<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TerrariumError && error.code === "CORRUPT") return undefined;
    throw error;
  }
}

/** The first index of the newest block; 0 if there is none. */
function newestBlock(rows: Rows): number {
  let newest = 0;
  for (const { key } of rows.values()) newest = Math.max(newest, logBlockIndex(key) ?? 0);
  return newest;
}
