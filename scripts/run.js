// Runs a program of the checkout: builds if needed, then loads dist/NAME.js with the arguments that follow.
//   node scripts/run.js sim/main --seed 58

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, isStale } from "./build.js";

const [name, ...args] = process.argv.slice(2);
const program = new URL(`../dist/${name}.js`, import.meta.url);
try {
  if (isStale()) {
    process.stderr.write("building …\n");
    await build();
  }
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
if (name === undefined || !existsSync(program)) {
  console.error(`there is no program ${name ?? ""} in dist/\n  give its path without the ending, such as sim/main`);
  process.exit(2);
}
// The program sees the command line that it would have had by itself, and its exit code is ours.
process.argv = [process.argv[0], fileURLToPath(program), ...args];
await import(program.href);
