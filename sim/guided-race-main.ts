/**
 * `node scripts/run.js sim/guided-race-main IDS SEED SECONDS`: plants several bugs at once, and hunts them with fresh and with
 * guided plans, each side for so many processor seconds. Whose a failure is says each bug alone, under the same plan.
 */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { print } from "./cli/command.ts";
import { bundleWith, workerCode } from "./cli/mutants/load.ts";
import { mutantOf } from "./cli/mutants/planted.ts";
import { root } from "./cli/root.ts";
import type { FromRace, RaceTask } from "./hunt/race.ts";
import { type Mutant, plant } from "./mutants/mutant.ts";
import type { FromMutantWorker, MutantTask } from "./mutants/task.ts";

const [, , ids = "", seed = "1", seconds = "60"] = process.argv;
const mutants = ids.split(",").map(mutantOf);
const files = new Map<string, string>();
for (const mutant of mutants)
  files.set(mutant.file, plant(mutant, files.get(mutant.file) ?? readFileSync(root + mutant.file, "utf8")));
const codes = new Map<string, Promise<string>>();

/** What breaks under `plan` with one bug in the code, or none. */
async function breaks(mutant: Mutant | undefined, plan: string): Promise<string | undefined> {
  const id = mutant?.id ?? "";
  const code = codes.get(id) ?? workerCode(mutant);
  codes.set(id, code);
  const once = { baseSeed: 1, guided: false, plan, budgetMs: 1, runsMax: 1, shrinkMs: 0, tell: false };
  const worker = new Worker(await code, { eval: true, workerData: once satisfies MutantTask });
  return await new Promise((resolve) => {
    worker.on("message", (message: FromMutantWorker) => {
      if (message.type === "result") resolve(message.result.kill?.invariant);
    });
    worker.on("error", ({ message }) => resolve(message));
  });
}

async function whose(plan: string): Promise<string> {
  if ((await breaks(undefined, plan)) !== undefined) return "nobody: it fails without any";
  for (const mutant of mutants) if ((await breaks(mutant, plan)) !== undefined) return mutant.id;
  return "several together";
}

const failures: FromRace[] = [];
const ends = new Map<string, string>();
const { code } = await bundleWith("sim/guided-race-worker.ts", files, { format: "cjs" });
const task: RaceTask = { seedFrom: Number(seed), budgetMs: 1_000 * Number(seconds) };
const race = new Worker(code, { eval: true, workerData: task });
race.on("message", (message: FromRace) => {
  const { name, ms, runs, failed } = message.side;
  const state = `${name}: ${runs} runs in ${(ms / 1000).toFixed(0)} s, ${failed} failed`;
  if (message.failure === undefined) ends.set(name, state);
  else failures.push(message);
  print(message.failure === undefined ? state : `${state}: ${message.failure.invariant}`);
});
await new Promise((resolve) => race.on("exit", resolve));
for (const { side, failure } of failures)
  if (failure !== undefined)
    print(`${side.name}, run ${side.runs}, ${(side.ms / 1000).toFixed(1)} s: ${await whose(failure.plan)}`);
for (const state of ends.values()) print(state);
process.exit(0);
