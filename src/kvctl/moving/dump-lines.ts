/** Znodes as lines of JSON, for people: one a line, parents before their children. */
import { type Acl, type AclItem, aclEqual, itemText } from "../../base/acl.ts";
import { itemOf } from "../../base/acl-words.ts";
import { bytesEqual, fromUtf8, utf8 } from "../../base/bytes.ts";
import { TerrariumError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { pathProblem, quotePath } from "../../base/paths.ts";
import { ttlProblem, type ZnodeKind } from "../../base/znode-kinds.ts";
import { closest } from "../../client/spelling.ts";
import { dataFields } from "../data.ts";
import type { MovedZnode } from "./trees.ts";

/** A line: data of a znode, of which each byte may take six, and its path. */
const lineBytesMax = 6 * limits.dataBytesMax + 64 * 1024;

/** The line of a znode, without its end. */
export function dumpLine({ path, data, kind, ttlMs, acl }: MovedZnode): string {
  const fields = dataFields(data);
  return JSON.stringify({
    path,
    ...(fields.encoding === "utf8" ? { data: fields.data } : { base64: fields.data }),
    ...(kind === undefined || kind === "persistent" ? {} : { kind }),
    ...(kind === "ttl" ? { ttlMs } : {}),
    ...(acl === undefined ? {} : { acl: acl.map(aclField) }),
  });
}

/** A line with its number, from 1. */
export interface NumberedLine {
  readonly line: number;
  readonly bytes: Uint8Array;
}

/** The lines of what comes in pieces; empty ones are counted and left out. USAGE if one is too long. */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedLine> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  let line = 1;
  const whole = (last: Uint8Array): NumberedLine | undefined => {
    const bytes = begun.length === 0 ? last : Buffer.concat([...begun, last]);
    begun = [];
    begunBytes = 0;
    const numbered = { line: line++, bytes };
    return bytes.every(isBlank) ? undefined : numbered;
  };
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(newline, from); end >= 0; end = piece.indexOf(newline, from)) {
      const next = whole(piece.subarray(from, end));
      if (next !== undefined) yield next;
      from = end + 1;
    }
    begun.push(piece.subarray(from));
    begunBytes += piece.length - from;
    if (begunBytes > lineBytesMax)
      throw malformedLine(line, `it has more than ${lineBytesMax} bytes, which no znode takes`);
  }
  const last = whole(new Uint8Array());
  if (last !== undefined) yield last;
}

const newline = 0x0a;

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x09;
}

/** The error for a line. */
export function malformedLine(line: number, reason: string): TerrariumError {
  return new TerrariumError("USAGE", `line ${line}: ${reason}`, "see `kvctl load --help` for what a line is");
}

/** The znode of a line. USAGE, with its number and a reason, if it is none. */
export function parseDumpLine({ line, bytes }: NumberedLine): MovedZnode {
  const malformed = (reason: string): TerrariumError => malformedLine(line, reason);
  const text = fromUtf8(bytes);
  if (!bytesEqual(utf8(text), bytes)) throw malformed("it is not valid UTF-8");
  const fields = objectOf(text, malformed);
  for (const name of Object.keys(fields)) {
    if (keys.includes(name)) continue;
    const meant = closest(name, keys);
    const suggestion = meant === undefined ? `there are ${keys.join(", ")}` : `did you mean "${meant}"?`;
    throw malformed(`nothing is called ${JSON.stringify(name)} here; ${suggestion}`);
  }
  const { path } = fields;
  if (typeof path !== "string") throw malformed(`"path" is ${path === undefined ? "missing" : "no text"}`);
  const problem = pathProblem(path);
  if (problem !== undefined) throw malformed(`the path ${quotePath(path)} is refused: ${problem}`);
  const data = dataOf(fields, malformed);
  if (data.length > limits.dataBytesMax)
    throw malformed(`its data has ${data.length} bytes, and a znode at most ${limits.dataBytesMax}`);
  return { path, data, ...kindOfLine(fields, malformed), acl: aclOf(fields, malformed) };
}

const keys: readonly string[] = ["path", "data", "base64", "kind", "ttlMs", "acl"];
type Fields = Readonly<Record<string, unknown>>;
type Malformed = (reason: string) => TerrariumError;

function objectOf(text: string, malformed: Malformed): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed(`it is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("it is no JSON object");
  return Object.fromEntries(Object.entries(value));
}

function dataOf({ data, base64 }: Fields, malformed: Malformed): Uint8Array {
  if (data !== undefined && base64 !== undefined) throw malformed('it has both "data" and "base64"');
  if (base64 === undefined) {
    if (data !== undefined && typeof data !== "string") throw malformed('"data" is no text');
    if (data !== undefined && fromUtf8(utf8(data)) !== data)
      throw malformed('"data" has half of a surrogate pair: give bytes that are no text as "base64"');
    return utf8(data ?? "");
  }
  const bytes = typeof base64 === "string" ? Buffer.from(base64, "base64") : undefined;
  if (bytes === undefined || bytes.toString("base64") !== base64) throw malformed('"base64" is no base64');
  return bytes;
}

const kinds: readonly ZnodeKind[] = ["persistent", "container", "ttl"];

function kindOfLine({ kind = "persistent", ttlMs }: Fields, malformed: Malformed): Pick<MovedZnode, "kind" | "ttlMs"> {
  const known = kinds.find((name) => name === kind);
  if (known === undefined) throw malformed(`the kind ${JSON.stringify(kind)} is none of ${kinds.join(", ")}`);
  if ((known === "ttl") !== (ttlMs !== undefined)) throw malformed('the kind "ttl" and "ttlMs" go together');
  if (ttlMs === undefined) return { kind: known, ttlMs: 0 };
  const problem = typeof ttlMs === "number" ? ttlProblem(ttlMs) : "it is no number";
  if (typeof ttlMs !== "number" || problem !== undefined) throw malformed(`"ttlMs" is refused: ${problem}`);
  return { kind: known, ttlMs };
}

/** An item as people write it; what has no such form, as its parts. */
function aclField(item: AclItem): string | AclItem {
  const text = itemText(item);
  const again = itemOf(text);
  return typeof again !== "string" && aclEqual([again], [item]) ? text : item;
}

function aclOf({ acl }: Fields, malformed: Malformed): Acl | undefined {
  if (acl === undefined) return undefined;
  const wrong = 'an "acl" is a list of items such as "world:anyone:cdrwa"';
  if (!Array.isArray(acl) || acl.length === 0) throw malformed(wrong);
  return acl.map((item: unknown) => {
    if (typeof item === "string") {
      const parsed = itemOf(item);
      if (typeof parsed === "string") throw malformed(`${wrong}: ${parsed}`);
      return parsed;
    }
    if (typeof item !== "object" || item === null) throw malformed(wrong);
    const { perms, scheme, id, ...others }: Record<string, unknown> = { ...item };
    const isItem = typeof perms === "number" && (perms | 0) === perms && Object.keys(others).length === 0;
    if (!isItem || typeof scheme !== "string" || typeof id !== "string") throw malformed(wrong);
    return { perms, scheme, id };
  });
}
