/** A znode's data as a reader wants to see them: text, JSON or hex. Data are text here, and never markup. Pure. */
import { shown } from "./words.ts";

export type DataForm = "text" | "json" | "hex";

/** A piece of data: `bytes` begin at byte `at` of `total`. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly total: number;
}

/** The bytes of base64 text. */
export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

/** The piece as text; undefined if it is no UTF-8. A character that is cut at either end is left out. */
export function textOf({ bytes, at, total }: Piece): string | undefined {
  let begin = 0;
  // Bytes that go on with a character of the piece before.
  while (at > 0 && begin < 3 && ((bytes[begin] ?? 0) & 0xc0) === 0x80) begin += 1;
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(bytes.subarray(begin), { stream: at + bytes.length < total });
  } catch {
    return undefined;
  }
}

/** Forms in which the piece can be shown, the one that tells most first. */
export function formsOf(piece: Piece): readonly DataForm[] {
  const text = textOf(piece);
  if (text === undefined) return ["hex"];
  return isJson(piece, text) ? ["json", "text", "hex"] : ["text", "hex"];
}

/** Only what is there from beginning to end, and has a structure: a bare number is as good as text. */
function isJson({ bytes, at, total }: Piece, text: string): boolean {
  if (at > 0 || bytes.length < total || !/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The piece in one of its forms. */
export function dataShown(piece: Piece, form: DataForm): string {
  const text = form === "hex" ? undefined : textOf(piece);
  if (text === undefined) return hexOf(piece);
  return shown(form === "json" ? indented(text) : text);
}

/** Deeper than this, lines are not indented further. */
const depthMax = 20;

/**
 * JSON with a line for each value. Put right by its own characters, so that each number and string stays as it is: to
 * parse and to print it anew would round large numbers.
 */
function indented(json: string): string {
  let out = "";
  let depth = 0;
  const line = (): string => `\n${"  ".repeat(Math.min(depth, depthMax))}`;
  for (const token of json.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gs) ?? []) {
    if (token === "{" || token === "[") {
      depth += 1;
      out += token + line();
    } else if (token === "}" || token === "]") {
      depth -= 1;
      // Nothing in between: on one line.
      out = /[[{]\s*$/.test(out.slice(-depthMax * 2 - 4)) ? out.trimEnd() + token : out + line() + token;
    } else if (token === ",") out += token + line();
    else out += token === ":" ? ": " : token;
  }
  return out;
}

/** Rows of sixteen bytes: place, bytes, and what of it are characters of ASCII. */
function hexOf({ bytes, at }: Piece): string {
  const rows: string[] = [];
  for (let i = 0; i < bytes.length; i += 16) {
    const row = [...bytes.subarray(i, i + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0"));
    const halves = `${hex.slice(0, 8).join(" ").padEnd(23)}  ${hex.slice(8).join(" ").padEnd(23)}`;
    const chars = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    rows.push(`${(at + i).toString(16).padStart(6, "0")}  ${halves}  ${chars}`);
  }
  return rows.join("\n");
}
