/**
 * Hunts one mutant that was made by a rule, or tells what the sound code does. This file is bundled with the mutant's file
 * in it and run in a thread of its own.
 */
import { parentPort, workerData } from "node:worker_threads";
import { allCheckers } from "./checkers/all.ts";
import { cpuMs, ownThread } from "./cli/cpu-time.ts";
import { generatePlan } from "./hunter/generate.ts";
import type { FromRandomWorker, RandomResult, RandomTask } from "./mutants/random-task.ts";
import type { RunOutcome } from "./outcome.ts";
import { run } from "./runner.ts";

/** A run with more events has gone wild: without a bug the longest have a fifth of it. */
const eventsMax = 1_000_000;

const task = workerData as RandomTask;
/** The changed place sets it, whenever a run comes there. What happens while the code is loaded counts too. */
const sign = globalThis as typeof globalThis & { readonly mutantReached?: boolean };

function tell(message: FromRandomWorker): void {
  parentPort?.postMessage(message);
}

function runSeed(nth: number): RunOutcome {
  return run(generatePlan((task.baseSeed + nth - 1) >>> 0), allCheckers(), { eventsMax });
}

function soundHashes(): readonly string[] {
  return Array.from({ length: task.runs }, (_, i) => {
    const { failure, plan, traceHash } = runSeed(i + 1);
    tell({ type: "alive", runs: i + 1, reached: false, differsAt: 0 });
    if (failure !== undefined)
      throw new Error(`seed ${plan.seed} breaks ${failure.invariant} without any mutant: ${failure.message}`);
    return traceHash;
  });
}

function hunt(sound: readonly string[]): RandomResult {
  const begun = cpuMs();
  let differsAt = 0;
  for (let runs = 1; ; runs++) {
    const { failure, events, plan, traceHash } = runSeed(runs);
    const hash = sound[runs - 1];
    if (differsAt === 0 && (failure !== undefined || (hash !== undefined && hash !== traceHash))) differsAt = runs;
    const reached = sign.mutantReached === true;
    tell({ type: "alive", runs, reached, differsAt });
    const result = { reached, differsAt, runs, ms: cpuMs() - begun };
    if (failure !== undefined) {
      const { invariant, message } = failure;
      return { ...result, kill: { invariant, message, seed: plan.seed } };
    }
    if (events >= eventsMax) {
      const message = `the run did not end within ${eventsMax.toLocaleString("en")} events`;
      return { ...result, kill: { invariant: "runaway", message, seed: plan.seed } };
    }
    if (runs < sound.length) continue;
    if (differsAt === 0 || result.ms >= task.budgetMs) return { ...result, kill: undefined };
  }
}

tell({ type: "begun", thread: ownThread() });
if (task.sound === undefined) tell({ type: "sound", hashes: soundHashes() });
else tell({ type: "result", result: hunt(task.sound) });
