/** What follows from the rows of single operations (`operations.ts`) for any, which may consist of several. */
import { type Acl, aclBytes } from "./acl.ts";
import { utf8Length } from "./bytes.ts";
import { limits } from "./limits.ts";
import {
  type MultiOperation,
  type MultiPart,
  type MultiParts,
  type Operation,
  operationTraits,
  type PartName,
  type PartOf,
  type Result,
} from "./operations.ts";
import type { Read } from "./reads.ts";

/** The data that one part brings along. */
export function dataOf<N extends PartName>(part: PartOf<N>): Uint8Array {
  return operationTraits[part.op].data(part);
}

/** The version that one part expects of its znode; -1 = any. */
export function versionOf<N extends PartName>(part: PartOf<N>): number {
  return operationTraits[part.op].version(part);
}

/** The path that one part names. */
export function pathOf(part: MultiPart): string {
  if (part.op === "createWithAcl") return part.create.path;
  return part.op === "unsupported" ? "" : part.path;
}

/** The list that one part brings along, if it does. */
export function aclOf(part: MultiPart): Acl {
  return part.op === "createWithAcl" || part.op === "setAcl" ? part.acl : [];
}

/** What an operation consists of: itself, unless it is a multi. */
export function partsOf(operation: Operation): readonly MultiPart[] {
  return operation.op === "multi" ? operation.parts : [operation];
}

/** What a request, and each part of one, counts for besides its paths and data, bytes. */
export const requestOverheadBytes = 64;

/** Bytes of an operation, about: paths and data, and something for each part, which takes room though it has neither. */
export function bytesIn(operation: Operation): number {
  let bytes = requestOverheadBytes;
  for (const part of partsOf(operation)) bytes += requestOverheadBytes + bytesInPart(part);
  return bytes;
}

/** Bytes of one part, about: path, data and list. */
export function bytesInPart(part: MultiPart): number {
  return utf8Length(pathOf(part)) + dataOf(part).length + aclBytes(aclOf(part));
}

/** Bytes of a read, counted as those of an operation. */
export function bytesInRead({ path, after = "", parts = [] }: Read): number {
  let bytes = requestOverheadBytes + utf8Length(path) + utf8Length(after);
  for (const part of parts) bytes += requestOverheadBytes + utf8Length(part.path);
  return bytes;
}

/**
 * As how many requests an operation counts towards `limits.outstandingRequestsMax`: a multi as one for each of its parts,
 * unless it has so many that it is refused, which is one answer.
 */
export function requestsIn(operation: Operation): number {
  const parts = operation.op === "multi" ? operation.parts.length : 1;
  return parts > limits.multiPartsMax ? 1 : Math.max(1, parts);
}

/** As how many an answer counts, while it is remembered. */
export function answersIn(result: Result): number {
  return result.failure === undefined && result.results !== undefined ? Math.max(1, result.results.length) : 1;
}

/** An operation without its data and lists, as it goes through the log to be refused for want of disk; undefined: it needs none. */
export function withoutData(operation: Operation): Operation | undefined {
  return operation.op === "multi" ? multiWithoutData(operation) : partWithoutData(operation);
}

function partWithoutData<N extends PartName>(part: PartOf<N>): MultiParts[N] | undefined {
  return operationTraits[part.op].withoutData?.(part);
}

/** One part that needs room is enough: they are done together, or not at all. */
function multiWithoutData({ op, parts }: MultiOperation): MultiOperation | undefined {
  if (!parts.some((part) => partWithoutData(part) !== undefined)) return undefined;
  return { op, parts: parts.map((part) => partWithoutData(part) ?? part) };
}

/** An operation in words: `setData /a = "x" if its version is 3`, where `shown` makes ` = "x"` of its data. */
export function inWords(operation: Operation, shown: (data: Uint8Array) => string): string {
  if (operation.op !== "multi") return partInWords(operation, shown);
  return `multi (${operation.parts.map((part) => partInWords(part, shown)).join("; ")})`;
}

function partInWords<N extends PartName>(part: PartOf<N>, shown: (data: Uint8Array) => string): string {
  return operationTraits[part.op].words(part, shown(dataOf(part)));
}

/** An operation in few words: what, and where. */
export function inShort(operation: Operation | MultiPart): string {
  if (operation.op === "multi") return `multi (${operation.parts.map(inShort).join("; ")})`;
  if (operation.op === "createWithAcl") return inShort(operation.create);
  return operation.op === "unsupported" ? operation.op : `${operation.op} ${operation.path}`;
}
