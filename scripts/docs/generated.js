// Pages that are made of the code, whole: the reference, and the map of the paper. They are made of what was built, since
// that is what a user runs.

import { execFile, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { apiPage } from "./api.js";
import { paperMapPage } from "./paper-map.js";

/** Each with its text: `[path, text]`. What is wrong in their sources goes to `problems`, a sentence each. */
export async function generatedPages(root, problems) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.js")], { stdio: "ignore" });
  if (status !== 0) throw new Error("the build failed: node scripts/build.js tells why");
  const built = (path) => import(pathToFileURL(join(root, "dist", path)).href);
  const read = (path) => readFileSync(join(root, path), "utf8");
  checkRoutes(root, read, problems);
  return [
    ["docs/reference/kvctl.md", await kvctlPage(root)],
    ["docs/reference/configuration.md", await configurationPage(root)],
    ["docs/reference/limits.md", limitsPage(read, (await built("src/base/limits.js")).limits, problems)],
    ["docs/reference/errors.md", errorsPage(await built("src/base/errors.js"))],
    ["docs/reference/metrics.md", await metricsPage(await built("src/http/metrics.js"))],
    ["docs/reference/client.md", apiPage(read, problems)],
    ["docs/paper-map.md", await paperMapPage(root, read, built, problems)],
  ];
}

/** The first lines of a generated page. */
export function head(title, madeOf) {
  return `# ${title}\n\n<!-- Written by \`npm run docs:sync\`, from ${madeOf}. -->\n`;
}

/** A cell of a table. */
export function cell(text) {
  return text.replaceAll("|", "\\|").replace(/\s+/g, " ").trim();
}

/** A table's lines. */
export function table(columns, rows) {
  const line = (cells) => `| ${cells.map((text) => cell(String(text))).join(" | ")} |`;
  return [line(columns), `|${columns.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** What `PROGRAM … --help` prints, in lines of 80 columns. */
function helpOf(root, program, words) {
  const env = { ...process.env, COLUMNS: "80", NO_COLOR: "1" };
  return new Promise((done, fail) =>
    execFile(process.execPath, [join(root, "bin", program), ...words, "--help"], { env }, (error, text, said) =>
      error === null
        ? done(text.trimEnd())
        : fail(new Error(`bin/${program} ${[...words, "--help"].join(" ")}: ${said.trim()}`)),
    ),
  );
}

/** Names of the commands that a help lists. */
function commandsIn(help) {
  const [, list = ""] = /\nCommands:\n([\s\S]*?)(?:\n\n|$)/.exec(help) ?? [];
  return [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name).filter((name) => name !== "help");
}

/** What kvctl says of itself. Rejects with a sentence that names the command whose help fails. */
export async function kvctlPage(root) {
  const whole = await helpOf(root, "kvctl.js", []);
  const pages = await inTurns(commandsIn(whole), async (name) => {
    const help = await helpOf(root, "kvctl.js", [name]);
    const below = await inTurns(commandsIn(help), (sub) => helpOf(root, "kvctl.js", [name, sub]));
    return [`## kvctl ${name}`, block(help), ...below.map(block)].join("\n\n");
  });
  const intro = "`kvctl` is the command line of a cluster. What follows is what `kvctl help COMMAND` prints.";
  return `${head("kvctl", "its own help")}\n${intro}\n\n${block(whole)}\n\n${pages.join("\n\n")}\n`;
}

async function configurationPage(root) {
  const names = ["serve", "restore", "recover"];
  const helps = await inTurns(names, (name) => helpOf(root, "terrarium.js", [name]));
  const sections = names.map((name, i) => `## terrarium ${name}\n\n${block(helps[i])}`);
  const cluster = spawnSync(join(root, "cluster.sh"), ["help"], { cwd: root, encoding: "utf8" }).stdout.trimEnd();
  return `${head("Configuration", "the programs' own help")}
A server is configured by the flags of \`terrarium serve\` and by nothing else: there is no file. What cannot be
configured is in [limits](limits.md). How to run a cluster is told in [operations](../operations.md).

${sections.join("\n\n")}

## cluster.sh

A cluster on one machine, for trying things out.

${block(cluster)}
`;
}

function block(text) {
  return `\`\`\`text\n${text}\n\`\`\``;
}

