/** Plays a plan with a reader's code in the place of the checkout's. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { UsageError } from "../../sim/cli/command.ts";
import { bundleWith } from "../../sim/cli/mutants/load.ts";
import { root } from "../../sim/cli/root.ts";
import { begun, failureFile } from "./commands.ts";

/** `npm run sim` with `args`, by default on the last failure, and the answer of the lab `name` in it. Its exit code. */
export async function play(name: string, args: readonly string[]): Promise<number> {
  const folder = begun(name);
  const failure = join(folder.path, failureFile);
  const chooses = args.some((arg) => /^--(plan|seed|scene)\b/.test(arg));
  if (!chooses && !existsSync(failure))
    throw new UsageError(
      `No run of yours has failed so far: say which one to play, as with --scene figure-8 or --seed 1.`,
    );
  const here = pathToFileURL(join(root, "sim/main.ts")).href;
  const { code } = await bundleWith("sim/main.ts", folder.files(), {
    format: "esm",
    define: { "import.meta.url": JSON.stringify(here) },
  });
  const url = new URL(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  return await new Promise((resolve, reject) => {
    const argv = ["sim/main.ts", ...(chooses ? [] : ["--plan", failure]), ...args];
    const worker = new Worker(url, { argv });
    worker.on("error", reject);
    worker.on("exit", resolve);
  });
}
