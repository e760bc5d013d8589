// The links of a page: those to files and headings of the checkout must lead somewhere.

/** The anchor that code hosts give a heading. */
export function anchorOf(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** Anchors of all headings of a page. */
export function anchorsOf(text) {
  const headings = withoutCode(text).matchAll(/^#{1,6} +(.+?)\s*$/gm);
  return new Set([...headings].map(([, heading]) => anchorOf(heading.replaceAll("`", ""))));
}

/** Relative links of a page: `{ line, target, anchor }`. */
export function linksOf(text) {
  const links = [];
  withoutCode(text)
    .split("\n")
    .forEach((line, i) => {
      for (const [, href] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(href)) continue;
        const [target = "", anchor] = href.split("#");
        links.push({ line: i + 1, target, anchor });
      }
    });
  return links;
}

/** Code blocks emptied, so that lines keep their numbers. */
function withoutCode(text) {
  return text.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ""));
}
