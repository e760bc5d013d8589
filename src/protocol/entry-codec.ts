/**
 * Log entries: `LogEntry` of proto/log.proto. What of an entry is on the wire and on disk is the same at every server, and
 * is written anew each time: an entry that kept these bytes would take half as much memory again while it waits for the
 * checkpoint, and the collector would have that much more to copy.
 */
import { emptyBytes } from "../base/bytes.ts";
import type { CommandEntry, Entry } from "../raft/types.ts";
import { decodeConfiguration, encodeConfiguration } from "./configuration-codec.ts";
import { type LogEntry, readLogEntry, writeLogEntry } from "./generated/log.ts";
import { malformed } from "./wire.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

/** What all but its data takes at most: index, term, kind, and the length of the data, with their tags. */
const overheadBytes = 26;

/** At most so many bytes does an entry take. */
export function boundOfEntry(entry: Entry): number {
  return overheadBytes + (entry.kind === "command" ? entry.data.length : dataOf(entry).length);
}

/** Writes an entry. */
export function writeEntry(writer: WireWriter, entry: Entry): void {
  if (entry.kind === "command") return writeLogEntry(writer, entry);
  const { index, term, kind } = entry;
  writeLogEntry(writer, { index, term, kind, data: dataOf(entry) });
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

/** Reads the message under way as an entry; its data are a view on the reader's bytes. PROTOCOL_ERROR if it is malformed. */
export function readEntry(reader: WireReader): Entry {
  const message = readLogEntry(reader);
  const { index, term, kind, data } = message;
  if (index === 0 || term === 0) throw malformed("a log entry without its index or term");
  if (isCommand(message)) return message;
  return kind === "noop"
    ? { kind, index, term }
    : { kind: "configuration", index, term, configuration: decodeConfiguration(data) };
}

function isCommand(message: LogEntry): message is CommandEntry {
  return message.kind === "command";
}
