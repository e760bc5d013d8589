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
  const files = new Map(mutant === undefined ? [] : [[mutant.file, mutatedText(mutant)]]);
  return (await bundleWith(program, files, options)).code;
}

/**
 * The same with any `files`, by path from the root, in the place of those of the checkout; `map` is the code's source map,
 * if one is asked for. Rejects with esbuild's BuildFailure.
 */
export async function bundleWith(
  program: string,
  files: ReadonlyMap<string, string>,
  options: Pick<BuildOptions, "format" | "define" | "sourcemap">,
): Promise<{ readonly code: string; readonly map: string | undefined }> {
  const result = await build({
    entryPoints: [root + program],
    bundle: true,
    platform: "node",
    target: "node20",
    // A program with a bug in it plants no other, and needs no bundler.
    external: ["./cli/mutants/planted.ts"],
    logLevel: "silent",
    absWorkingDir: resolve(root),
    outfile: resolve(root, "dist/bundled.js"),
    ...options,
    write: false,
    plugins: files.size === 0 ? [] : [replaceFiles(files)],
  });
  const [code, map] = ["bundled.js", "bundled.js.map"].map((name) =>
    result.outputFiles.find(({ path }) => path.endsWith(name)),
  );
  if (code === undefined) throw new Error("esbuild gave no output");
  return { code: code.text, map: map?.text };
}

function replaceFiles(files: ReadonlyMap<string, string>): Plugin {
  const loader: Loader = "ts";
  const byPath = new Map([...files].map(([file, contents]) => [resolve(root, file), contents]));
  return {
    name: "files in the place of others",
    setup(building) {
      building.onLoad({ filter: /\.ts$/ }, (file) => {
        const contents = byPath.get(resolve(file.path));
        return contents === undefined ? undefined : { contents, loader };
      });
    },
  };
}
