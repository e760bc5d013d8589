/** What servers answer to clients: `ServerFrame` of proto/client.proto. */
import { unreachable } from "../base/assert.ts";
import { emptyBytes } from "../base/bytes.ts";
import { isErrorCode } from "../base/errors.ts";
import type { Failure, Result, Stat, Success } from "../base/operations.ts";
import type { Connected, Pong, Reply, ServerMessage } from "./client-messages.ts";
import { readFrame } from "./frame.ts";
import { readWatchEvent, writeWatchEvent } from "./watch-codec.ts";
import { lengthTag, malformed, numberTag } from "./wire.ts";
import type { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

const MESSAGES = 1;
const CONNECTED = 1;
const REFUSED = 2;
const REPLY = 3;
const EVENT = 4;
const PONG = 5;

/** More than the numbers, tags and lengths of any message take, a Stat included. */
const fixedBytes = 160;
/** Tag and length of a name. */
const itemBytes = 6;

const writer = new WireWriter();

/** At most so many bytes does `message` take in a frame. */
export function serverMessageBytes(message: ServerMessage): number {
  switch (message.type) {
    case "connected":
      return fixedBytes + message.password.length + 3 * message.clusterId.length;
    case "refused":
      return fixedBytes + failureBytes(message.failure);
    case "reply":
      return fixedBytes + resultBytes(message.result);
    case "event":
      return fixedBytes + 3 * message.event.path.length;
    case "pong":
      return fixedBytes;
  }
}

function failureBytes(failure: Failure): number {
  return 3 * (failure.code.length + failure.message.length);
}

function resultBytes(result: Result): number {
  if (result.failure !== undefined) return failureBytes(result.failure);
  let bytes = 3 * (result.path?.length ?? 0) + (result.data?.length ?? 0);
  for (const name of result.children ?? []) bytes += itemBytes + 3 * name.length;
  return bytes;
}

/** One frame with the messages, in order. */
export function encodeServerFrame(messages: readonly ServerMessage[]): Uint8Array {
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
export function decodeServerFrame(bytes: Uint8Array): ServerMessage[] {
  return readFrame(bytes, readMessage);
}

/** Writes the fields of `message` and returns the number of its alternative. */
function writeMessage(message: ServerMessage): number {
  switch (message.type) {
    case "connected":
      writer.uint(8, message.instance);
      writer.string(7, message.clusterId);
      writer.uint(6, message.zxid);
      writer.uint(5, message.lastRequestId);
      writer.uint(4, message.serverId);
      writer.uint(3, message.timeoutMs);
      writer.bytes(2, message.password);
      writer.uint(1, message.sessionId);
      return CONNECTED;
    case "refused":
      writeFailure(message.failure);
      return REFUSED;
    case "reply":
      writeResult(message.result);
      writer.uint(2, message.zxid);
      writer.uint(1, message.xid);
      return REPLY;
    case "event":
      writeWatchEvent(writer, message.event);
      return EVENT;
    case "pong":
      writer.bool(2, message.quorum);
      writer.uint(1, message.number);
      return PONG;
    default:
      return unreachable(message);
  }
}

function writeFailure(failure: Failure): void {
  writer.string(2, failure.message);
  writer.string(1, failure.code);
}

function writeResult(result: Result): void {
  const mark = writer.mark();
  if (result.failure !== undefined) {
    writeFailure(result.failure);
    writer.nest(3, mark);
    return;
  }
  if (result.children !== undefined) {
    writer.bool(2, result.more ?? false);
    for (let i = result.children.length - 1; i >= 0; i--) writer.presentString(1, result.children[i] ?? "");
    writer.nest(7, mark);
  }
  if (result.data !== undefined) writer.presentBytes(6, result.data);
  if (result.stat !== undefined) writeStat(result.stat);
  if (result.path !== undefined) writer.presentString(4, result.path);
}

function writeStat(stat: Stat): void {
  const mark = writer.mark();
  writer.uint(11, stat.numChildren);
  writer.uint(10, stat.dataLength);
  writer.uint(9, stat.ephemeralOwner);
  writer.int32(8, stat.aversion);
  writer.int32(7, stat.cversion);
  writer.int32(6, stat.version);
  writer.uint(5, stat.mtime);
  writer.uint(4, stat.ctime);
  writer.uint(3, stat.pzxid);
  writer.uint(2, stat.mzxid);
  writer.uint(1, stat.czxid);
  writer.nest(5, mark);
}

function readMessage(reader: WireReader, tag: number): ServerMessage | undefined {
  switch (tag) {
    case lengthTag(CONNECTED):
      return readConnected(reader);
    case lengthTag(REFUSED):
      return { type: "refused", failure: readFailure(reader) };
    case lengthTag(REPLY):
      return readReply(reader);
    case lengthTag(EVENT):
      return { type: "event", event: readWatchEvent(reader) };
    case lengthTag(PONG):
      return readPong(reader);
    default:
      return undefined;
  }
}

function readConnected(reader: WireReader): Connected {
  let sessionId = 0;
  let password = emptyBytes;
  let timeoutMs = 0;
  let serverId = 0;
  let lastRequestId = 0;
  let zxid = 0;
  let clusterId = "";
  let instance = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) sessionId = reader.uint();
    else if (tag === lengthTag(2)) password = reader.bytes();
    else if (tag === numberTag(3)) timeoutMs = reader.uint32();
    else if (tag === numberTag(4)) serverId = reader.uintMax(255);
    else if (tag === numberTag(5)) lastRequestId = reader.uint();
    else if (tag === numberTag(6)) zxid = reader.uint();
    else if (tag === lengthTag(7)) clusterId = reader.string();
    else if (tag === numberTag(8)) instance = reader.uint();
    else reader.skip(tag);
  }
  return { type: "connected", sessionId, password, timeoutMs, serverId, lastRequestId, zxid, clusterId, instance };
}

