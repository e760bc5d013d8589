/** Text that somebody else wrote, as it may stand on a page: it can be long, and turn the direction of what is around it. */

/** Control characters, and those that change the direction of text or cannot be seen. */
const tricky = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** `text` with its tricky characters spelled out, and cut to about `max` characters. */
export function shown(text: string, max = 200): string {
  const cut = text.length > max ? `${text.slice(0, max).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return cut.replaceAll(tricky, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
