/** Long sentences on lines that a terminal shows whole. */

/** `text` in lines of at most `width` characters; `indent` begins each but the first. A longer word stays whole. */
export function wrap(text: string, width: number, indent: string): string[] {
  const [first = "", ...words] = text.split(" ");
  const lines: string[] = [];
  let line = first;
  for (const word of words) {
    if (line.trim() === "" || line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line];
}
