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
 * | `10`                     | reserved: applied index and configuration of the checkpoint |
 * | `11` + path              | reserved: znodes                                           |
 * | `12` + u64be(sessionId)  | reserved: sessions                                         |
 * | `20` …                   | reserved: a snapshot that is being received                |
 */
import { readU64be, u64be } from "../base/bytes.ts";
import type { Index } from "../raft/types.ts";
import type { KeyRange } from "./disk.ts";

const LOG = 0x03;

/** Whose data these are. */
export const identityKey = new Uint8Array([0x01]);
/** currentTerm and votedFor. */
export const hardStateKey = new Uint8Array([0x02]);
/** That this server takes part, and whom it met before. */
export const admissionKey = new Uint8Array([0x04]);
/** Everything. */
export const wholeDisk: KeyRange = { gte: new Uint8Array([0x00]), lt: new Uint8Array([0xff]) };

/** Key of the log block whose first entry has the index `firstIndex`. */
export function logBlockKey(firstIndex: Index): Uint8Array {
  const key = new Uint8Array(9);
  key[0] = LOG;
  key.set(u64be(firstIndex), 1);
  return key;
}

/** The first index that a log block's key names; undefined for the key of something else. */
export function logBlockIndex(key: Uint8Array): Index | undefined {
  return key.length === 9 && key[0] === LOG ? readU64be(key, 1) : undefined;
}
