#!/usr/bin/env node
// Starts kvctl from the build.
const kvctl = require("./program.js").load("kvctl");
if (kvctl === undefined) {
  console.error("kvctl: it is not built\n  hint: run `npm ci && npm run build`, or `./cluster.sh 5`, which does both");
  process.exit(2);
}
kvctl.main();
