// How long there is to read: `npm run docs:length` prints it, README shows it, and docs:check compares. Rounded, so that not
// every change of a line changes it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Words of prose and lines of code, comments or transcripts that are read in a minute, with thought. */
export const speed = { words: 200, lines: 10 };

const figure2 = ["raft", "term", "vote", "candidate", "log-matching", "follower", "leader", "commit"];

/** Words of a page's prose, and lines of its blocks. */
export function lengthOfPage(text) {
  let [words, lines, open] = [0, 0, false];
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) open = !open;
    else if (open) lines += 1;
    else if (!line.startsWith("<!--")) words += line.split(/\s+/).filter((word) => /\w/.test(word)).length;
  }
  return { words, lines };
}

/** Words of a chapter, excerpts and transcripts included. */
const chapterWords = { min: 1_500, max: 3_000 };

/** What is wrong with a chapter's length, in a sentence; undefined if nothing is. */
export function unfitLength(text) {
  const seen = text.split("\n").filter((line) => !line.startsWith("<!--") && !line.startsWith("```"));
  const words = seen.flatMap((line) => line.split(/\s+/)).filter((word) => /\w/.test(word)).length;
  if (words >= chapterWords.min && words <= chapterWords.max) return undefined;
  const range = `${chapterWords.min.toLocaleString("en-US")} to ${chapterWords.max.toLocaleString("en-US")}`;
  return `${words.toLocaleString("en-US")} words with what is quoted, where a chapter has ${range}`;
}

/** Lines of a source that are not empty. */
export function linesOfSource(text) {
  return text.split("\n").filter((line) => line.trim() !== "").length;
}

/** The table's line: rounded to hundreds, above a thousand to five hundreds, and to half hours. */
export function row(what, { words = 0, lines = 0 }) {
  const hours = Math.max(0.5, Math.round((words / speed.words + lines / speed.lines) / 30) / 2);
  const step = (n) => (n < 1000 ? 100 : 500);
  const rounded = (n) => (n === 0 ? "-" : (Math.round(n / step(n)) * step(n)).toLocaleString("en-US"));
  return `${what.padEnd(46)} ${rounded(words).padStart(7)} ${rounded(lines).padStart(7)} ${hours.toFixed(1).padStart(7)}`;
}

/** All of it. */
export function lengths(root) {
  const read = (path) => readFileSync(join(root, path), "utf8");
  const sum = (all) =>
    all.reduce((a, b) => ({ words: a.words + (b.words ?? 0), lines: a.lines + (b.lines ?? 0) }), {
      words: 0,
      lines: 0,
    });
  const sources = (folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => ({ name, lines: linesOfSource(read(join(folder, name))) }));
  const raft = sources("src/raft");
  const isOfFigure2 = ({ name }) => figure2.includes(name.replace(/\.ts$/, ""));
  const chapters = readdirSync(join(root, "docs/tutorial")).filter((name) => /^\d\d-/.test(name));
  return [
    `at ${speed.words} words of prose and ${speed.lines} lines of code or transcript a minute`,
    `${"".padEnd(46)} ${["words", "lines", "hours"].map((name) => name.padStart(7)).join(" ")}`,
    row("Figure 2: eight files of src/raft", sum(raft.filter(isOfFigure2))),
    row("the rest of src/raft", sum(raft.filter((one) => !isOfFigure2(one)))),
    row("the tree, src/znode", sum(sources("src/znode"))),
    row("the loop that drives both, src/node", sum(sources("src/node"))),
    row(
      `the course, ${chapters.length} chapters`,
      sum(chapters.map((name) => lengthOfPage(read(`docs/tutorial/${name}`)))),
    ),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  console.log(lengths(fileURLToPath(new URL("../..", import.meta.url))).join("\n"));
