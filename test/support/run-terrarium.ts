/** Runs the server's command line to its end. */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../../bin/terrarium.js", import.meta.url));

/** How it ended: the exit status, and all that it printed. */
interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs `terrarium …` to its end. It is killed after 60 s. */
export function runTerrarium(args: readonly string[]): Promise<Ended> {
  const child = start(args);
  return endOf(child, [child.stdout, child.stderr]);
}

/** The same where nobody reads what it prints, as in `terrarium … | true`: `output` is what it complains of. */
export function runUnheard(args: readonly string[]): Promise<Ended> {
  const child = start(args);
  child.stdout.destroy();
  return endOf(child, [child.stderr]);
}

function start(args: readonly string[]) {
  return spawn(process.execPath, [launcher, ...args], { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
}

function endOf(child: ReturnType<typeof start>, heard: readonly Readable[]): Promise<Ended> {
  let output = "";
  for (const stream of heard)
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, output })));
}
