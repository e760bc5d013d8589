/** Runs a lab's plans against an answer, in a thread that is cut off when the answer's code does not come back. */
import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { bundleWith } from "../../sim/cli/mutants/load.ts";
import { root } from "../../sim/cli/root.ts";
import { readScene } from "../../sim/cli/scenes.ts";
import type { Broken, FromHunt, HuntTask } from "../hunt.ts";

/**
 * Whatever says nothing for so much processor time, ms, is in an endless loop: a run takes a fraction of a second. Time on
 * the wall would say as much of the machine's other work.
 */
export const loopCpuMs = 15_000;

/** What may be wrong with code that does not come back. */
export const loopQuestion = "Is there a loop without an end in your code?";
const exitQuestion = "Is there a process.exit in yours?";

/** How often that is looked at, ms. */
export const lookEveryMs = 500;

/** How the plans went. */
export type HuntOutcome =
  /** All promises held. */
  | { readonly kind: "held"; readonly runs: number }
  | { readonly kind: "broken"; readonly runs: number; readonly broken: Broken; readonly at: CodePlace | undefined }
  /** The code did not come back, or took all memory. */
  | { readonly kind: "stuck"; readonly runs: number; readonly run: string; readonly why: string };

/** A line of a file of the checkout. */
export interface CodePlace {
  readonly file: string;
  readonly line: number;
}

/** The plans of scenes and of regressions, by their names. */
export function plansOf(scenes: readonly string[], regressions: readonly string[]): HuntTask["plans"] {
  return [
    ...scenes.map((name) => ({ name: `scene ${name}`, json: JSON.stringify(readScene(name).plan) })),
    ...regressions.map((name) => ({
      name: `regression ${name}`,
      json: readFileSync(join(root, "sim/regressions", `${name}.json`), "utf8"),
    })),
  ];
}

/** Runs `task` with `files` in the place of those of the checkout. Rejects with esbuild's BuildFailure. */
export async function hunt(
  files: ReadonlyMap<string, string>,
  task: HuntTask,
  loopMs: number = loopCpuMs,
): Promise<HuntOutcome> {
  // The line that threw is part of what is told.
  const sourcemap = task.shrinkEventsMax > 0 ? "external" : false;
  const { code, map } = await bundleWith("labs/hunt-worker.ts", files, { format: "cjs", sourcemap });
  return await new Promise((resolve) => {
    let [runs, run] = [0, ""];
    const worker = new Worker(code, { eval: true, workerData: task, resourceLimits: { maxOldGenerationSizeMb: 1024 } });
    // This process does little else meanwhile.
    let last = cpuMs();
    const looking = setInterval(() => {
      const why = `the code has not come back for ${loopMs / 1000} s of processor time. ${loopQuestion}`;
      if (cpuMs() - last > loopMs) end({ kind: "stuck", runs, run, why });
    }, lookEveryMs);
    const end = (outcome: HuntOutcome): void => {
      clearInterval(looking);
      resolve(outcome);
      void worker.terminate();
    };
    worker.on("message", (message: FromHunt) => {
      last = cpuMs();
      if (message.type === "run") [runs, run] = [message.nth, message.name];
      if (message.type !== "over") return;
      const { broken } = message;
      if (broken === undefined) return end({ kind: "held", runs: message.runs });
      end({ kind: "broken", runs: message.runs, broken, at: placeOf(broken.failure.stack, map, files) });
    });
    worker.on("error", (error) => end({ kind: "stuck", runs, run, why: `${error.message}. ${loopQuestion}` }));
    // Behind all else that it may say, so of what has come to its end nothing changes.
    worker.on("exit", () => end({ kind: "stuck", runs, run, why: `the run was ended by the code. ${exitQuestion}` }));
  });
}

/** Processor time of this process with all its threads, ms. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The innermost line of an error's stack that belongs to one of `files`. */
function placeOf(stack: string, map: string | undefined, files: ReadonlyMap<string, string>): CodePlace | undefined {
  if (map === undefined) return undefined;
  const sources = new SourceMap(JSON.parse(map));
  for (const [, line, column] of stack.matchAll(/:(\d+):(\d+)\)?$/gm)) {
    const found = sources.findEntry(Number(line) - 1, Number(column) - 1);
    if (!("originalSource" in found)) continue;
    const file = [...files.keys()].find((one) => found.originalSource.endsWith(one));
    if (file !== undefined) return { file, line: found.originalLine + 1 };
  }
  return undefined;
}
