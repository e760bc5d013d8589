/**
 * Words of a shell line, by a small part of POSIX quoting: blanks separate; '…' keeps everything; "…" keeps everything
 * but \" and \\; elsewhere \ keeps the next character; # at the start of a word begins a comment.
 */
import { usage } from "./failures.ts";

/** How the last word of a line was quoted where the line ends. */
export type Quote = "" | "'" | '"';

interface Scan {
  readonly words: string[];
  /** Where the last word starts in the line; its end if the line ends between words. */
  readonly start: number;
  /** The last word, or "" between words. */
  readonly last: string;
  /** The quote that is still open at the end. */
  readonly open: Quote;
  /** The line ends in a lone backslash. */
  readonly dangling: boolean;
  /** The line ends within a comment. */
  readonly comment: boolean;
}

function scan(line: string): Scan {
  const words: string[] = [];
  let word: string | undefined;
  let start = 0;
  let open: Quote = "";
  let dangling = false;
  let comment = false;
  for (let i = 0; i < line.length && !comment; i++) {
    const c = line.charAt(i);
    if (open === "" && /\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (word === undefined) {
      start = i;
      if (c === "#") {
        comment = true;
        break;
      }
      word = "";
    }
    if (c === open) open = "";
    else if (open === "" && (c === "'" || c === '"')) open = c;
    else if (c === "\\" && open !== "'") {
      const next = line.charAt(i + 1);
      dangling = next === "";
      if (open === "" || next === '"' || next === "\\") {
        word += next;
        i++;
      } else word += c;
    } else word += c;
  }
  if (word !== undefined) words.push(word);
  else start = line.length;
  return { words, start, last: word ?? "", open, dangling, comment };
}

/** The words of a line; an open quote or a backslash at the end is a usage error. */
export function splitWords(line: string): string[] {
  const { words, open, dangling } = scan(line);
  if (open !== "") throw usage(`the quote ${open} is not closed`, "close it, or put \\ before a quote that is data");
  if (dangling) throw usage("the line ends in a backslash", "write \\\\ for a backslash");
  return words;
}

/** The word under completion: what stands before it, its text, and its form in the line. */
export interface WordAtEnd {
  /** Words before it. */
  readonly before: readonly string[];
  /** The word, unquoted. */
  readonly text: string;
  /** The word as typed. */
  readonly raw: string;
  /** The quote still open at the end of the line. */
  readonly open: Quote;
}

/** The word that ends where the line ends, possibly empty. Undefined within a comment. */
export function wordAtEnd(line: string): WordAtEnd | undefined {
  const { words, start, last, open, comment } = scan(line);
  if (comment) return undefined;
  const raw = line.slice(start);
  return { before: raw === "" ? words : words.slice(0, -1), text: last, raw, open };
}

/** `text` so that {@link splitWords} gives it back, beginning in the given quote, which is left open. */
export function quoteWord(text: string, quote: Quote): string {
  if (quote === "'") return `'${text.replaceAll("'", "'\\''")}`;
  if (quote === '"') return `"${text.replace(/["\\]/g, "\\$&")}`;
  if (text === "") return "''";
  return text.replace(/[\s'"\\]|^#/g, "\\$&");
}
