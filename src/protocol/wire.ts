/**
 * The protobuf wire format, as little of it as the messages of `proto/` need. One write of a client takes some ten
 * codec steps across three servers. The generated code, which makes an object for every message and 64-bit halves for
 * every number, needs about a microsecond for each, by hand it is less than half of that: so frames, entries, commands
 * and log blocks are written and read by hand, the rest by the generated code. Tests hold the two against each other.
 */
import { TerrariumError } from "../base/errors.ts";

/** Wire type of numbers. */
export const VARINT = 0;
/** Wire type of whatever has a length. */
export const LENGTH_DELIMITED = 2;

/** Tag of a field that holds a number, as {@link WireReader.tag} returns it. */
export function numberTag(field: number): number {
  return (field << 3) | VARINT;
}

/** Tag of a field that holds bytes, a string, a message or a packed list. */
export function lengthTag(field: number): number {
  return (field << 3) | LENGTH_DELIMITED;
}

/** The error of every decoder. */
export function malformed(what: string): TerrariumError {
  return new TerrariumError("PROTOCOL_ERROR", `malformed message: ${what}`);
}
