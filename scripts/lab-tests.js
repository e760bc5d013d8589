// Runs tests with some files in the place of those of the checkout, for `npm run lab -- check`. A process of its own, so
// that it can be ended when a test does not come back. Its parent sends jobs, one at a time:
//   { files: { "src/raft/vote.ts": "text …" }, tests: [{ file, names? }] }
// and gets { type: "alive" }, { type: "cpu", ms } twice a second, { type: "end", test, error? } and { type: "over" }.

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { createVitest } from "vitest/node";
import { generateProto } from "./proto.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/** By path, what is loaded in the place of the file there. */
let laidOver = new Map();

/** What a failure says, and where in which file. A property fails because of an error inside of it. */
function errorOf(error) {
  const stacks = [error.cause, error]
    .flatMap((one) => one?.stacks ?? [])
    .map(({ file, line }) => ({ file: relative(root, file), line }))
    .filter(({ file }) => !file.startsWith("node_modules"));
  return { message: String(error.message), diff: error.diff ?? "", stacks };
}

/** Tells the parent how each test went. */
const reporter = {
  onTestModuleStart() {
    process.send({ type: "alive" });
  },
  onTestCaseReady() {
    process.send({ type: "alive" });
  },
  onTestCaseResult(test) {
    const { state, errors } = test.result();
    if (state === "skipped") return;
    const error = state === "failed" ? errorOf(errors?.[0] ?? { message: "it failed" }) : undefined;
    process.send({ type: "end", test: nameOf(test), error });
  },
  // A file that cannot be loaded has no tests that could fail.
  onTestModuleEnd(module) {
    for (const error of module.errors())
      process.send({ type: "end", test: module.relativeModuleId, error: errorOf(error) });
  },
};

function nameOf(test) {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}

async function start() {
  generateProto();
  const vitest = await createVitest(
    "test",
    {
      root,
      config: false,
      watch: false,
      pool: "threads",
      maxWorkers: 1,
      testTimeout: 120_000,
      setupFiles: ["scripts/lab-setup.js"],
      reporters: [reporter],
      include: ["test/**/*.test.ts", "labs/**/*.test.ts"],
    },
    {
      plugins: [{ name: "lab", enforce: "pre", load: (id) => laidOver.get(id.split("?")[0]) }],
      logLevel: "silent",
    },
  );
  await vitest.standalone?.();
  return vitest;
}

/** The tests of these files; those of one that has `names` only if their names have these words. */
async function run(vitest, { files, tests }) {
  const before = laidOver;
  laidOver = new Map(Object.entries(files).map(([path, text]) => [join(root, path), text]));
  for (const path of new Set([...before.keys(), ...laidOver.keys()])) vitest.invalidateFile(path);
  const whole = tests.filter(({ names }) => names === undefined).map(({ file }) => file);
  for (const { names, list } of [
    { names: undefined, list: whole },
    ...tests.filter((test) => test.names !== undefined).map((test) => ({ names: test.names, list: [test.file] })),
  ]) {
    if (list.length === 0) continue;
    if (names === undefined) vitest.resetGlobalTestNamePattern();
    else vitest.setGlobalTestNamePattern(new RegExp(names.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
    const specifications = await vitest.globTestSpecifications(list);
    if (specifications.length !== list.length) throw new Error(`these tests are not all there: ${list.join(", ")}`);
    await vitest.runTestSpecifications(specifications);
  }
}

/** Processor time of all threads: a test that does not come back uses it up. */
function sayCpu() {
  const { user, system } = process.cpuUsage();
  process.send({ type: "cpu", ms: (user + system) / 1000 });
}

setInterval(sayCpu, 500).unref();
const starting = start();
process.on("message", async (job) => {
  await run(await starting, job);
  process.send({ type: "over" });
});
// The parent has gone, or wants no more.
process.on("disconnect", () => process.exit());
