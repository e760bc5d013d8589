// Runs programs of dist/ one after the other in one process, for tests of many command lines: most of what a short one takes
// is the start of Node. Its parent sends `{ file, args }` and gets `{ status, stdout, stderr }`. Each program is loaded anew,
// so that it begins as it would by itself; what it imports is loaded once.

import { pathToFileURL } from "node:url";

let nth = 0;

async function run(file, args) {
  const said = { stdout: "", stderr: "" };
  const writes = { stdout: process.stdout.write, stderr: process.stderr.write };
  for (const name of Object.keys(said))
    process[name].write = (chunk) => {
      said[name] += chunk;
      return true;
    };
  process.exitCode = undefined;
  process.argv = [process.argv[0], file, ...args];
  try {
    await import(`${pathToFileURL(file).href}?${++nth}`);
  } catch (error) {
    // As Node tells of it.
    said.stderr += error.stack;
    process.exitCode = 1;
  }
  for (const [name, write] of Object.entries(writes)) process[name].write = write;
  return { status: process.exitCode ?? 0, ...said };
}

// Each program listens for errors of the output once more.
process.stdout.setMaxListeners(0);
process.on("message", async ({ file, args }) => {
  process.send(await run(file, args));
});
process.on("disconnect", () => process.exit(0));
