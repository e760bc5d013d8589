/** One hunt for one mutant. This file is bundled with the mutant's change in it and run in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { allCheckers } from "./checkers/all.ts";
import { cpuMs, ownThread } from "./cli/cpu-time.ts";
import { generatePlan } from "./hunter/generate.ts";
import type { FromMutantWorker, Kill, MutantResult, MutantTask } from "./mutants/task.ts";
import type { RunFailure, RunOutcome } from "./outcome.ts";
import type { Plan } from "./plan/plan.ts";
import { aftermath, aftermathTitle } from "./report/aftermath.ts";
import { decisiveMoments, decisiveTitle } from "./report/decisive.ts";
import { Story } from "./report/story.ts";
import { storyLines } from "./report/story-text.ts";
import { run } from "./runner.ts";
import { sameFailure } from "./shrink/same-failure.ts";
import { shrink } from "./shrink/shrink.ts";

/** A run with more events has gone wild: without a bug the longest have a fifth of it. */
const eventsMax = 1_000_000;

function tell(message: FromMutantWorker): void {
  parentPort?.postMessage(message);
}

function hunt(task: MutantTask): MutantResult {
  const begun = cpuMs();
  for (let runs = 1; ; runs++) {
    const seed = (task.baseSeed + runs - 1) >>> 0;
    const outcome = run(generatePlan(seed), allCheckers(), { eventsMax });
    const ms = cpuMs() - begun;
    tell({ type: "alive", runs, shrinking: false });
    if (outcome.failure !== undefined) return { kill: killed(task, outcome, outcome.failure, runs), runs, ms };
    if (outcome.events >= eventsMax) return { kill: runaway(seed), runs, ms };
    if (ms >= task.budgetMs || runs >= task.runsMax) return { kill: undefined, runs, ms };
  }
}

function runaway(seed: number): Kill {
  const message = `the run did not end within ${eventsMax.toLocaleString("en")} events`;
  return { invariant: "runaway", message, seed, items: undefined, plan: undefined, story: undefined };
}

function killed(task: MutantTask, first: RunOutcome, failure: RunFailure, runs: number): Kill {
  const { invariant, message } = failure;
  if (task.shrinkMs <= 0)
    return { invariant, message, seed: first.plan.seed, items: undefined, plan: undefined, story: undefined };
  const onRun = (): void => tell({ type: "alive", runs, shrinking: true });
  const begun = cpuMs();
  const simplest = simplestOf(first, begun + task.shrinkMs / 4, onRun);
  const shrunk = shrink(simplest, {
    run: (plan, options) => run(plan, allCheckers(), { eventsMax, ...options }),
    now: cpuMs,
    budgetMs: begun + task.shrinkMs - cpuMs(),
    onRun,
  });
  return {
    invariant,
    seed: simplest.plan.seed,
    message: shrunk.outcome.failure?.message ?? failure.message,
    items: shrunk.items,
    plan: JSON.stringify(shrunk.plan),
    story: task.tell ? story(shrunk.plan, shrunk.outcome.failure) : undefined,
  };
}

/** Whoever fails with so few items need not be looked for a simpler one. */
const simpleItems = 40;

/**
 * The run that fails like `first` and has least in it: the first to be found is seldom the simplest, and to look for
 * another one is quicker than to shrink it. Seeds are tried until `deadlineMs`.
 */
function simplestOf(first: RunOutcome, deadlineMs: number, onRun: () => void): RunOutcome {
  let simplest = first;
  for (let seed = first.plan.seed + 1; sizeOf(simplest) > simpleItems && cpuMs() < deadlineMs; seed++) {
    const outcome = run(generatePlan(seed >>> 0), allCheckers(), { eventsMax });
    onRun();
    if (sameFailure(first.failure, outcome.failure) && sizeOf(outcome) < sizeOf(simplest)) simplest = outcome;
  }
  return simplest;
}

/** Faults and operations until a run ended. */
function sizeOf({ struck, performed }: RunOutcome): number {
  return struck.length + performed.length;
}

/** Lines of the story that are told. */
const storyMax = 60;

/** The run once more, told; and what comes of its failure. */
function story(plan: Plan, failure: RunFailure | undefined): string[] {
  const told = new Story(storyMax);
  run(plan, [...allCheckers(), told], { eventsMax });
  const after = failure === undefined ? [] : aftermath(plan, failure);
  const decisive = failure === undefined ? [] : decisiveMoments(plan, failure);
  return [
    ...storyLines(told),
    ...(after.length > 0 ? ["", aftermathTitle, ...after] : []),
    ...(decisive.length > 0 ? ["", decisiveTitle, ...decisive] : []),
  ];
}

tell({ type: "begun", thread: ownThread() });
tell({ type: "result", result: hunt(workerData as MutantTask) });
