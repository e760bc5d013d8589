#!/usr/bin/env node
// The server's command line; the code behind it is built into dist/ (`npm run build`).
import { existsSync } from "node:fs";

// First of all: as process 1 of a container it would otherwise never hear of a signal that comes while it loads. Nothing
// is begun yet: a server has stopped in good order then, the other commands have not done their work.
const codes = { SIGTERM: 143, SIGINT: 130 };
const early = (signal) => process.exit(["restore", "recover"].includes(process.argv[2]) ? codes[signal] : 0);
for (const signal of Object.keys(codes)) process.on(signal, early);

const main = new URL("../dist/src/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write("terrarium: it is not built yet\n  run `npm run build` first, or start it with ./cluster.sh\n");
  process.exit(2);
}
if (process.argv[2] === "serve") {
  // Before the rest is loaded, which opens many files at once: with too few it would end in a stack trace.
  const files = await import(new URL("../dist/src/doors/files.js", import.meta.url).href);
  try {
    files.fileBudget(files.openFilesMax());
  } catch (error) {
    process.stderr.write(`terrarium: ${error.message}\n  ${error.hint}\n`);
    process.exit(2);
  }
}
const terrarium = await import(main.href);
const ended = terrarium.main(process.argv.slice(2));
// It hears them itself now.
for (const signal of Object.keys(codes)) process.off(signal, early);
await ended;
