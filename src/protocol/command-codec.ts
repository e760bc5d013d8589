/** Commands of the state machine: `Command` of proto/log.proto. */
import type { Command, CommandBody } from "../znode/commands.ts";
import { addCommandTimeMs, readCommand, writeCommand } from "./generated/log.ts";
import { malformed, serverIdMax, VARINT } from "./wire.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

const writer = new WireWriter();

/** Number and wire type of `origin` and `proposal` in proto/log.proto. */
const originTag = (2 << 3) | VARINT;
const proposalTag = (3 << 3) | VARINT;

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

/**
 * Whose proposal a command is, and its number there, without reading what it does; PROTOCOL_ERROR if it is malformed so
 * far. Much less work than {@link decodeCommand}.
 */
export function proposalOf(bytes: Uint8Array): { readonly origin: number; readonly proposal: number } {
  const reader = new WireReader(bytes);
  let origin = 0;
  let proposal = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === originTag) origin = reader.uint32();
    else if (tag === proposalTag) {
      proposal = reader.uint();
      // Behind it comes what the command does.
      break;
    } else reader.skip(tag);
  }
  return { origin, proposal };
}
