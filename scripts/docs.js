// Keeps the documentation true. `npm run docs:check` fails, naming page and line, where an excerpt is no longer what the
// source says, a transcript no longer what the command prints, or a link leads nowhere. `npm run docs:sync` puts the
// present code and output in, so that the prose around them can be read again.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { anchorsOf, linksOf } from "./docs/links.js";
import { blocksOf, codeBody, normalised, runOf, shownPart, withBodies } from "./docs/page.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const readSource = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined);

/** README, CHANGELOG and everything in docs/. */
function pages() {
  const found = ["README.md", "CHANGELOG.md"];
  for (const entry of readdirSync(join(root, "docs"), { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name.endsWith(".md")) found.push(relative(root, join(entry.parentPath, entry.name)));
  return found.sort();
}

/** By command, what it printed: a page may show several parts of one run. */
const printed = new Map();

/** Runs a program of the checkout: `npm run NAME -- …`, without npm's own lines. Throws a sentence. */
function output(command) {
  const known = printed.get(command);
  if (known !== undefined) return known;
  const [npm, run, name, ...rest] = command.split(" ");
  const script = JSON.parse(readSource("package.json")).scripts[name];
  if (npm !== "npm" || run !== "run" || script === undefined)
    throw new Error(`"${command}" is no script of this project`);
  const args = [...script.split(" "), ...(rest[0] === "--" ? rest.slice(1) : rest)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args.slice(1), { cwd: root, encoding: "utf8" });
  // With a bug planted, a promise is to break.
  if (status !== (rest.includes("--mutant") ? 1 : 0))
    throw new Error(`"${command}" ended with ${status}: ${stderr.trim().split("\n").at(-1)}`);
  printed.set(command, stdout);
  return stdout;
}

/** What a block should say, or undefined if it says so already. Throws a sentence. */
function wanted({ kind, what, body }) {
  if (body === undefined) throw new Error("no block follows: put an empty one there and run npm run docs:sync");
  if (kind === "code") {
    const should = codeBody(what, readSource);
    return should === body ? undefined : should;
  }
  const run = runOf(what);
  const should = shownPart(normalised(output(run.command)), run);
  return should === body ? undefined : should;
}

function checkLinks(page, text) {
  const problems = [];
  for (const { line, target, anchor } of linksOf(text)) {
    const file = target === "" ? page : relative(root, join(root, dirname(page), target));
    const path = join(root, file);
    if (!existsSync(path)) problems.push(`${page}:${line}: the link to ${target} leads nowhere`);
    else if (anchor !== undefined && file.endsWith(".md") && !anchorsOf(readFileSync(path, "utf8")).has(anchor))
      problems.push(`${page}:${line}: ${file} has no heading #${anchor}`);
  }
  return problems;
}

/** Returns the problems of one page; with `sync`, mends those that can be. */
function visit(page, sync) {
  const text = readFileSync(join(root, page), "utf8");
  const problems = checkLinks(page, text);
  const blocks = blocksOf(text);
  const bodies = blocks.map((block) => {
    try {
      const body = wanted(block);
      if (body !== undefined && !sync)
        problems.push(
          `${page}:${block.line}: ${block.what} is another now: npm run docs:sync, then read the page again`,
        );
      else if (body !== undefined) console.log(`${page}:${block.line}: ${block.what}: put in anew`);
      return body;
    } catch (error) {
      problems.push(`${page}:${block.line}: ${error.message}`);
      return undefined;
    }
  });
  const renewed = withBodies(text, blocks, bodies);
  if (sync && renewed !== text) writeFileSync(join(root, page), renewed);
  return problems;
}

/** A decision is named by its number, so each has its own. */
function checkDecisions(files) {
  const byNumber = new Map();
  const problems = [];
  for (const file of files) {
    const number = /^docs\/decisions\/(\d+)-/.exec(file)?.[1];
    if (number === undefined) continue;
    const other = byNumber.get(number);
    if (other !== undefined) problems.push(`${file}:1: ${other} has the number ${number} too: take the next free one`);
    byNumber.set(number, file);
  }
  return problems;
}

const mode = process.argv[2];
if (mode !== "check" && mode !== "sync") {
  console.error("node scripts/docs.js check|sync");
  process.exit(2);
}
const all = pages();
const problems = [...checkDecisions(all), ...all.flatMap((page) => visit(page, mode === "sync"))];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`docs: ${all.length} pages are true to the code`);
