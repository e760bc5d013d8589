/** What clients say: `ClientFrame` of proto/client.proto. What servers answer is in server-codec.ts. */
import { unreachable } from "../base/assert.ts";
import { emptyBytes } from "../base/bytes.ts";
import type { Read, ReadKind, WatchSpec } from "../base/operations.ts";
import type { ClientMessage, Connect, Ping, Request, RequestBody, SetWatches } from "./client-messages.ts";
import { readFrame } from "./frame.ts";
import { readOperation, writeOperation } from "./operation-codec.ts";
import { readWatchKind, watchKindNumber } from "./watch-codec.ts";
import { lengthTag, malformed, numberTag } from "./wire.ts";
import type { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

export { decodeServerFrame, encodeServerFrame, serverMessageBytes } from "./server-codec.ts";

const MESSAGES = 1;
const CONNECT = 1;
const REQUEST = 2;
const SET_WATCHES = 3;
const PING = 4;

const WRITE = 4;
const READ = 5;
const CLOSE = 6;

const readKinds: readonly ReadKind[] = ["getData", "exists", "getChildren", "sync"];

/** More than the numbers, tags and lengths of any message take. */
const fixedBytes = 96;
/** Tags and lengths of an item. */
const itemBytes = 10;

const writer = new WireWriter();

/** At most so many bytes does `message` take in a frame. */
export function clientMessageBytes(message: ClientMessage): number {
  switch (message.type) {
    case "connect":
      return fixedBytes + message.password.length;
    case "request":
      return fixedBytes + requestBodyBytes(message.body);
    case "setWatches": {
      let bytes = fixedBytes;
      for (const watch of message.watches) bytes += itemBytes + 3 * watch.path.length;
      return bytes;
    }
    case "ping":
      return fixedBytes;
  }
}

function requestBodyBytes(body: RequestBody): number {
  if (body.type === "close") return 0;
  if (body.type === "read") return 3 * (body.read.path.length + (body.read.after?.length ?? 0));
  const operation = body.operation;
  return 3 * operation.path.length + (operation.op === "delete" ? 0 : operation.data.length);
}

/** One frame with the messages, in order. */
export function encodeClientFrame(messages: readonly ClientMessage[]): Uint8Array {
  writer.begin();
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (message === undefined) continue;
    const mark = writer.mark();
    writer.nest(writeMessage(message), mark);
    writer.nest(MESSAGES, mark);
  }
  return writer.finish();
}

/** Reads a frame; data and passwords are views on `bytes`. PROTOCOL_ERROR if it is malformed. */
export function decodeClientFrame(bytes: Uint8Array): ClientMessage[] {
  return readFrame(bytes, readMessage);
}

/** Writes the fields of `message` and returns the number of its alternative. */
function writeMessage(message: ClientMessage): number {
  switch (message.type) {
    case "connect":
      writer.uint(8, message.instance);
      writer.bool(7, message.takeover);
      writer.uint(6, message.holder);
      writer.uint(5, message.lastZxid);
      writer.uint(4, message.timeoutMs);
      writer.bytes(3, message.password);
      writer.uint(2, message.sessionId);
      writer.uint(1, message.protocol);
      return CONNECT;
    case "request":
      writeRequestBody(message.body);
      writer.uint(3, message.ackedRequestId);
      writer.uint(2, message.requestId);
      writer.uint(1, message.xid);
      return REQUEST;
    case "setWatches":
      for (let i = message.watches.length - 1; i >= 0; i--) writeWatch(message.watches[i]);
      writer.uint(1, message.relativeZxid);
      return SET_WATCHES;
    case "ping":
      writer.uint(1, message.number);
      return PING;
    default:
      return unreachable(message);
  }
}

function writeRequestBody(body: RequestBody): void {
  const mark = writer.mark();
  switch (body.type) {
    case "write":
      writeOperation(writer, WRITE, body.operation);
      return;
    case "read":
      writer.uint(6, body.read.limit ?? 0);
      writer.string(5, body.read.after ?? "");
      writer.bool(4, body.read.local);
      writer.bool(3, body.read.watch);
      writer.string(2, body.read.path);
      writer.uint(1, readKinds.indexOf(body.read.kind));
      writer.nest(READ, mark);
      return;
    case "close":
      writer.nest(CLOSE, mark);
      return;
  }
}

