/**
 * Log entries: `LogEntry` of proto/log.proto. An entry is encoded once and keeps its bytes, for the disk and for every
 * follower: so what is generated for the message is used here only.
 */
import { emptyBytes } from "../base/bytes.ts";
import type { Entry } from "../raft/types.ts";
import { decodeConfiguration, encodeConfiguration } from "./configuration-codec.ts";
import { readLogEntry, writeLogEntry } from "./generated/log.ts";
import { malformed } from "./wire.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

const writer = new WireWriter();

/** The entry's bytes, made once and kept in `entry.encoded`. */
export function encodeEntry(entry: Entry): Uint8Array {
  if (entry.encoded !== undefined) return entry.encoded;
  const { index, term, kind } = entry;
  const data = dataOf(entry);
  writer.begin();
  writeLogEntry(writer, { index, term, kind, data });
  entry.encoded = writer.finish();
  return entry.encoded;
}

function dataOf(entry: Entry): Uint8Array {
  switch (entry.kind) {
    case "noop":
      return emptyBytes;
    case "command":
      return entry.data;
    case "configuration":
      return encodeConfiguration(entry.configuration);
  }
}

/** Reads an entry, which keeps `bytes` as its encoded form. PROTOCOL_ERROR if it is malformed. */
export function decodeEntry(bytes: Uint8Array): Entry {
  return readEntry(new WireReader(bytes));
}

/** Reads the message under way as an entry; its data and encoded form are views on the reader's bytes. */
export function readEntry(reader: WireReader): Entry {
  const encoded = reader.rest();
  const { index, term, kind, data } = readLogEntry(reader);
  if (index === 0 || term === 0) throw malformed("a log entry without its index or term");
  switch (kind) {
    case "noop":
      return { kind, index, term, encoded };
    case "command":
      return { kind, index, term, data, encoded };
    case "configuration":
      return { kind, index, term, configuration: decodeConfiguration(data), encoded };
  }
}
