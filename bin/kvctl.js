#!/usr/bin/env node
// Starts kvctl from the build: one file, and where this very Node built it, the code that V8 made of it (scripts/build.js).
const { readFileSync } = require("node:fs");
const { createRequire, wrap } = require("node:module");
const { join } = require("node:path");
const { Script } = require("node:vm");

const folder = join(__dirname, "../dist/kvctl");

function read(name) {
  try {
    return readFileSync(join(folder, name));
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}

const program = read("program.json");
if (program === undefined) {
  console.error("kvctl: it is not built\n  hint: run `npm ci && npm run build`, or `./cluster.sh 5`, which does both");
  process.exit(2);
}
const { source } = JSON.parse(program.toString());
const filename = join(folder, source);
const script = new Script(wrap(readFileSync(filename, "utf8")), {
  filename,
  cachedData: read(`${source}.${process.version}-${process.arch}`),
});
const kvctl = { exports: {} };
script.runInThisContext()(kvctl.exports, createRequire(filename), kvctl, filename, folder);
kvctl.exports.main();
