// Has V8 compile what kvctl needs to ask a cluster for something, and keeps it beside the file, for `bin/kvctl.js`:
//   node scripts/compile-kvctl.cjs dist/kvctl/main-….cjs

const { readFileSync, writeFileSync } = require("node:fs");
const { createRequire, wrap } = require("node:module");
const { dirname } = require("node:path");
const { Script } = require("node:vm");

const filename = process.argv[2];
const script = new Script(wrap(readFileSync(filename, "utf8")), { filename });
const program = { exports: {} };
script.runInThisContext()(program.exports, createRequire(filename), program, filename, dirname(filename));
process.on("exit", () => {
  writeFileSync(`${filename}.${process.version}-${process.arch}`, script.createCachedData());
  process.exitCode = 0;
});
// V8 compiles what is called. Nothing listens there; what it says of that is of no interest.
process.stderr.write = () => true;
process.argv = [process.execPath, "kvctl", "get", "/x", "--endpoints", "127.0.0.1:1", "--timeout", "300ms"];
program.exports.main();
