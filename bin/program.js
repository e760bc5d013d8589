// Loads a program of the build: one file, and where this very Node built it, the code that V8 made of it (scripts/build.js).
const { readFileSync } = require("node:fs");
const { createRequire, wrap } = require("node:module");
const { join } = require("node:path");
const { Script } = require("node:vm");

function read(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  }
}

/** What the program in `dist/NAME` exports; undefined if it is not built. */
exports.load = (name) => {
  const folder = join(__dirname, "../dist", name);
  const program = read(join(folder, "program.json"));
  if (program === undefined) return undefined;
  const { source } = JSON.parse(program.toString());
  const filename = join(folder, source);
  const script = new Script(wrap(readFileSync(filename, "utf8")), {
    filename,
    cachedData: read(`${filename}.${process.version}-${process.arch}`),
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, folder);
  return module.exports;
};
