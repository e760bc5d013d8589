/** Runs `npm run sim` with a bug in the code: all of it is bundled with the mutant's change and run in a thread. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { allMutants } from "../../mutants/catalogue.ts";
import type { Mutant } from "../../mutants/mutant.ts";
import { print, UsageError } from "../command.ts";
import { root } from "../root.ts";
import { bundle } from "./load.ts";

/** The mutant with this id. Throws {@link UsageError}. */
export function mutantOf(id: string): Mutant {
  const mutant = allMutants.find((other) => other.id === id.toUpperCase());
  if (mutant === undefined) throw new UsageError(`There is no mutant "${id}"; see npm run mutants -- --list.`);
  return mutant;
}

/** Runs the program with `args`, and the bug in it. Resolves to its exit code. */
export async function runPlanted(mutant: Mutant, args: readonly string[]): Promise<number> {
  print(`planted: ${mutant.id}, ${mutant.title} (${mutant.source}), in ${mutant.file}`);
  const here = pathToFileURL(join(root, "sim/main.ts")).href;
  const code = await bundle("sim/main.ts", mutant, {
    format: "esm",
    define: { "import.meta.url": JSON.stringify(here) },
  });
  const url = new URL(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  return await new Promise((resolve, reject) => {
    // Code from an address has no file name of its own in `process.argv`.
    const worker = new Worker(url, { argv: ["sim/main.ts", ...args], workerData: { planted: mutant.id } });
    worker.on("error", reject);
    worker.on("exit", resolve);
  });
}
