// The worker's code, and what each bug changes in it: bugs are planted in the text of the source, as everywhere, and what
// that comes to in the bundle is one stretch of text that gives way to another.

import { readFileSync } from "node:fs";
import { build, transform } from "esbuild";

/** The bugs that can be planted in the page, by id: those that a course begins with. */
export const courseIds =
  "C1 C2 C3 C6 C8 C10 E1 E2 E3 E4 E14 P1 P2 P9 R1 R3 R4 R5 R17 L1 L2 L3 M1 M3 M9 M10 X1 X2 X5 F2 K1 N1".split(" ");

/** Names stay as they are: with shorter ones, a small change would rename things everywhere. */
const minified = { minifyWhitespace: true, minifySyntax: true, charset: "utf8", target: "es2022" };

/** The worker's code. `plugins` may change its sources. */
export async function workerCode(common, plugins = []) {
  const options = { ...common, ...minified, entryPoints: ["web/play/worker.ts"], format: "iife", plugins };
  const { outputFiles } = await build(options);
  return outputFiles[0].text;
}

/** The mutants of the course, and how one is planted: from their source, as nothing may be compiled yet. */
export async function courseBugs(common) {
  const load = async (file) => {
    const { outputFiles } = await build({ ...common, entryPoints: [file], format: "esm" });
    return await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  };
  const [{ allMutants }, { plant }] = await Promise.all(
    ["sim/mutants/catalogue.ts", "sim/mutants/mutant.ts"].map(load),
  );
  const chosen = courseIds.map((id) => {
    const mutant = allMutants.find((one) => one.id === id);
    if (mutant === undefined) throw new Error(`scripts/web/worker.js names the mutant ${id}, which does not exist`);
    return mutant;
  });
  return { chosen, plant };
}

/** The stretch in which `text` differs from `original`. */
function difference(original, text) {
  let at = 0;
  while (at < original.length && original[at] === text[at]) at++;
  let same = 0;
  const shorter = Math.min(original.length, text.length) - at;
  while (same < shorter && original.at(-1 - same) === text.at(-1 - same)) same++;
  return { at, length: original.length - same - at, text: text.slice(at, text.length - same) };
}

/**
 * Where in `code`, which has `original` in it more or less, that has to change which is changed in `changed`: the stretch is
 * looked for with as much around it as makes it the only one. Undefined if it is not there.
 */
function patchWithin(code, original, changed) {
  const { at, length, text } = difference(original, changed);
  for (let around = 0; around <= 160; around += 8)
    for (let before = 0; before <= around; before += 8) {
      const from = Math.max(0, at - before);
      const stretch = original.slice(from, at + length + around - before);
      const found = code.indexOf(stretch);
      if (found >= 0 && code.indexOf(stretch, found + 1) < 0) return { at: found + at - from, length, text };
    }
  return undefined;
}

/** A plugin that plants `mutant` in its file, which has `text` then. */
export function planting(root, mutant, text) {
  return {
    name: "bug",
    setup(building) {
      building.onLoad({ filter: /\.ts$/ }, ({ path }) =>
        path === `${root}${mutant.file}` ? { contents: text, loader: "ts" } : undefined,
      );
    },
  };
}

/** Longer patches are the bundler's doing: it wrote other parts in another way too. */
const patchMax = 4_000;

/**
 * The worker's code, and the bugs with their patches. `root`: of the checkout, with a slash; `common`: options of every
 * bundle.
 */
export async function buildWorker(root, common) {
  const [code, { chosen, plant }] = await Promise.all([workerCode(common), courseBugs(common)]);
  const patchOf = async (mutant) => {
    const text = readFileSync(`${root}${mutant.file}`, "utf8");
    const planted = plant(mutant, text);
    const module = async (contents) => (await transform(contents, { ...minified, loader: "ts", format: "esm" })).code;
    // To change one module takes no time; where the bundler has given something in it another name, all of it is built.
    const patch =
      patchWithin(code, await module(text), await module(planted)) ??
      difference(code, await workerCode(common, [planting(root, mutant, planted)]));
    if (patch.length + patch.text.length <= patchMax) return patch;
    throw new Error("it changes more of the worker's code than one place");
  };
  const bugs = await Promise.all(
    chosen.map(async (mutant) => {
      const { id, title, source, file, find, replace, expects, lesson } = mutant;
      try {
        return [{ id, title, source, file, find, replace, expects, lesson, patch: await patchOf(mutant) }];
      } catch (error) {
        // A page that lacks a bug is better than no build. The tests insist on all of them.
        console.warn(`The playground goes without the mutant ${id}: ${error.message}`);
        return [];
      }
    }),
  );
  return { code, bugs: bugs.flat() };
}
