#!/usr/bin/env node
// The server's command line; the code behind it is built into dist/ (`npm run build`).
import { existsSync } from "node:fs";

const main = new URL("../dist/src/main.js", import.meta.url);
if (!existsSync(main)) {
  process.stderr.write("terrarium: it is not built yet\n  run `npm run build` first, or start it with ./cluster.sh\n");
  process.exit(2);
}
const terrarium = await import(main.href);
await terrarium.main(process.argv.slice(2));
