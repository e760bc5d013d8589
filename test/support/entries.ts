/** One log entry by itself, as it is within messages and log blocks. */
import { readEntry, writeEntry } from "../../src/protocol/entry-codec.ts";
import { WireReader } from "../../src/protocol/wire-reader.ts";
import { WireWriter } from "../../src/protocol/wire-writer.ts";
import type { Entry } from "../../src/raft/types.ts";

/** Its bytes. */
export function encodeEntry(entry: Entry): Uint8Array {
  const writer = new WireWriter().begin();
  writeEntry(writer, entry);
  return writer.finish();
}

/** Reads it; PROTOCOL_ERROR if it is malformed. */
export function decodeEntry(bytes: Uint8Array): Entry {
  return readEntry(new WireReader(bytes));
}
