/** A frame is a list of messages, each one of several alternatives: `XFrame { repeated XMessage messages = 1; }`. */
import { lengthTag, malformed } from "./wire.ts";
import { WireReader } from "./wire-reader.ts";

/**
 * Reads a frame of messages. `readAlternative` reads the fields of the alternative with the tag given, and answers
 * undefined when it knows none such.
 */
export function readFrame<M>(
  bytes: Uint8Array,
  readAlternative: (reader: WireReader, tag: number) => M | undefined,
): M[] {
  const reader = new WireReader(bytes);
  const messages: M[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) messages.push(readOneOf(reader, readAlternative));
    else reader.skip(tag);
  }
  return messages;
}

/** Reads a nested message that holds one of several; the last one counts. */
function readOneOf<M>(reader: WireReader, readAlternative: (reader: WireReader, tag: number) => M | undefined): M {
  let message: M | undefined;
  const frame = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if ((tag & 7) !== 2) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter();
    message = readAlternative(reader, tag) ?? message;
    reader.leave(outer);
  }
  reader.leave(frame);
  if (message === undefined) throw malformed("a message of no known kind");
  return message;
}
