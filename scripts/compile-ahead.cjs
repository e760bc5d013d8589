// Has V8 compile what a program needs to get to work, and keeps it beside the program's file, for `bin/program.js`:
//   node scripts/compile-ahead.cjs kvctl|server FILE AS
// AS is where the file will lie once it is installed.

const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { createRequire, wrap } = require("node:module");
const { createServer } = require("node:net");
const { tmpdir } = require("node:os");
const { dirname, join } = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");
const { Script } = require("node:vm");

const [name, file, as] = process.argv.slice(2);

/** Asks for something where nobody listens; what it says of that is of no interest. */
function exerciseKvctl(kvctl) {
  process.stderr.write = () => true;
  process.argv = [process.execPath, "kvctl", "get", "/x", "--endpoints", "127.0.0.1:1", "--timeout", "300ms"];
  kvctl.main();
}

/** Starts a cluster of one, and stops it once it is ready. */
async function exerciseServer(terrarium) {
  const folder = mkdtempSync(join(tmpdir(), "terrarium-compile-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const [peer, client, http] = await freePorts(3);
  const place = ["--members", `1=127.0.0.1:${peer}/127.0.0.1:${client}`, "--http-address", `127.0.0.1:${http}`];
  void terrarium.main(["serve", "--id", "1", ...place, "--data-dir", folder, "--log-level", "error"]);
  for (let tries = 0; tries < 250; tries++) {
    const answer = await fetch(`http://127.0.0.1:${http}/health`).catch(() => undefined);
    if (answer?.ok === true) break;
    await sleep(20);
  }
  process.kill(process.pid, "SIGTERM");
}

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = [];
  for (const server of servers) {
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    ports.push(server.address().port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

const script = new Script(wrap(readFileSync(file, "utf8")), { filename: as });
const program = { exports: {} };
script.runInThisContext()(program.exports, createRequire(as), program, as, dirname(as));
// V8 has compiled what was called. However the exercise ends, the program can be run without it.
process.on("exit", () => {
  writeFileSync(`${file}.${process.version}-${process.arch}`, script.createCachedData());
  process.exitCode = 0;
});
if (name === "kvctl") exerciseKvctl(program.exports);
else void exerciseServer(program.exports);
