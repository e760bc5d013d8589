#!/usr/bin/env node
// The server's command line; the code behind it is built into dist/ (`npm run build`).

// First of all: as process 1 of a container it would otherwise never hear of a signal that comes while it loads. Nothing
// is begun yet: a server has stopped in good order then, the other commands have not done their work.
const codes = { SIGTERM: 143, SIGINT: 130 };
const early = (signal) => process.exit(["restore", "recover"].includes(process.argv[2]) ? codes[signal] : 0);
for (const signal of Object.keys(codes)) process.on(signal, early);

const terrarium = require("./program.js").load("server");
if (terrarium === undefined) {
  process.stderr.write("terrarium: it is not built yet\n  run `npm run build` first, or start it with ./cluster.sh\n");
  process.exit(2);
}
// What it throws ends the process.
void terrarium.main(process.argv.slice(2));
// It hears them itself now.
for (const signal of Object.keys(codes)) process.off(signal, early);
