/** What clients and servers say to each other: `ClientFrame` and `ServerFrame` of proto/client.proto. */
import type { ClientMessage, ServerMessage } from "./client-messages.ts";
import {
  boundOfClientMessage,
  boundOfServerMessage,
  readClientFrame,
  readServerFrame,
  writeClientFrame,
  writeServerFrame,
} from "./generated/client.ts";
import { frameItemBytes, malformed, serverIdMax } from "./wire.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

const writer = new WireWriter();

/** At most so many bytes does `message` take in a frame. */
export function clientMessageBytes(message: ClientMessage): number {
  return frameItemBytes + boundOfClientMessage(message);
}

/** One frame with the messages, in order. */
export function encodeClientFrame(messages: readonly ClientMessage[]): Uint8Array {
  writer.begin();
  writeClientFrame(writer, messages);
  return writer.finish();
}

/** Reads a frame; data and passwords are views on `bytes`. PROTOCOL_ERROR if it is malformed. */
export function decodeClientFrame(bytes: Uint8Array): readonly ClientMessage[] {
  return readClientFrame(new WireReader(bytes));
}

/** At most so many bytes does `message` take in a frame. */
export function serverMessageBytes(message: ServerMessage): number {
  return frameItemBytes + boundOfServerMessage(message);
}

/** One frame with the messages, in order. */
export function encodeServerFrame(messages: readonly ServerMessage[]): Uint8Array {
  writer.begin();
  writeServerFrame(writer, messages);
  return writer.finish();
}

/** Reads a frame; data and passwords are views on `bytes`. PROTOCOL_ERROR if it is malformed. */
export function decodeServerFrame(bytes: Uint8Array): readonly ServerMessage[] {
  const messages = readServerFrame(new WireReader(bytes));
  for (const message of messages) checkServerMessage(message);
  return messages;
}

function checkServerMessage(message: ServerMessage): void {
  if (message.type === "connected" && message.serverId > serverIdMax) {
    throw malformed(`a connection to server ${message.serverId}`);
  }
}
