/** Commands of the state machine: `Command` of proto/log.proto. */
import { emptyBytes } from "../base/bytes.ts";
import type { Operation } from "../base/operations.ts";
import type { Command, CommandBody } from "../znode/commands.ts";
import { readOperation, writeOperation } from "./operation-codec.ts";
import { lengthTag, malformed, numberTag } from "./wire.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

const TIME_MS = 1;
const CREATE_SESSION = 4;
const ATTACH_SESSION = 5;
const CLOSE_SESSION = 6;
const EXPIRE_SESSIONS = 7;
const WRITE = 8;

const writer = new WireWriter();

/**
 * Bytes of a command that has no time yet: the form in which it travels to the leader. `origin` is the id of the
 * proposing server, `proposal` its number for the proposal.
 */
export function encodeCommand(body: CommandBody, origin: number, proposal: number): Uint8Array {
  writer.begin();
  writeBody(body);
  writer.uint(3, proposal);
  writer.uint(2, origin);
  return writer.finish();
}

/**
 * The command with the leader's time, Unix milliseconds. A protobuf message followed by more of its fields is again
 * that message, and the last value of a field counts: so the time goes behind what the origin encoded.
 */
export function stampCommand(bytes: Uint8Array, timeMs: number): Uint8Array {
  writer.begin();
  writer.varint(timeMs);
  writer.varint(numberTag(TIME_MS));
  writer.raw(bytes);
  return writer.finish();
}

/** Reads a command; its password or data is a view on `bytes`. PROTOCOL_ERROR if it is malformed. */
export function decodeCommand(bytes: Uint8Array): Command {
  const reader = new WireReader(bytes);
  let timeMs = 0;
  let origin = 0;
  let proposal = 0;
  let body: CommandBody | undefined;
  while (reader.more()) {
    const tag = reader.tag();
    switch (tag) {
      case numberTag(TIME_MS):
        timeMs = reader.uint();
        break;
      case numberTag(2):
        origin = reader.uintMax(255);
        break;
      case numberTag(3):
        proposal = reader.uint();
        break;
      case lengthTag(CREATE_SESSION):
        body = readCreateSession(reader);
        break;
      case lengthTag(ATTACH_SESSION):
        body = readAttachSession(reader);
        break;
      case lengthTag(CLOSE_SESSION):
        body = readCloseSession(reader);
        break;
      case lengthTag(EXPIRE_SESSIONS):
        body = readExpireSessions(reader);
        break;
      case lengthTag(WRITE):
        body = readWrite(reader);
        break;
      default:
        reader.skip(tag);
    }
  }
  if (body === undefined) throw malformed("a command of no known kind");
  return { timeMs, origin, proposal, body };
}

function writeBody(body: CommandBody): void {
  const mark = writer.mark();
  switch (body.type) {
    case "createSession":
      writer.uint(3, body.holder ?? 0);
      writer.uint(2, body.timeoutMs);
      writer.bytes(1, body.password);
      writer.nest(CREATE_SESSION, mark);
      return;
    case "attachSession":
      writer.bool(5, body.takeover ?? false);
      writer.uint(4, body.holder ?? 0);
      writer.uint(3, body.timeoutMs);
      writer.bytes(2, body.password);
      writer.uint(1, body.sessionId);
      writer.nest(ATTACH_SESSION, mark);
      return;
    case "closeSession":
      writer.uint(3, body.requestId);
      writer.uint(2, body.attachment);
      writer.uint(1, body.sessionId);
      writer.nest(CLOSE_SESSION, mark);
      return;
    case "expireSessions":
      for (const session of body.sessions.toReversed()) {
        const item = writer.mark();
        writer.uint(2, session.attachment);
        writer.uint(1, session.sessionId);
        writer.nest(1, item);
      }
      writer.nest(EXPIRE_SESSIONS, mark);
      return;
    case "write":
      writeOperation(writer, 5, body.operation);
      writer.uint(4, body.ackedRequestId);
      writer.uint(3, body.requestId);
      writer.uint(2, body.attachment);
      writer.uint(1, body.sessionId);
      writer.nest(WRITE, mark);
      return;
  }
}

function readCreateSession(reader: WireReader): CommandBody {
  let password = emptyBytes;
  let timeoutMs = 0;
  let holder = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) password = reader.bytes();
    else if (tag === numberTag(2)) timeoutMs = reader.uint32();
    else if (tag === numberTag(3)) holder = reader.uint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { type: "createSession", password, timeoutMs, holder };
}

function readAttachSession(reader: WireReader): CommandBody {
  let sessionId = 0;
  let password = emptyBytes;
  let timeoutMs = 0;
  let holder = 0;
  let takeover = false;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) sessionId = reader.uint();
    else if (tag === lengthTag(2)) password = reader.bytes();
    else if (tag === numberTag(3)) timeoutMs = reader.uint32();
    else if (tag === numberTag(4)) holder = reader.uint();
    else if (tag === numberTag(5)) takeover = reader.bool();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { type: "attachSession", sessionId, password, timeoutMs, holder, takeover };
}

function readCloseSession(reader: WireReader): CommandBody {
  let sessionId = 0;
  let attachment = 0;
  let requestId = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) sessionId = reader.uint();
    else if (tag === numberTag(2)) attachment = reader.uint();
    else if (tag === numberTag(3)) requestId = reader.uint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { type: "closeSession", sessionId, attachment, requestId };
}

function readExpireSessions(reader: WireReader): CommandBody {
  const sessions: { sessionId: number; attachment: number }[] = [];
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) sessions.push(readSessionAttachment(reader));
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { type: "expireSessions", sessions };
}

function readSessionAttachment(reader: WireReader): { sessionId: number; attachment: number } {
  let sessionId = 0;
  let attachment = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) sessionId = reader.uint();
    else if (tag === numberTag(2)) attachment = reader.uint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { sessionId, attachment };
}

function readWrite(reader: WireReader): CommandBody {
  let sessionId = 0;
  let attachment = 0;
  let requestId = 0;
  let ackedRequestId = 0;
  let operation: Operation | undefined;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) sessionId = reader.uint();
    else if (tag === numberTag(2)) attachment = reader.uint();
    else if (tag === numberTag(3)) requestId = reader.uint();
    else if (tag === numberTag(4)) ackedRequestId = reader.uint();
    else if (tag === lengthTag(5)) operation = readOperation(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (operation === undefined) throw malformed("a write without its operation");
  return { type: "write", sessionId, attachment, requestId, ackedRequestId, operation };
}
