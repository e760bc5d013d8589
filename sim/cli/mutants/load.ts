/** Brings a mutant to life: the worker's code with one change in one file, made while it is bundled. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type BuildOptions, build, type Loader, type Plugin } from "esbuild";
import { type Mutant, MutantMismatch, plant } from "../../mutants/mutant.ts";
import { root } from "../root.ts";

/** The mutant's file with the bug in it. Throws {@link MutantMismatch}. */
export function mutatedText(mutant: Mutant): string {
  const file = root + mutant.file;
  if (!existsSync(file))
    throw new MutantMismatch(`The mutant ${mutant.id} no longer fits: there is no ${mutant.file}.`);
  return plant(mutant, readFileSync(file, "utf8"));
}

/** Code of a worker thread that hunts `mutant`; without one, the code as it is. */
export async function workerCode(mutant: Mutant | undefined): Promise<string> {
  return await bundle("sim/mutants-worker.ts", mutant, { format: "cjs" });
}

/** A program of the checkout with all that it imports in one text, and `mutant` in it. */
export async function bundle(
  program: string,
  mutant: Mutant | undefined,
  options: Pick<BuildOptions, "format" | "define">,
): Promise<string> {
  const plugins = mutant === undefined ? [] : [replaceFile(resolve(root, mutant.file), mutatedText(mutant))];
  const result = await build({
    entryPoints: [root + program],
    bundle: true,
    platform: "node",
    target: "node20",
    // A program with a bug in it plants no other, and needs no bundler.
    external: ["./cli/mutants/planted.ts"],
    logLevel: "silent",
    ...options,
    write: false,
    plugins,
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error("esbuild gave no output");
  return output.text;
}

function replaceFile(path: string, contents: string): Plugin {
  const loader: Loader = "ts";
  return {
    name: "mutant",
    setup(building) {
      building.onLoad({ filter: /\.ts$/ }, (file) => (resolve(file.path) === path ? { contents, loader } : undefined));
    },
  };
}
