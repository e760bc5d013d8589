/** Runs the server's command line to its end. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../../bin/terrarium.js", import.meta.url));

/** Runs `terrarium …`; resolves with the exit status and all that it printed. It is killed after 60 s. */
export function runTerrarium(args: readonly string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [launcher, ...args], { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, output })));
}

/** The same where nobody reads what it prints, as in `terrarium … | true`: `output` is what it complains of. */
export function runUnheard(args: readonly string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [launcher, ...args], { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
  child.stdout.destroy();
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, output })));
}
