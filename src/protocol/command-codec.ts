/** Commands of the state machine: `Command` of proto/log.proto. */
import type { Command, CommandBody } from "../znode/commands.ts";
import { addCommandTimeMs, readCommand, writeCommand } from "./generated/log.ts";
import { malformed, serverIdMax } from "./wire.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

const writer = new WireWriter();

/**
 * Bytes of a command that has no time yet: the form in which it travels to the leader. `origin` is the id of the
 * proposing server, `proposal` its number for the proposal.
 */
export function encodeCommand(body: CommandBody, origin: number, proposal: number): Uint8Array {
  writer.begin();
  writeCommand(writer, { timeMs: 0, origin, proposal, body });
  return writer.finish();
}

/**
 * The command with the leader's time, Unix milliseconds. A protobuf message followed by more of its fields is again
 * that message, and the last value of a field counts: so the time goes behind what the origin encoded.
 */
export function stampCommand(bytes: Uint8Array, timeMs: number): Uint8Array {
  writer.begin();
  addCommandTimeMs(writer, timeMs);
  writer.raw(bytes);
  return writer.finish();
}

/**
 * Reads a command; its password or data is a view on `bytes`. PROTOCOL_ERROR if it is malformed, or of a later version:
 * a server that does not know what the others do must not go on as if it did.
 */
export function decodeCommand(bytes: Uint8Array): Command {
  const command = readCommand(new WireReader(bytes, false));
  if (command.origin > serverIdMax) throw malformed(`a command of server ${command.origin}`);
  return command;
}
