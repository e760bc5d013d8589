/** Numbers of watch kinds and watch event types: `WatchKind` and `WatchEvent.Type` of proto/client.proto. */
import type { WatchEvent, WatchEventType, WatchKind } from "../base/operations.ts";
import { lengthTag, malformed, numberTag } from "./wire.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

const kinds: readonly WatchKind[] = ["data", "exist", "children"];
const types: readonly WatchEventType[] = ["created", "deleted", "dataChanged", "childrenChanged", "resync"];

/** The number of a kind on the wire. */
export function watchKindNumber(kind: WatchKind): number {
  return kinds.indexOf(kind);
}

/** The kind with a number. */
export function readWatchKind(number: number): WatchKind {
  const kind = kinds[number];
  if (kind === undefined) throw malformed(`a watch of unknown kind ${number}`);
  return kind;
}

/** Writes the fields of `event`. */
export function writeWatchEvent(writer: WireWriter, event: WatchEvent): void {
  writer.uint(4, watchKindNumber(event.kind));
  writer.string(3, event.path);
  writer.uint(2, event.zxid);
  writer.uint(1, types.indexOf(event.type));
}

/** Reads the message under way as a watch event. */
export function readWatchEvent(reader: WireReader): WatchEvent {
  let typeNumber = 0;
  let zxid = 0;
  let path = "";
  let kindNumber = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) typeNumber = reader.uint();
    else if (tag === numberTag(2)) zxid = reader.uint();
    else if (tag === lengthTag(3)) path = reader.string();
    else if (tag === numberTag(4)) kindNumber = reader.uint();
    else reader.skip(tag);
  }
  const type = types[typeNumber];
  if (type === undefined) throw malformed(`a watch event of unknown type ${typeNumber}`);
  return { type, path, zxid, kind: readWatchKind(kindNumber) };
}
