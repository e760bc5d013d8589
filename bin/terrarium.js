#!/usr/bin/env node
// The server's command line; the code behind it is built into dist/ (`npm run build`).
const { existsSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");

// First of all: as process 1 of a container it would otherwise never hear of a signal that comes while it loads. Nothing
// is begun yet: a server has stopped in good order then, the other commands have not done their work.
const codes = { SIGTERM: 143, SIGINT: 130 };
const early = (signal) => process.exit(["restore", "recover"].includes(process.argv[2]) ? codes[signal] : 0);
for (const signal of Object.keys(codes)) process.on(signal, early);

/** A module of the build. */
const load = (name) => import(pathToFileURL(join(__dirname, "../dist/src", name)).href);

async function start() {
  if (!existsSync(join(__dirname, "../dist/src/main.js"))) {
    process.stderr.write(
      "terrarium: it is not built yet\n  run `npm run build` first, or start it with ./cluster.sh\n",
    );
    process.exit(2);
  }
  if (process.argv[2] === "serve") {
    // Before the rest is loaded, which opens many files at once: with too few it would end in a stack trace.
    const files = await load("doors/files.js");
    try {
      files.fileBudget(files.openFilesMax());
    } catch (error) {
      process.stderr.write(`terrarium: ${error.message}\n  ${error.hint}\n`);
      process.exit(2);
    }
  }
  const terrarium = await load("main.js");
  const ended = terrarium.main(process.argv.slice(2));
  // It hears them itself now.
  for (const signal of Object.keys(codes)) process.off(signal, early);
  await ended;
}

// What it throws ends the process.
void start();