function readFailure(reader: WireReader): Failure {
  let code = "";
  let message = "";
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) code = reader.string();
    else if (tag === lengthTag(2)) message = reader.string();
    else reader.skip(tag);
  }
  if (!isErrorCode(code)) throw malformed("a refusal with an unknown code");
  return { code, message };
}

function readReply(reader: WireReader): Reply {
  let xid = 0;
  let zxid = 0;
  let failure: Failure | undefined;
  const success: { -readonly [K in "path" | "stat" | "data" | "children" | "more"]?: NonNullable<Success[K]> } = {};
  while (reader.more()) {
    const tag = reader.tag();
    switch (tag) {
      case numberTag(1):
        xid = reader.uint();
        break;
      case numberTag(2):
        zxid = reader.uint();
        break;
      case lengthTag(3): {
        const outer = reader.enter();
        failure = readFailure(reader);
        reader.leave(outer);
        break;
      }
      case lengthTag(4):
        success.path = reader.string();
        break;
      case lengthTag(5):
        success.stat = readStat(reader);
        break;
      case lengthTag(6):
        success.data = reader.bytes();
        break;
      case lengthTag(7):
        readNames(reader, success);
        break;
      default:
        reader.skip(tag);
    }
  }
  return { type: "reply", xid, zxid, result: failure === undefined ? success : { failure } };
}

function readNames(reader: WireReader, success: { children?: readonly string[]; more?: boolean }): void {
  const names: string[] = [];
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) names.push(reader.string());
    else if (tag === numberTag(2)) success.more = reader.bool();
    else reader.skip(tag);
  }
  reader.leave(outer);
  success.children = names;
}

function readStat(reader: WireReader): Stat {
  const stat = {
    czxid: 0,
    mzxid: 0,
    pzxid: 0,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: 0,
    dataLength: 0,
    numChildren: 0,
  };
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) stat.czxid = reader.uint();
    else if (tag === numberTag(2)) stat.mzxid = reader.uint();
    else if (tag === numberTag(3)) stat.pzxid = reader.uint();
    else if (tag === numberTag(4)) stat.ctime = reader.uint();
    else if (tag === numberTag(5)) stat.mtime = reader.uint();
    else if (tag === numberTag(6)) stat.version = reader.int32();
    else if (tag === numberTag(7)) stat.cversion = reader.int32();
    else if (tag === numberTag(8)) stat.aversion = reader.int32();
    else if (tag === numberTag(9)) stat.ephemeralOwner = reader.uint();
    else if (tag === numberTag(10)) stat.dataLength = reader.uint32();
    else if (tag === numberTag(11)) stat.numChildren = reader.uint32();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return stat;
}

function readPong(reader: WireReader): Pong {
  let number = 0;
  let quorum = false;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) number = reader.uint();
    else if (tag === numberTag(2)) quorum = reader.bool();
    else reader.skip(tag);
  }
  return { type: "pong", number, quorum };
}