function writeWatch(watch: WatchSpec | undefined): void {
  if (watch === undefined) return;
  const mark = writer.mark();
  writer.string(2, watch.path);
  writer.uint(1, watchKindNumber(watch.kind));
  writer.nest(2, mark);
}

function readMessage(reader: WireReader, tag: number): ClientMessage | undefined {
  switch (tag) {
    case lengthTag(CONNECT):
      return readConnect(reader);
    case lengthTag(REQUEST):
      return readRequest(reader);
    case lengthTag(SET_WATCHES):
      return readSetWatches(reader);
    case lengthTag(PING):
      return readPing(reader);
    default:
      return undefined;
  }
}

function readConnect(reader: WireReader): Connect {
  let protocol = 0;
  let sessionId = 0;
  let password = emptyBytes;
  let timeoutMs = 0;
  let lastZxid = 0;
  let holder = 0;
  let takeover = false;
  let instance = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) protocol = reader.uint32();
    else if (tag === numberTag(2)) sessionId = reader.uint();
    else if (tag === lengthTag(3)) password = reader.bytes();
    else if (tag === numberTag(4)) timeoutMs = reader.uint32();
    else if (tag === numberTag(5)) lastZxid = reader.uint();
    else if (tag === numberTag(6)) holder = reader.uint();
    else if (tag === numberTag(7)) takeover = reader.bool();
    else if (tag === numberTag(8)) instance = reader.uint();
    else reader.skip(tag);
  }
  return { type: "connect", protocol, sessionId, password, timeoutMs, lastZxid, holder, takeover, instance };
}

function readRequest(reader: WireReader): Request {
  let xid = 0;
  let requestId = 0;
  let ackedRequestId = 0;
  let body: RequestBody | undefined;
  while (reader.more()) {
    const tag = reader.tag();
    switch (tag) {
      case numberTag(1):
        xid = reader.uint();
        break;
      case numberTag(2):
        requestId = reader.uint();
        break;
      case numberTag(3):
        ackedRequestId = reader.uint();
        break;
      case lengthTag(WRITE):
        body = { type: "write", operation: readOperation(reader) };
        break;
      case lengthTag(READ):
        body = { type: "read", read: readRead(reader) };
        break;
      case lengthTag(CLOSE):
        reader.skip(tag);
        body = { type: "close" };
        break;
      default:
        reader.skip(tag);
    }
  }
  if (body === undefined) throw malformed("a request of no known kind");
  return { type: "request", xid, requestId, ackedRequestId, body };
}

function readRead(reader: WireReader): Read {
  let kindNumber = 0;
  let path = "";
  let watch = false;
  let local = false;
  let after = "";
  let limit = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) kindNumber = reader.uint();
    else if (tag === lengthTag(2)) path = reader.string();
    else if (tag === numberTag(3)) watch = reader.bool();
    else if (tag === numberTag(4)) local = reader.bool();
    else if (tag === lengthTag(5)) after = reader.string();
    else if (tag === numberTag(6)) limit = reader.uint32();
    else reader.skip(tag);
  }
  reader.leave(outer);
  const kind = readKinds[kindNumber];
  if (kind === undefined) throw malformed(`a read of unknown kind ${kindNumber}`);
  return limit === 0 ? { kind, path, watch, local } : { kind, path, watch, local, after, limit };
}

function readSetWatches(reader: WireReader): SetWatches {
  let relativeZxid = 0;
  const watches: WatchSpec[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) relativeZxid = reader.uint();
    else if (tag === lengthTag(2)) watches.push(readWatch(reader));
    else reader.skip(tag);
  }
  return { type: "setWatches", relativeZxid, watches };
}

function readWatch(reader: WireReader): WatchSpec {
  let kindNumber = 0;
  let path = "";
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) kindNumber = reader.uint();
    else if (tag === lengthTag(2)) path = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { kind: readWatchKind(kindNumber), path };
}

function readPing(reader: WireReader): Ping {
  let number = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) number = reader.uint();
    else reader.skip(tag);
  }
  return { type: "ping", number };
}
