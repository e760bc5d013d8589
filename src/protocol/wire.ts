/**
 * The protobuf wire format, as little of it as the messages of `proto/` need, and what the code that `scripts/proto.js`
 * generates from them uses. One write of a client takes some ten codec steps across three servers: protobufjs' own code,
 * which makes an object for every message and 64-bit halves for every number, is two to seven times as slow.
 */

import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** Wire type of numbers. */
export const VARINT = 0;
/** Wire type of whatever has a length. */
export const LENGTH_DELIMITED = 2;

/** Wire types of numbers that always take four or eight bytes. */
export const FIXED32 = 5;
export const FIXED64 = 1;

/** Tag of a field that holds a number, as {@link WireReader.tag} returns it. */
export function numberTag(field: number): number {
  return (field << 3) | VARINT;
}

/** Tag of a field that holds bytes, a string, a message or a packed list. */
export function lengthTag(field: number): number {
  return (field << 3) | LENGTH_DELIMITED;
}

/** Tag and length of a message in a frame, at most. */
export const frameItemBytes = 6;

/** Servers have the ids from 1 to this one. */
export const serverIdMax: number = limits.serverIdMax;

/** The error of every decoder. */
export function malformed(what: string): TerrariumError {
  return new TerrariumError("PROTOCOL_ERROR", `malformed message: ${what}`);
}

/** The name of a number on the wire. PROTOCOL_ERROR if this version knows none; `what` names the enum. */
export function named<T extends string>(names: readonly T[], number: number, what: string): T {
  const name = names[number];
  if (name === undefined) throw malformed(`${what} ${number} is not known`);
  return name;
}

/** A type whose properties may be set while a value is made. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Whether two unions of strings are the same. */
export type Same<A, B> = [A, B] extends [B, A] ? true : false;

/** Compiles only if `T` is `true`. */
export type True<T extends true> = T;
