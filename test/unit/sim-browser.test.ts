/** The simulator runs in a browser: bundled as for one, in a world that has nothing of Node, it runs the same runs. */
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { generatePlan } from "../../sim/hunter/generate.ts";
import { run } from "../../sim/runner.ts";

const seeds = [42, 7, 9];
/** Short ones, one of them with messages that travel as bytes. */
const options = { horizonMs: 3_000 };

const entry = `
  import { allCheckers } from "./sim/checkers/all.ts";
  import { generatePlan } from "./sim/hunter/generate.ts";
  import { run } from "./sim/runner.ts";
  export function hashOf(seed, options, bytes) {
    const plan = generatePlan(seed, options);
    const { failure, traceHash } = run({ ...plan, config: { ...plan.config, bytes } }, allCheckers());
    if (failure !== undefined) throw new Error(failure.message);
    return traceHash;
  }
`;

it("bundled for a browser and without any global of Node, the simulator runs seeds to the trace hashes that it has in Node", async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const { outputFiles, metafile } = await build({
    stdin: { contents: entry, resolveDir: root, loader: "ts" },
    bundle: true,
    format: "iife",
    globalName: "simulator",
    // A module of Node's, or a package that needs one, does not resolve here.
    platform: "browser",
    target: "es2023",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  // Nothing but the project's own source.
  expect(Object.keys(metafile.inputs).filter((path) => !/^(src|sim)\/|^<stdin>$/.test(path))).toEqual([]);
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error("esbuild gave no output");
  // A fresh context has what the language has. Text codecs are the web's, as in every browser; there is no clock, no timer,
  // no process, no Buffer, and whatever asks for chance or the time gets an error.
  const world = createContext({ TextEncoder, TextDecoder });
  runInContext("Math.random = Date.now = () => { throw new Error('a simulation asks nobody'); }", world);
  runInContext(bundle.text, world);
  const hashOf = (seed: number, bytes: boolean): unknown =>
    runInContext(`simulator.hashOf(${seed}, ${JSON.stringify(options)}, ${bytes})`, world);
  for (const seed of seeds) {
    const plan = generatePlan(seed, options);
    expect(hashOf(seed, seed !== 42)).toBe(run(plan).traceHash);
  }
  // The whole run of the README.
  expect(runInContext("simulator.hashOf(42, {}, false)", world)).toBe(run(generatePlan(42)).traceHash);
});
