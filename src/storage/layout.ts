/**
 * Every key of a server's database. The first byte names the table, so that tables lie one behind the other in key
 * order. All values carry a checksum (sealed.ts).
 *
 * | key                      | value                                                      |
 * |--------------------------|------------------------------------------------------------|
 * | `01`                     | Identity                                                   |
 * | `02`                     | HardState                                                  |
 * | `03` + u64be(firstIndex) | LogBlock                                                   |
 * | `04`                     | Admission                                                  |
 * | `05`                     | LogBase, once the log was compacted                        |
 * | `10`                     | CheckpointHead                                             |
 * | `11` + u32be(generation) + u64be(number) | Segment of a checkpoint                    |
 *
 * The head names the generation of the present checkpoint. Segments of another one are a snapshot that is being
 * received, or what is left of an older checkpoint.
 */
import { readU32be, readU64be, writeU32be, writeU64be } from "../base/bytes.ts";
import type { Index } from "../raft/types.ts";
import type { KeyRange } from "./disk.ts";

const LOG = 0x03;
const SEGMENT = 0x11;

/** Whose data these are. */
export const identityKey = new Uint8Array([0x01]);
/** currentTerm and votedFor. */
export const hardStateKey = new Uint8Array([0x02]);
/** That this server takes part, and whom it met before. */
export const admissionKey = new Uint8Array([0x04]);
/** Where the log begins. */
export const logBaseKey = new Uint8Array([0x05]);
/** What the checkpoint is. */
export const headKey = new Uint8Array([0x10]);
/** Everything. */
export const wholeDisk: KeyRange = { gte: new Uint8Array([0x00]), lt: new Uint8Array([0xff]) };

/** Key of the log block whose first entry has the index `firstIndex`. */
export function logBlockKey(firstIndex: Index): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = LOG;
  writeU64be(key, 1, firstIndex);
  return key;
}

/** The first index that a log block's key names; undefined for the key of something else. */
export function logBlockIndex(key: Uint8Array): Index | undefined {
  return key.length === 9 && key[0] === LOG ? readU64be(key, 1) : undefined;
}

/** Which segment of which generation a key names. */
export interface SegmentName {
  /** From 1. */
  readonly generation: number;
  /** From 1; rises with each segment written. */
  readonly number: number;
}

/** Key of a segment of a checkpoint. */
export function segmentKey({ generation, number }: SegmentName): Uint8Array {
  const key = new Uint8Array(13);
  key[0] = SEGMENT;
  writeU32be(key, 1, generation);
  writeU64be(key, 5, number);
  return key;
}

/** The segment that a key names; undefined for the key of something else. */
export function segmentName(key: Uint8Array): SegmentName | undefined {
  if (key.length !== 13 || key[0] !== SEGMENT) return undefined;
  return { generation: readU32be(key, 1), number: readU64be(key, 5) };
}

/** The segments of a generation from number `first` on, up to and with `last`. */
export function segmentRange(generation: number, first: number, last: number = Number.MAX_SAFE_INTEGER - 1): KeyRange {
  return { gte: segmentKey({ generation, number: first }), lt: segmentKey({ generation, number: last + 1 }) };
}
