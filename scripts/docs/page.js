// A page of the book: prose, with excerpts of the source and transcripts of commands that are kept as the code has them.
//
//   <!-- code: src/raft/vote.ts isUpToDate -->          before a ```ts block: the declaration, as it stands in the file
//   <!-- code: src/raft/vote.ts isUpToDate with doc --> the same with its doc comment
//   <!-- run: npm run sim -- --scene figure-8 -->       before a ```text block: what the command prints
//   <!-- run: … | from "n2 leads" | lines 5 -->         of that, from the first line with these words on, so many lines
//   <!-- session -->                                    before a ```console block: typed and printed lines, see session.js
//   <!-- shown: why it cannot be run -->                before a block with typed lines that is not kept

import { excerptOf } from "./excerpt.js";

const directive = /^<!-- (code|run|session|shown)(?:: (.+?))? -->$/;

/**
 * The kept blocks of a page: `{ line, kind, what, body, from, to }`. `line` is that of the directive, from 1; `from` and
 * `to` are the positions of the block's body among the page's lines. A directive without a block behind it has no body.
 */
export function blocksOf(text) {
  const lines = text.split("\n");
  const blocks = [];
  lines.forEach((line, i) => {
    const match = directive.exec(line);
    if (match === null) return;
    const fence = lines[i + 1] ?? "";
    const end = fence.startsWith("```") ? lines.indexOf("```", i + 2) : -1;
    const [from, to] = [i + 2, end];
    const body = end < 0 ? undefined : lines.slice(from, to).join("\n");
    blocks.push({ line: i + 1, kind: match[1], what: match[2] ?? match[1], body, from, to });
  });
  return blocks;
}

/** Lines (from 1) of blocks that show typed commands and are neither kept nor said to be only shown. */
export function unkeptOf(text) {
  const lines = text.split("\n");
  const unkept = [];
  let open = false;
  lines.forEach((line, i) => {
    if (!line.startsWith("```")) return;
    open = !open;
    if (open && lines[i + 1]?.startsWith("$ ") && !directive.test(lines[i - 1] ?? "")) unkept.push(i + 1);
  });
  return unkept;
}

/** The page with other bodies: `bodies` has one for each block, in order; undefined leaves it as it is. */
export function withBodies(text, blocks, bodies) {
  const lines = text.split("\n");
  for (let i = blocks.length - 1; i >= 0; i--) {
    const [block, body] = [blocks[i], bodies[i]];
    if (body === undefined || block.body === undefined) continue;
    lines.splice(block.from, block.to - block.from, ...body.split("\n"));
  }
  return lines.join("\n");
}

/** What a `code` block should say. `read` gives the text of a file of the checkout. Throws a sentence. */
export function codeBody(what, read) {
  const [path = "", name = "", ...rest] = what.split(" ");
  const text = read(path);
  if (text === undefined) throw new Error(`there is no file ${path}`);
  const excerpt = excerptOf(text, name, rest.join(" ") === "with doc");
  if (excerpt === undefined) throw new Error(`${path} declares no ${name}`);
  return `// ${path}\n${excerpt}`;
}

/** The command of a `run` block, and which part of its output is shown. */
export function runOf(what) {
  const [command = "", ...parts] = what.split(" | ");
  const run = { command, from: undefined, lines: Number.POSITIVE_INFINITY };
  for (const part of parts) {
    const from = /^from "(.+)"$/.exec(part)?.[1];
    const lines = /^lines (\d+)$/.exec(part)?.[1];
    if (from !== undefined) run.from = from;
    else if (lines !== undefined) run.lines = Number(lines);
    else throw new Error(`"${part}" is neither from "words" nor lines N`);
  }
  return run;
}

/** The part of what a command printed that a block shows. Throws a sentence. */
export function shownPart(printed, { from, lines }) {
  const all = printed.trimEnd().split("\n");
  const start = from === undefined ? 0 : all.findIndex((line) => line.includes(from));
  if (start < 0) throw new Error(`no line of the output has "${from}"`);
  return all
    .slice(start, start + lines)
    .map((line) => line.trimEnd())
    .join("\n");
}

/** Without what says nothing to a reader and is another whenever the code changes: speed, numbers of events, hashes. */
export function normalised(text) {
  return text
    .replace(/^[\d,]+ events\/s · [\d,]+× real time · trace hash .*/gm, "… events/s · …× real time · trace hash …")
    .replace(/( ms {2})#.{6} /g, "$1")
    .replace(/ \(event #\d+(, trace hash \w+)?\)/g, "");
}
