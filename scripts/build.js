// Compiles src/, sim/ and bench/ to dist/, and bundles web/, when they are newer than what is there. Safe to run twice at once: one builds,
// the other waits; files of dist/ are replaced one by one, each atomically, and only where they differ.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { generateProto } from "./proto.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = `${root}dist`;
const stamp = `${dist}/.built`;
const lock = `${dist}/.lock`;
const staging = `${dist}/.staging`;
const generated = "src/protocol/generated";
const sourceDirs = [
  "src",
  "sim",
  "labs",
  "bench",
  "web",
  "test/support",
  "proto",
  "scripts/proto",
  "scripts/web",
].filter((dir) => existsSync(`${root}${dir}`));
const sourceFiles = [
  "tsconfig.json",
  "tsconfig.build.json",
  "package-lock.json",
  "scripts/build.js",
  "bin/node-flags.json",
  "scripts/compile-ahead.cjs",
  "scripts/proto.js",
];

/** Files below a folder, as paths relative to it. */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(folder.length + 1));
}

/** Whether dist/ is older than its sources. */
export function isStale() {
  if (!existsSync(stamp)) return true;
  const built = statSync(stamp).mtimeMs;
  if (sourceFiles.some((file) => statSync(`${root}${file}`).mtimeMs > built)) return true;
  // A folder's own time tells of files that went away.
  return sourceDirs.some((dir) =>
    [`${root}${dir}`]
      .concat(readdirSync(`${root}${dir}`, { recursive: true }).map((name) => `${root}${dir}/${name}`))
      .some((file) => !file.includes(generated) && newer(file, built)),
  );
}

function newer(file, time) {
  try {
    return statSync(file).mtimeMs > time;
  } catch {
    return true;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Takes the lock, waiting while another living process holds it. */
function takeLock() {
  mkdirSync(dist, { recursive: true });
  const deadline = performance.now() + 120_000;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = Number(existsSync(lock) ? readFileSync(lock, "utf8") : 0);
    // An empty lock was made this instant by a process that has not written its id yet.
    if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
    else if (performance.now() > deadline)
      throw new Error(`another build holds ${lock} for two minutes; remove it if none runs`);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
}

function compile() {
  rmSync(staging, { recursive: true, force: true });
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const { status } = spawnSync(
    process.execPath,
    [tsc, "-p", `${root}tsconfig.build.json`, "--outDir", staging, "--noEmitOnError"],
    {
      // What a compiler has to say goes to the error stream: the output belongs to the command that asked for a build.
      stdio: ["ignore", 2, 2],
    },
  );
  if (status !== 0) throw new Error("the build failed; the compiler's messages are above");
}

/**
 * What is a program on its own, with the flags of Node that it is started with: a server's are those of `cluster.sh`. Level has
 * a native part and stays where it is.
 */
const programs = [
  { name: "kvctl", entry: "src/kvctl/main.js", external: [], minifyWhitespace: true, flags: [] },
  {
    name: "server",
    entry: "src/main.js",
    external: ["level"],
    // The places in its stack traces are for people.
    minifyWhitespace: false,
    flags: JSON.parse(readFileSync(`${root}bin/node-flags.json`, "utf8")).flags,
  },
];

/**
 * A program as one file: a command line is started for every word, and reading a hundred modules, with gRPC, takes several
 * times as long as what it then does. Beside it lies its code as V8 has compiled it, for this very Node with these flags;
 * another one compiles it anew. V8 knows code that is stale by its length alone, so the file's name has the hash of what is
 * in it.
 */
async function bundleProgram({ name, entry, external, minifyWhitespace, flags }) {
  const { build: bundle } = await import("esbuild");
  const { outputFiles } = await bundle({
    entryPoints: [`${staging}/${entry}`],
    external,
    write: false,
    bundle: true,
    // Node starts its loader of ES modules only where there is one, which takes a fifth of its own start.
    format: "cjs",
    platform: "node",
    target: "node20",
    minifySyntax: true,
    minifyWhitespace,
    legalComments: "none",
    banner: { js: 'const $url=require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "$url" },
    logLevel: "error",
  });
  const folder = `${staging}/${name}`;
  const { contents } = outputFiles[0];
  const source = `main-${createHash("sha256").update(contents).digest("hex").slice(0, 12)}.cjs`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${source}`, contents);
  writeFileSync(`${folder}/program.json`, `${JSON.stringify({ source })}\n`);
  const compile = [`${root}scripts/compile-ahead.cjs`, name, `${folder}/${source}`, `${dist}/${name}/${source}`];
  const { status } = spawnSync(process.execPath, [...flags, ...compile], { stdio: ["ignore", "ignore", 2] });
  if (status !== 0) throw new Error(`${name} could not be compiled ahead`);
}

/** Brings dist/ to what is in the staging folder. */
function install() {
  // Each program's first file and the pages last: when they are there, so is all that they will ask for.
  const isEntry = (file) => file.endsWith("/program.json") || file.endsWith(".html");
  const wanted = filesBelow(staging).sort((a, b) => Number(isEntry(a)) - Number(isEntry(b)));
  for (const file of wanted) {
    const from = `${staging}/${file}`;
    const to = `${dist}/${file}`;
    if (existsSync(to) && readFileSync(to).equals(readFileSync(from))) continue;
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
  }
  const keep = new Set(wanted);
  for (const file of filesBelow(dist)) {
    if (!keep.has(file) && !file.startsWith(".")) rmSync(`${dist}/${file}`, { force: true });
  }
  rmSync(staging, { recursive: true, force: true });
}

/** Builds if needed. Resolves to whether there was something to do. */
export async function build() {
  if (!isStale()) return false;
  takeLock();
  try {
    if (!isStale()) return false;
    // A change made while the compiler runs must count as newer.
    const started = new Date();
    if (!existsSync(`${root}${generated}`)) {
      mkdirSync(`${root}${generated}`, { recursive: true });
      // The folder above it has changed by that only, which is no reason to build once more.
      utimesSync(dirname(`${root}${generated}`), started, started);
    }
    generateProto();
    compile();
    for (const program of programs) await bundleProgram(program);
    const { buildWeb } = await import("./web/build.js");
    await buildWeb(`${staging}/web`);
    install();
    writeFileSync(stamp, `${started.toISOString()}\n`);
    utimesSync(stamp, started, started);
    return true;
  } finally {
    rmSync(lock, { force: true });
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    if (process.argv.includes("--check")) process.exitCode = isStale() ? 1 : 0;
    else await build();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
