/** A bug that is planted in the page is the mutant of the catalogue: the same code comes of it, or code that does the same. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { expect, it } from "vitest";
import { buildWorker, courseBugs, planting, workerCode } from "../../scripts/web/worker.js";
import { generatePlan } from "../../sim/hunter/generate.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const common = { absWorkingDir: root, bundle: true, platform: "browser", write: false } as const;

/** How runs of some seeds end in a worker with this code. */
function ends(code: string): readonly string[] {
  return [3].map((seed) => {
    const said: { type: string; moment?: { traceHash: string }; run?: { failure?: { message: string } } }[] = [];
    let hear: (event: { data: object }) => void = () => {};
    const world = createContext({
      TextEncoder,
      TextDecoder,
      performance: { now: () => 0 },
      setTimeout: () => {},
      postMessage: (message: (typeof said)[number]) => said.push(message),
      addEventListener: (_: string, listener: typeof hear) => {
        hear = listener;
      },
    });
    runInContext(code, world);
    hear({
      data: { type: "load", plan: generatePlan(seed, { horizonMs: 4_000 }), goal: "", scene: undefined, steps: 5_000 },
    });
    const failure = said.findLast(({ type }) => type === "run")?.run?.failure?.message;
    return `${said.findLast(({ type }) => type === "moment")?.moment?.traceHash} ${failure ?? "all held"}`;
  });
}

it("a bug of the course, planted in the worker's code, does what its mutant does", async () => {
  const { code, bugs } = await buildWorker(root, common);
  const { chosen, plant } = await courseBugs(common);
  expect(bugs.map(({ id }) => id)).toEqual(chosen.map(({ id }) => id));
  for (const { id, patch } of bugs) {
    expect(patch.length + patch.text.length, id).toBeGreaterThan(0);
    expect(code.slice(patch.at, patch.at + patch.length), `${id} changes nothing`).not.toBe(patch.text);
  }
  // To build the others too would take minutes.
  for (const id of ["C1", "E1", "E3", "P1", "X5"]) {
    const mutant = chosen.find((one) => one.id === id);
    const patch = bugs.find((one) => one.id === id)?.patch;
    if (mutant === undefined || patch === undefined) throw new Error(`${id} is in the course`);
    const source = plant(mutant, readFileSync(root + mutant.file, "utf8"));
    const wanted = await workerCode(common, [planting(root, mutant, source)]);
    const planted = code.slice(0, patch.at) + patch.text + code.slice(patch.at + patch.length);
    // The bundler may leave out what the mutant has no use for, or name it otherwise.
    if (planted !== wanted) expect(ends(planted), id).toEqual(ends(wanted));
  }
});
