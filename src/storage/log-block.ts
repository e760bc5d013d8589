/** Log blocks: what is appended to the log in one flush is one value (`LogBlock` of proto/disk.proto). */
import { assert } from "../base/assert.ts";
import { TerrariumError } from "../base/errors.ts";
import { boundOfEntry } from "../protocol/entry-codec.ts";
import { readLogBlock, writeLogBlock } from "../protocol/generated/disk.ts";
import { WireReader } from "../protocol/wire-reader.ts";
import { WireWriter } from "../protocol/wire-writer.ts";
import type { Entry, Index, Term } from "../raft/types.ts";
import { checksum, corrupt, unseal } from "./sealed.ts";

export interface LogBlock {
  /** currentTerm of the server when it wrote the block. */
  readonly currentTerm: Term;
  /** Term of the entry before the first. */
  readonly prevTerm: Term;
  /** Contiguous, at least one. The first one's index is the block's key. */
  readonly entries: readonly Entry[];
}

/** More than the checksum, tags and numbers of a block take, without its entries. */
export const blockOverheadBytes = 40;
/** Tag and length of an entry. */
const itemBytes = 6;

const writer = new WireWriter();

/** At most so many bytes does an entry take in a block. */
export function entryBytes(entry: Entry): number {
  return itemBytes + boundOfEntry(entry);
}

/** The block's value, with its checksum. */
export function encodeLogBlock(block: LogBlock): Uint8Array {
  const { currentTerm, prevTerm, entries } = block;
  let bytes = blockOverheadBytes;
  for (const entry of entries) bytes += entryBytes(entry);
  writer.begin(bytes);
  writeLogBlock(writer, { firstIndex: firstIndexOf(entries), currentTerm, prevTerm, entries });
  writer.raw(checksum(writer.written()));
  return writer.finish();
}

/**
 * Reads the block stored under `firstIndex` and checks what can be checked without its neighbours: checksum, key,
 * indexes, terms. Entries are views on `value`. CORRUPT if anything is wrong.
 */
export function decodeLogBlock(firstIndex: Index, value: Uint8Array): LogBlock {
  const where = `the log block at entry ${firstIndex}`;
  const bytes = unseal(value, where);
  try {
    const block = readLogBlock(new WireReader(bytes));
    if (block.firstIndex !== firstIndex) throw corrupt(`${where} says that it begins at entry ${block.firstIndex}`);
    checkEntries(firstIndex, block, where);
    return block;
  } catch (error) {
    if (error instanceof TerrariumError && error.code === "PROTOCOL_ERROR") {
      throw corrupt(`${where} cannot be read (${error.message})`);
    }
    throw error;
  }
}

function checkEntries(firstIndex: Index, block: LogBlock, where: string): void {
  if (block.entries.length === 0) throw corrupt(`${where} is empty`);
  let index = firstIndex;
  let term = block.prevTerm;
  for (const entry of block.entries) {
    if (entry.index !== index) throw corrupt(`${where} holds entry ${entry.index} in the place of entry ${index}`);
    if (entry.term < term)
      throw corrupt(`${where} holds entry ${index} of term ${entry.term} after one of term ${term}`);
    term = entry.term;
    index++;
  }
  if (term > block.currentTerm) throw corrupt(`${where} of term ${block.currentTerm} holds an entry of term ${term}`);
}

function firstIndexOf(entries: readonly Entry[]): Index {
  const first = entries[0];
  assert(first !== undefined, "a log block holds an entry");
  return first.index;
}
