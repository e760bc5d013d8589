/** What a command says. Many checkers ask, at each server that has it: it is decoded once. */
import { decodeCommand } from "../../src/protocol/command-codec.ts";
import type { Command } from "../../src/znode/commands.ts";

/** By the bytes themselves, which servers share unless they travel as bytes. */
const known = new WeakMap<Uint8Array, Command>();

/** The command of these bytes, which nobody changes afterwards; PROTOCOL_ERROR if they are none. */
export function commandOf(bytes: Uint8Array): Command {
  const before = known.get(bytes);
  if (before !== undefined) return before;
  const command = decodeCommand(bytes);
  known.set(bytes, command);
  return command;
}
