/** Text for a sentence on a terminal: what came from elsewhere (a file, a peer, a path) made fit for it, and numbers. */

/** What moves the cursor, rings the bell, or turns the direction of writing; line ends may stay. */
const unprintable = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** `text` with what no terminal should get to see written as `\xNN` or `\u{NNNN}`. */
export function printable(text: string): string {
  return text.replace(unprintable, (char) => {
    if (char === "\n") return char;
    const code = char.codePointAt(0) ?? 0;
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** `n` things: "1 session", "3 sessions". For nouns whose plural ends in "s". */
export function countOf(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
