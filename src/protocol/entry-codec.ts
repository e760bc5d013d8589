/** Log entries: `LogEntry` of proto/log.proto. */

import { unreachable } from "../base/assert.ts";
import { emptyBytes } from "../base/bytes.ts";
import type { Entry } from "../raft/types.ts";
import { decodeConfiguration, encodeConfiguration } from "./configuration-codec.ts";
import { lengthTag, malformed, numberTag } from "./wire.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

export { decodeConfiguration, encodeConfiguration };

const NOOP = 0;
const COMMAND = 1;
const CONFIGURATION = 2;

const writer = new WireWriter();

/** The entry's bytes, made once and kept in `entry.encoded`: for the disk and for every follower. */
export function encodeEntry(entry: Entry): Uint8Array {
  if (entry.encoded !== undefined) return entry.encoded;
  writer.begin();
  switch (entry.kind) {
    case "noop":
      break;
    case "command":
      writer.bytes(4, entry.data);
      writer.uint(3, COMMAND);
      break;
    case "configuration":
      writer.bytes(4, encodeConfiguration(entry.configuration));
      writer.uint(3, CONFIGURATION);
      break;
    default:
      unreachable(entry);
  }
  writer.uint(2, entry.term);
  writer.uint(1, entry.index);
  entry.encoded = writer.finish();
  return entry.encoded;
}

/** Reads an entry, which keeps `bytes` as its encoded form. PROTOCOL_ERROR if it is malformed. */
export function decodeEntry(bytes: Uint8Array): Entry {
  return readEntry(new WireReader(bytes));
}

/** Reads the message under way as an entry; its data and encoded form are views on the reader's bytes. */
export function readEntry(reader: WireReader): Entry {
  const encoded = reader.rest();
  let index = 0;
  let term = 0;
  let kind = NOOP;
  let data = emptyBytes;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) index = reader.uint();
    else if (tag === numberTag(2)) term = reader.uint();
    else if (tag === numberTag(3)) kind = reader.uint();
    else if (tag === lengthTag(4)) data = reader.bytes();
    else reader.skip(tag);
  }
  if (index === 0 || term === 0) throw malformed("a log entry without its index or term");
  switch (kind) {
    case NOOP:
      return { kind: "noop", index, term, encoded };
    case COMMAND:
      return { kind: "command", index, term, data, encoded };
    case CONFIGURATION:
      return { kind: "configuration", index, term, configuration: decodeConfiguration(data), encoded };
    default:
      throw malformed(`a log entry of unknown kind ${kind}`);
  }
}
