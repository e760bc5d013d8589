/** Brings a mutant to life: the worker's code with one change in one file, made while it is bundled. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Loader, type Plugin } from "esbuild";
import { type Mutant, MutantMismatch, plant } from "../../mutants/mutant.ts";

/** The root of the checkout, with a slash at its end: the sources are there wherever this file runs from. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  if (existsSync(join(from, "package.json")) && existsSync(join(from, "sim", "mutants-worker.ts"))) return `${from}/`;
  const above = dirname(from);
  if (above === from) throw new Error("the sources of the simulator are not there");
  return findRoot(above);
}

/** The mutant's file with the bug in it. Throws {@link MutantMismatch}. */
export function mutatedText(mutant: Mutant): string {
  const file = root + mutant.file;
  if (!existsSync(file))
    throw new MutantMismatch(`The mutant ${mutant.id} no longer fits: there is no ${mutant.file}.`);
  return plant(mutant, readFileSync(file, "utf8"));
}

/** Code of a worker thread that hunts `mutant`; without one, the code as it is. */
export async function workerCode(mutant: Mutant | undefined): Promise<string> {
  const plugins = mutant === undefined ? [] : [replaceFile(resolve(root, mutant.file), mutatedText(mutant))];
  const result = await build({
    entryPoints: [`${root}sim/mutants-worker.ts`],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    write: false,
    logLevel: "silent",
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
