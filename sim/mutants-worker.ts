/** One hunt for one mutant. This file is bundled with the mutant's change in it and run in a thread of its own. */
import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { allCheckers } from "./checkers/all.ts";
import { Diagram } from "./cli/diagram.ts";
import { generatePlan } from "./hunter/generate.ts";
import type { FromWorker, HuntResult, HuntTask, Kill } from "./mutants/task.ts";
import type { Plan } from "./plan/plan.ts";
import { type Outcome, type RunFailure, run } from "./runner.ts";
import { shrink } from "./shrink/shrink.ts";

/** A run with more events has gone wild: without a bug the longest have a fifth of it. */
const eventsMax = 1_000_000;

/** Processor time of this thread, ms; on systems that do not tell it, time. */
function cpuMs(): number {
  try {
    // After the name in brackets, which may hold blanks: utime and stime are the 12th and 13th, in hundredths of a second.
    const stat = readFileSync("/proc/thread-self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return performance.now();
  }
}

function tell(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function hunt(task: HuntTask): HuntResult {
  const begun = cpuMs();
  for (let runs = 1; ; runs++) {
    const seed = (task.baseSeed + runs - 1) >>> 0;
    const outcome = run(generatePlan(seed), allCheckers(), { eventsMax });
    const ms = cpuMs() - begun;
    tell({ type: "alive", runs, shrinking: false });
    if (outcome.failure !== undefined) return { kill: killed(task, seed, outcome, outcome.failure, runs), runs, ms };
    if (outcome.events >= eventsMax) return { kill: runaway(seed), runs, ms };
    if (ms >= task.budgetMs || runs >= task.runsMax) return { kill: undefined, runs, ms };
  }
}

function runaway(seed: number): Kill {
  const message = `the run did not end within ${eventsMax.toLocaleString("en")} events`;
  return { invariant: "runaway", message, seed, items: undefined, plan: undefined, diagram: undefined };
}

function killed(task: HuntTask, seed: number, outcome: Outcome, failure: RunFailure, runs: number): Kill {
  const { invariant, message } = failure;
  const bare = { invariant, message, seed, items: undefined, plan: undefined, diagram: undefined };
  if (task.shrinkMs <= 0) return bare;
  const shrunk = shrink(outcome, {
    run: (plan, options) => run(plan, allCheckers(), { eventsMax, ...options }),
    now: cpuMs,
    budgetMs: task.shrinkMs,
    onRun: () => tell({ type: "alive", runs, shrinking: true }),
  });
  return {
    ...bare,
    message: shrunk.outcome.failure?.message ?? failure.message,
    items: shrunk.items,
    plan: JSON.stringify(shrunk.plan),
    diagram: task.tell ? story(shrunk.plan) : undefined,
  };
}

/** The run once more, drawn. */
function story(plan: Plan): string {
  const diagram = new Diagram();
  run(plan, [...allCheckers(), diagram], { eventsMax });
  return diagram.text();
}

tell({ type: "result", result: hunt(workerData as HuntTask) });
