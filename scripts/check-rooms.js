// Enforces the plan of the house: who may import whom, and what the pure rooms may not touch (docs: "How it is laid
// out"). Reads tokens, not types, so it is quick and needs no compiler.

import { readdirSync, readFileSync } from "node:fs";
import { posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The rooms. `imports`: rooms whose code it may use. `types`: rooms of which it may use types only. `packages`: what it
 * may import from outside; "node:" stands for Node's own modules. `pure`: no clock, no timer, no promise, no Node.
 */
const rooms = {
  base: { imports: [], types: [], packages: [], pure: true },
  raft: { imports: ["base"], types: [], packages: [], pure: true },
  znode: { imports: ["base"], types: [], packages: [], pure: true },
  protocol: { imports: ["base"], types: ["raft", "znode"], packages: [], pure: true },
  storage: { imports: ["base", "protocol", "znode"], types: ["raft"], packages: [], pure: true },
  "level-disk": { imports: ["base", "storage"], types: [], packages: ["level", "node:"], pure: false },
  node: { imports: ["base", "raft", "znode", "storage", "protocol"], types: [], packages: [], pure: true },
  session: { imports: ["base", "protocol"], types: [], packages: [], pure: true },
  // Files that are there whole or not at all.
  files: { imports: [], types: [], packages: ["node:"], pure: false },
  client: {
    imports: ["base", "protocol", "session", "files"],
    types: [],
    packages: ["@grpc/grpc-js", "node:"],
    pure: false,
  },
  kvctl: {
    imports: ["base", "client", "session", "files", "jute", "zookeeper-client"],
    types: [],
    packages: ["commander", "node:"],
    pure: false,
  },
  // What all doors share.
  doors: { imports: ["base"], types: ["node", "protocol"], packages: ["node:"], pure: false },
  rpc: {
    imports: ["base", "protocol", "doors"],
    types: ["node", "raft", "znode"],
    packages: ["@grpc/grpc-js", "node:"],
    pure: false,
  },
  // ZooKeeper's wire protocol: its records and frames, which both ends share, then either end.
  jute: { imports: ["base"], types: [], packages: [], pure: true },
  "zookeeper-client": { imports: ["base", "jute"], types: [], packages: ["node:"], pure: false },
  zookeeper: { imports: ["base", "doors", "jute"], types: ["node", "protocol"], packages: ["node:"], pure: false },
  http: {
    imports: ["base", "doors"],
    types: ["node", "raft"],
    packages: ["fastify", "prom-client", "node:"],
    pure: false,
  },
  server: {
    imports: ["base", "protocol", "storage", "level-disk", "node", "doors", "rpc", "zookeeper", "http"],
    types: ["raft", "znode"],
    packages: ["fastify", "pino", "node:"],
    pure: false,
  },
  // What the tutorial's exercises take out, and how each is graded.
  labs: {
    imports: ["base", "raft", "znode", "protocol", "node", "session", "sim"],
    types: [],
    packages: [],
    pure: true,
  },
  "labs-cli": {
    imports: ["base", "session", "client", "files", "sim", "sim-cli", "labs"],
    types: ["raft"],
    packages: ["esbuild", "node:"],
    pure: false,
  },
  main: { imports: ["base", "files", "server"], types: [], packages: ["commander", "node:"], pure: false },
  sim: {
    imports: ["base", "raft", "znode", "protocol", "storage", "node", "session"],
    types: [],
    packages: [],
    pure: true,
  },
  "sim-cli": {
    imports: ["base", "raft", "znode", "protocol", "storage", "node", "session", "files", "sim"],
    types: [],
    packages: ["acorn", "ast-v8-to-istanbul", "istanbul-lib-coverage", "fast-check", "esbuild", "typescript", "node:"],
    pure: false,
  },
  // What a picture of a cluster shows, simulated or live, and the element that draws it.
  "web-picture": { imports: [], types: [], packages: ["lit"], pure: false },
  // The playground sees what the simulator sees, and no Node.
  "web-play": {
    imports: ["base", "raft", "znode", "protocol", "storage", "node", "session", "sim", "web-picture"],
    types: [],
    packages: ["lit", "virtual:bugs", "virtual:rules", "virtual:scenes", "virtual:worker"],
    pure: false,
  },
  // A scene that plays within any page: the playground without its panels.
  "web-scene": { imports: ["sim", "web-picture", "web-play"], types: [], packages: ["lit"], pure: false },
  // The dashboard knows servers by what their HTTP door says.
  "web-dashboard": {
    imports: ["base", "web-picture"],
    types: ["http", "node"],
    packages: ["lit", "uplot"],
    pure: false,
  },
  bench: {
    imports: [
      "base",
      "protocol",
      "storage",
      "znode",
      "jute",
      "zookeeper-client",
      "zookeeper",
      "client",
      "session",
      "rpc",
      "support",
    ],
    types: ["raft"],
    packages: ["commander", "node:", "playwright-core", "@grpc/grpc-js"],
    pure: false,
  },
  // Starts real clusters for tests and benchmarks.
  support: {
    imports: ["base", "client", "session", "jute", "zookeeper-client"],
    types: [],
    packages: ["node:", "playwright-core", "protobufjs"],
    pure: false,
  },
};

/** Whether a file is part of the product or the simulator, and written by hand. */
const isOurs = (path) => /^(src|sim)\//.test(path) && !path.startsWith("src/protocol/generated/");

/** A file is one idea: this many lines are the most that it may have. */
const linesMax = 350;

/** The room of a file of the checkout; undefined where no rule applies. */
export function roomOf(path) {
  if (path === "src/main.ts") return "main";
  if (/^src\/storage\/level-(disk|errors|files|mark|space)\.ts$/.test(path)) return "level-disk";
  if (/^src\/zookeeper\/(jute|records|opcodes|errors|frames)\.ts$/.test(path)) return "jute";
  // The client's session logic is pure, so that the simulator can run it.
  if (/^src\/client\/session[^/]*\.ts$/.test(path)) return "session";
  if (/^test\/support\/.+\.ts$/.test(path)) return "support";
  if (/^sim\/((cli|hunt)\/.*|main|[^/]*-main|[^/]*-worker)\.ts$/.test(path)) return "sim-cli";
  if (/^labs\/(cli\/.*|main|[^/]*-worker)\.ts$/.test(path)) return "labs-cli";
  const page = /^web\/([^/]+)\/.+\.ts$/.exec(path);
  if (page !== null && Object.hasOwn(rooms, `web-${page[1]}`)) return `web-${page[1]}`;
  const match = /^(?:src\/([^/]+)|(sim|bench|labs))\/.+\.ts$/.exec(path);
  const name = match?.[1] ?? match?.[2];
  return name !== undefined && Object.hasOwn(rooms, name) ? name : undefined;
}

/** The wings of a room: files of one know nothing of the other wings; what they share lies in the room itself. */
const wings = /^(src\/node)\/(clients|peers|snapshots)\//;

const impureGlobals = new Set(
  (
    "Buffer process global globalThis setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate " +
    "queueMicrotask Date performance Promise async await console fetch require crypto structuredClone Worker"
  ).split(" "),
);

/** Words after which a slash begins a regular expression. */
const beforeRegex = new Set("return typeof case in of do else void delete throw new instanceof yield await".split(" "));

/** Splits TypeScript into words, strings and punctuation, without comments. Each token has its line, and where it begins. */
export function tokenize(text) {
  const tokens = [];
  let at = 0;
  let line = 1;
  // For each template that is open: the depth of braces around its substitution.
  const templates = [];
  let depth = 0;

  const push = (type, value) => tokens.push({ type, value, line, at });
  const skip = (count) => {
    for (let i = 0; i < count; i++) if (text[at + i] === "\n") line += 1;
    at += count;
  };
  const readString = (quote) => {
    let end = at + 1;
    while (end < text.length && text[end] !== quote && text[end] !== "\n") end += text[end] === "\\" ? 2 : 1;
    push("string", text.slice(at + 1, end));
    skip(end + 1 - at);
  };
  // From behind a backtick, or behind the brace that closes a substitution, to the next of either.
  const readTemplate = () => {
    let end = at;
    while (end < text.length && text[end] !== "`" && !(text[end] === "$" && text[end + 1] === "{")) {
      end += text[end] === "\\" ? 2 : 1;
    }
    push("template", text.slice(at, end));
    if (text[end] === "$") {
      templates.push(depth);
      depth += 1;
      skip(end + 2 - at);
    } else skip(end + 1 - at);
  };
  const regexEnd = () => {
    let end = at + 1;
    let inClass = false;
    while (end < text.length && text[end] !== "\n" && (inClass || text[end] !== "/")) {
      if (text[end] === "[") inClass = true;
      else if (text[end] === "]") inClass = false;
      end += text[end] === "\\" ? 2 : 1;
    }
    return end + 1;
  };
  const regexMayBegin = () => {
    const last = tokens.at(-1);
    if (last === undefined) return true;
    if (last.type === "word") return beforeRegex.has(last.value);
    return last.type === "punctuation" && !")]}".includes(last.value);
  };

  while (at < text.length) {
    const char = text[at];
    if (/\s/.test(char)) skip(1);
    else if (text.startsWith("//", at)) skip((text.indexOf("\n", at) + 1 || text.length + 1) - 1 - at);
    else if (text.startsWith("/*", at)) skip((text.indexOf("*/", at) + 2 || text.length + 1) - at);
    else if (char === '"' || char === "'") readString(char);
    else if (char === "`") {
      skip(1);
      readTemplate();
    } else if (char === "}" && templates.at(-1) === depth - 1) {
      templates.pop();
      depth -= 1;
      skip(1);
      readTemplate();
    } else if (char === "/" && regexMayBegin()) {
      push("regex", "");
      skip(regexEnd() - at);
    } else if (/[\p{ID_Start}$_#]/u.test(char)) {
      const word = /^[\p{ID_Continue}$_#]+/u.exec(text.slice(at, at + 200))?.[0] ?? char;
      push("word", word);
      skip(word.length);
    } else {
      if (char === "{") depth += 1;
      if (char === "}") depth -= 1;
      push("punctuation", char);
      skip(1);
    }
  }
  return tokens;
}

/** The imports among tokens: `{ specifier, typeOnly, line }`. */
export function importsOf(tokens) {
  const imports = [];
  tokens.forEach((token, i) => {
    if (token.type !== "string") return;
    const before = tokens[i - 1];
    if (before?.value === "(" && tokens[i - 2]?.value === "import") {
      // `import("x").T` in a type is written after a colon, a bar or an angle; a dynamic import loads code.
      imports.push({ specifier: token.value, typeOnly: false, line: token.line });
    } else if (before?.type === "word" && (before.value === "import" || before.value === "from")) {
      let start = i - 1;
      while (start > 0 && !(tokens[start].value === "import" || tokens[start].value === "export")) start -= 1;
      const names = tokens.slice(start + 1, i - 1);
      imports.push({ specifier: token.value, typeOnly: isTypeOnly(names), line: token.line });
    }
  });
  return imports;
}

/** `type { A, B }`, or `{ type A, type B }`. */
function isTypeOnly(names) {
  if (names[0]?.value === "type" && names.length > 1) return true;
  if (names[0]?.value !== "{") return false;
  const inner = names.slice(1, -1);
  const items = [];
  for (const token of inner) {
    if (token.value === ",") items.push([]);
    else {
      if (items.length === 0) items.push([]);
      items.at(-1).push(token.value);
    }
  }
  return items.filter((item) => item.length > 0).every((item) => item[0] === "type" && item.length > 1);
}

/**
 * Checks one file. `path` is relative to the checkout, with slashes. Returns its problems as `path:line: sentence`.
 */
export function checkFile(path, text) {
  const name = roomOf(path);
  if (name === undefined) return [];
  const room = rooms[name];
  const tokens = tokenize(text);
  const problems = [];
  const lines = text.split("\n").length - 1;
  if (isOurs(path) && lines > linesMax)
    problems.push(`${path}:${linesMax}: has ${lines} lines, more than ${linesMax}: split it by what it is about`);
  const problem = (line, sentence) => problems.push(`${path}:${line}: ${sentence}`);
  for (const { specifier, typeOnly, line } of importsOf(tokens)) {
    if (specifier.startsWith(".")) {
      const target = posix.normalize(posix.join(posix.dirname(path), specifier));
      const targetRoom = target.startsWith("src/protocol/generated/") ? "protocol" : roomOf(target);
      const [from, to] = [wings.exec(path), wings.exec(target)];
      if (from !== null && to !== null && from[0] !== to[0])
        problem(line, `${from[0]} may not import from ${to[0]} (${specifier})`);
      if (targetRoom === name) continue;
      if (targetRoom === undefined) problem(line, `${specifier} is in no room that code may import`);
      else if (room.imports.includes(targetRoom)) continue;
      else if (!room.types.includes(targetRoom)) problem(line, `${name} may not import ${targetRoom} (${specifier})`);
      else if (!typeOnly) problem(line, `${name} may import only types from ${targetRoom}: write \`import type\``);
    } else if (!room.packages.some((allowed) => matches(specifier, allowed))) {
      problem(line, `${name} may not import ${specifier}`);
    }
  }
  if (room.pure) for (const { line, what } of impurities(tokens)) problem(line, `${name} is pure: no ${what}`);
  return problems;
}

function matches(specifier, allowed) {
  if (allowed === "node:") return specifier.startsWith("node:");
  return specifier === allowed || specifier.startsWith(`${allowed}/`);
}

function impurities(tokens) {
  const found = [];
  tokens.forEach((token, i) => {
    if (token.type !== "word") return;
    const before = tokens[i - 1]?.value;
    const after = tokens[i + 1]?.value;
    if (token.value === "Math" && after === "." && tokens[i + 2]?.value === "random") {
      found.push({ line: token.line, what: "Math.random; randomness is passed in" });
      return;
    }
    if (!impureGlobals.has(token.value) || before === ".") return;
    // A member that merely has such a name.
    const isKey = after === ":" || (after === "?" && tokens[i + 2]?.value === ":");
    if (isKey && ["{", ",", ";", "readonly", "("].includes(before)) return;
    found.push({ line: token.line, what: token.value });
  });
  return found;
}

function sourceFiles() {
  const files = [];
  for (const top of ["src", "sim", "labs", "bench", "web"]) {
    for (const entry of readdirSync(`${root}${top}`, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts") || entry.name.endsWith(".d.ts")) continue;
      files.push(relative(root, `${entry.parentPath}/${entry.name}`).split(sep).join("/"));
    }
  }
  return files.sort();
}

/**
 * The circles of imports among files, types included: each a list of paths that lead to the next and the last to the first.
 * `imports`: by path, what it imports.
 */
export function circlesOf(imports) {
  const circles = [];
  const done = new Set();
  const visit = (path, way) => {
    const at = way.indexOf(path);
    if (at >= 0) circles.push(way.slice(at));
    if (at >= 0 || done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return circles;
}

/** The classes and types that a file exports by a declaration of its own: `{ name, line }`. */
export function exportedTypes(tokens) {
  const words = new Set(["class", "interface", "type"]);
  return tokens.flatMap(({ value }, i) => {
    if (value !== "export") return [];
    const kind = tokens[i + 1]?.value === "abstract" ? i + 2 : i + 1;
    const name = tokens[kind + 1];
    return words.has(tokens[kind]?.value) && name?.type === "word" ? [{ name: name.value, line: name.line }] : [];
  });
}

/** One name for one thing: what two files of the servers, clients or simulator export under the same name. */
export function namesWithTwoMeanings(texts) {
  const problems = [];
  const first = new Map();
  for (const [path, text] of texts) {
    for (const { name, line } of exportedTypes(tokenize(text))) {
      const other = first.get(name);
      if (other === undefined) first.set(name, path);
      else problems.push(`${path}:${line}: ${name} is something else in ${other}; one name for one thing`);
    }
  }
  return problems;
}

/** By path, the files of the checkout that each file imports. */
function importGraph(files) {
  const graph = new Map();
  for (const path of files) {
    const specifiers = importsOf(tokenize(readFileSync(`${root}${path}`, "utf8"))).map(({ specifier }) => specifier);
    const relatives = specifiers.filter((specifier) => specifier.startsWith("."));
    graph.set(
      path,
      relatives.map((specifier) => posix.join(posix.dirname(path), specifier)),
    );
  }
  return graph;
}

/** Checks the whole checkout. Returns the problems. */
export function checkRooms() {
  const problems = [];
  for (const path of sourceFiles()) {
    if (roomOf(path) === undefined) problems.push(`${path}:1: is in no room; add its folder to scripts/check-rooms.js`);
    else problems.push(...checkFile(path, readFileSync(`${root}${path}`, "utf8")));
  }
  for (const circle of circlesOf(importGraph(sourceFiles())))
    problems.push(`${circle[0]}:1: imports itself, by way of ${[...circle.slice(1), circle[0]].join(", ")}`);
  const named = sourceFiles().filter(
    (path) => /^(src|sim)\//.test(path) && !path.startsWith("src/protocol/generated/"),
  );
  problems.push(...namesWithTwoMeanings(named.map((path) => [path, readFileSync(`${root}${path}`, "utf8")])));
  return problems;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = checkRooms();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`rooms: ${sourceFiles().length} files keep to the plan`);
}
