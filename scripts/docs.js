// Keeps the documentation true. `npm run docs:check` fails, naming page and line, where an excerpt is no longer what the
// source says, a transcript no longer what the command prints, a console session goes another way, a generated page is
// old, or a link or a name leads nowhere. `npm run docs:sync` puts the present code and output in, so that the prose
// around them can be read again. `--quick` leaves the sessions with real servers out; pages named behind it are looked
// at alone.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, isStale } from "./build.js";
import { generatedPages } from "./docs/generated.js";
import { unfitLength } from "./docs/length.js";
import { anchorsOf, linksOf } from "./docs/links.js";
import { declares, filesNamedIn, scriptsNamedIn } from "./docs/mentions.js";
import { blocksOf, codeBody, normalised, runOf, shownPart, unkeptOf, withBodies } from "./docs/page.js";
import { sceneProblems } from "./docs/scenes.js";
import { commandsOf, Session, sessionBody } from "./docs/session.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const readSource = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined);
const npmScripts = JSON.parse(readSource("package.json")).scripts;

const [mode, ...rest] = process.argv.slice(2);
if (mode !== "check" && mode !== "sync") {
  console.error("node scripts/docs.js check|sync [--quick] [PAGE…]");
  process.exit(2);
}
const quick = rest.includes("--quick");
const only = rest.filter((word) => word !== "--quick");
const sync = mode === "sync";

/** README, CHANGELOG and everything in docs/. */
function pages() {
  const found = ["README.md", "CHANGELOG.md"];
  for (const entry of readdirSync(join(root, "docs"), { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(entry.parentPath, entry.name));
    if (entry.isFile() && path.endsWith(".md") && !path.includes("node_modules")) found.push(path);
  }
  return found.sort();
}

/** By command, what it prints: a page may show several parts of one run, and pages are visited side by side. */
const printed = new Map();

/** Runs a program of the checkout: `npm run NAME -- …`, without npm's own lines. Rejects with a sentence. */
function output(command) {
  const known = printed.get(command) ?? run(command);
  printed.set(command, known);
  return known;
}

function run(command) {
  const [npm, word, name, ...words] = command.split(" ");
  const script = npmScripts[name];
  if (npm !== "npm" || word !== "run" || script === undefined)
    return Promise.reject(new Error(`"${command}" is no script of this project`));
  const args = [...script.split(" "), ...(words[0] === "--" ? words.slice(1) : words)].slice(1);
  return new Promise((done, refuse) => {
    execFile(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : error.code;
      // With a bug planted, a promise is to break.
      if (status === (words.includes("--mutant") ? 1 : 0)) done(stdout);
      else refuse(new Error(`"${command}" ended with ${status}: ${stderr.trim().split("\n").at(-1)}`));
    });
  });
}

/** What a block should say, or undefined if it says so already. `session` gives the page's shell. Throws a sentence. */
async function wanted({ kind, what, body }, session) {
  if (kind === "shown") return undefined;
  if (body === undefined) throw new Error("no block follows: put an empty one there and run npm run docs:sync");
  if (kind === "session") {
    if (quick) return undefined;
    const first = /^first (.+)$/.exec(what)?.[1];
    const should = sessionBody(await (await session()).play(commandsOf(body), first));
    return should === body ? undefined : should;
  }
  const run = kind === "run" ? runOf(what) : undefined;
  const should = run === undefined ? codeBody(what, readSource) : shownPart(normalised(await output(run.command)), run);
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

/** Decisions go by their numbers. */
function isThere(path) {
  if (existsSync(join(root, path))) return true;
  const number = /^docs\/decisions\/(\d+)$/.exec(path)?.[1];
  return (
    number !== undefined && readdirSync(join(root, "docs/decisions")).some((name) => name.startsWith(`${number}-`))
  );
}

/** What was may be named in the history of changes. */
const ofThePast = new Set(["CHANGELOG.md"]);

function checkMentions(page, text) {
  const problems = [];
  for (const { line, script } of scriptsNamedIn(text))
    if (!Object.hasOwn(npmScripts, script)) problems.push(`${page}:${line}: there is no script ${script}`);
  if (ofThePast.has(page)) return problems;
  for (const { line, path, symbol } of filesNamedIn(text)) {
    if (!isThere(path)) problems.push(`${page}:${line}: there is no ${path}`);
    else if (symbol !== undefined && !declares(readSource(path), symbol))
      problems.push(`${page}:${line}: ${path} declares no ${symbol}`);
  }
  for (const line of unkeptOf(text))
    problems.push(
      `${page}:${line}: typed commands that nobody tries: put <!-- session --> above, or <!-- shown: why -->`,
    );
  return problems;
}

function checkLength(page, text) {
  const wrong = /^docs\/tutorial\/\d\d-/.test(page) ? unfitLength(text) : undefined;
  return wrong === undefined ? [] : [`${page}:1: ${wrong}`];
}

const sceneNames = readdirSync(join(root, "sim/scenes")).flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? []);

function checkScenes(page, text) {
  return sceneProblems(text, sceneNames).map(({ line, message }) => `${page}:${line}: ${message}`);
}

/** Returns the problems of one page; with `sync`, mends those that can be. */
async function visit(page) {
  const text = readSource(page);
  const checks = [checkLinks, checkMentions, checkLength, checkScenes];
  const problems = checks.flatMap((check) => check(page, text));
  const blocks = blocksOf(text);
  const bodies = [];
  let shell;
  const session = async () => (shell ??= await Session.open(root));
  try {
    for (const block of blocks) {
      const at = `${page}:${block.line}: ${block.what}`;
      let body;
      try {
        body = await wanted(block, session);
        if (body !== undefined && sync) console.log(`${at}: put in anew`);
        else if (body !== undefined) {
          problems.push(`${at} is another now: npm run docs:sync, then read the page again`);
          if (block.kind === "session") problems.push(`  it says:\n${body.replace(/^/gm, "    ")}`);
        }
      } catch (error) {
        problems.push(`${page}:${block.line}: ${error.message}`);
      }
      bodies.push(body);
    }
  } finally {
    await shell?.close();
  }
  const renewed = withBodies(text, blocks, bodies);
  if (sync && renewed !== text) writeFileSync(join(root, page), renewed);
  return problems;
}

/** Visits as many pages at once as a small machine has processors; returns their problems in the order of the pages. */
async function visitAll(some) {
  const found = some.map(() => []);
  let next = 0;
  const walk = async () => {
    while (next < some.length) {
      const i = next++;
      found[i] = await visit(some[i]);
    }
  };
  await Promise.all([walk(), walk()]);
  return found.flat();
}

/** Pages that are made of the code: those that are old. */
async function visitGenerated() {
  const problems = [];
  let pages = [];
  try {
    pages = await generatedPages(root, problems);
  } catch (error) {
    problems.push(error.message);
  }
  // A page made of what is wrong would be wrong.
  if (problems.length > 0) return problems;
  for (const [page, text] of pages) {
    if (readSource(page) === text) continue;
    if (sync) {
      mkdirSync(dirname(join(root, page)), { recursive: true });
      writeFileSync(join(root, page), text);
      console.log(`${page}: made anew`);
    } else problems.push(`${page}:1: what it is made of has changed: npm run docs:sync`);
  }
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

// Once, before programs of the checkout run side by side.
if (isStale()) await build();
const problems = only.length > 0 ? [] : await visitGenerated();
const all = pages();
if (only.length === 0) problems.push(...checkDecisions(all));
problems.push(...(await visitAll(only.length > 0 ? only : all)));
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`docs: ${only.length || all.length} pages are true to the code`);
