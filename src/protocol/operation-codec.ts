/** Operations on the tree: the same bytes in a client's request and in the log. */
import { emptyBytes } from "../base/bytes.ts";
import type { Operation } from "../base/operations.ts";
import { lengthTag, malformed, numberTag } from "./wire.ts";
import type { WireReader } from "./wire-reader.ts";
import type { WireWriter } from "./wire-writer.ts";

const CREATE = 1;
const DELETE = 2;
const SET_DATA = 3;

/** Writes `operation` as the nested message `field`. */
export function writeOperation(writer: WireWriter, field: number, operation: Operation): void {
  const mark = writer.mark();
  switch (operation.op) {
    case "create":
      writer.bool(4, operation.sequential);
      writer.bool(3, operation.ephemeral);
      writer.bytes(2, operation.data);
      writer.string(1, operation.path);
      writer.nest(CREATE, mark);
      break;
    case "delete":
      writer.sint32(2, operation.version);
      writer.string(1, operation.path);
      writer.nest(DELETE, mark);
      break;
    case "setData":
      writer.sint32(3, operation.version);
      writer.bytes(2, operation.data);
      writer.string(1, operation.path);
      writer.nest(SET_DATA, mark);
      break;
  }
  writer.nest(field, mark);
}

/** Reads a nested Operation. Its data is a view on the reader's bytes. */
export function readOperation(reader: WireReader): Operation {
  let operation: Operation | undefined;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    switch (tag) {
      case lengthTag(CREATE):
        operation = readCreate(reader);
        break;
      case lengthTag(DELETE):
        operation = readDelete(reader);
        break;
      case lengthTag(SET_DATA):
        operation = readSetData(reader);
        break;
      default:
        reader.skip(tag);
    }
  }
  reader.leave(outer);
  if (operation === undefined) throw malformed("an operation of no known kind");
  return operation;
}

function readCreate(reader: WireReader): Operation {
  let path = "";
  let data = emptyBytes;
  let ephemeral = false;
  let sequential = false;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) path = reader.string();
    else if (tag === lengthTag(2)) data = reader.bytes();
    else if (tag === numberTag(3)) ephemeral = reader.bool();
    else if (tag === numberTag(4)) sequential = reader.bool();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { op: "create", path, data, ephemeral, sequential };
}

function readDelete(reader: WireReader): Operation {
  let path = "";
  let version = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) path = reader.string();
    else if (tag === numberTag(2)) version = reader.sint32();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { op: "delete", path, version };
}

function readSetData(reader: WireReader): Operation {
  let path = "";
  let data = emptyBytes;
  let version = 0;
  const outer = reader.enter();
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) path = reader.string();
    else if (tag === lengthTag(2)) data = reader.bytes();
    else if (tag === numberTag(3)) version = reader.sint32();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { op: "setData", path, data, version };
}