/** Two at a time: each is a process. */
async function inTurns(items, act) {
  const results = [];
  for (let i = 0; i < items.length; i += 2) results.push(...(await Promise.all(items.slice(i, i + 2).map(act))));
  return results;
}

const limitsFile = "src/base/limits.ts";

/** The limits with their comments. One that has a comment neither of its own nor above it goes to `problems`. */
export function limitsPage(read, limits, problems) {
  const source = read(limitsFile);
  const rows = [];
  let comment = "";
  const begin = Math.max(0, source.indexOf("export const limits"));
  for (const { 1: doc, 2: name, index } of source.slice(begin).matchAll(/\/\*\*([\s\S]*?)\*\/|^ {2}(\w+):/gm)) {
    if (doc !== undefined) comment = doc.replace(/^\s*\*/gm, "").trim();
    else if (Object.hasOwn(limits, name)) {
      const line = source.slice(0, begin + index).split("\n").length;
      if (comment === "" && rows.length === 0) problems.push(`${limitsFile}:${line}: ${name} has no doc comment`);
      rows.push([`\`${name}\``, limits[name].toLocaleString("en-US"), comment || '"']);
      comment = "";
    }
  }
  for (const name of Object.keys(limits))
    if (!rows.some(([shown]) => shown === `\`${name}\``)) problems.push(`${limitsFile}:1: ${name} is not found there`);
  return `${head("Limits", "src/base/limits.ts")}
The limits that users may meet. No flag changes them; reaching one gives a typed error, backpressure or, between servers,
lost messages, never more memory. A limit's unit is in its name or its sentence; " stands for the sentence above.

${table(["name", "value", "what"], rows)}
`;
}

function errorsPage({ errorCodes, errorMessage, errorHint, errorClass }) {
  const rows = errorCodes.map((code) => [`\`${code}\``, errorClass(code), errorMessage(code), errorHint(code)]);
  return `${head("Errors", "src/base/errors.ts")}
Every error has a stable code, a sentence that says what happened, and a hint that says what to do. The message that you
see often says more than the one here. \`kvctl --json\`, the client's \`TerrariumError\` and gRPC carry the code. What is
*refused* ends kvctl with exit code 1, *usage* with 2, *unavailable* with 3.

${table(["code", "kind", "what happened", "what to do"], rows)}
`;
}

async function metricsPage({ createMetrics }) {
  // A status of which every number is 0: names and helps are the same whatever a server does.
  const status = new Proxy({}, { get: (_, name) => (name === "members" ? [] : 0) });
  const source = {
    status: () => status,
    peers: () => new Map(),
    doors: () => ({}),
    logDropped: () => 0,
    outOfFiles: () => 0,
    quotas: () => ({ over: 0, passed: 0, refused: 0 }),
  };
  const text = await createMetrics(source).scrape();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));
  const rows = [...text.matchAll(/^# HELP (terrarium_\S+) (.+)$/gm)].map(([, name, help]) => [
    `\`${name}\``,
    types.get(name),
    help,
  ]);
  return `${head("Metrics", "the registry that a server fills")}
\`/metrics\` of a server's HTTP address, in the text format of Prometheus. Watch \`terrarium_ready\` first. Beside these there
are those that \`prom-client\` keeps of every Node process (\`process_…\`, \`nodejs_…\`).

${table(["metric", "type", "what"], rows)}
`;
}

/** Every route of the HTTP door is told of in the reference, and none that is not there. */
export function checkRoutes(root, read, problems) {
  const page = "docs/reference/http.md";
  const told = placesOf(read(page), /^## `GET (\/\S*)`/gm);
  const there = new Map();
  for (const name of readdirSync(join(root, "src/http"))) {
    const path = `src/http/${name}`;
    for (const [route, line] of placesOf(read(path), /\b(?:server\.get|read)\("(\/[^"]*)"/g))
      there.set(route, { path, line });
  }
  for (const [route, { path, line }] of there)
    if (!told.has(route)) problems.push(`${path}:${line}: GET ${route} has no section in ${page}`);
  for (const [route, line] of told)
    if (!there.has(route)) problems.push(`${page}:${line}: there is no GET ${route} in src/http`);
}

/** What a pattern finds in a text: by its first group, the line. */
function placesOf(text, pattern) {
  const found = [...text.matchAll(pattern)];
  return new Map(found.map(({ 1: what, index }) => [what, text.slice(0, index).split("\n").length]));
}
