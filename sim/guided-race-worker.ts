/** Fresh and guided plans, turn by turn, each with as much processor time as the other. Bundled with bugs in the code. */
import { parentPort, workerData } from "node:worker_threads";
import { allCheckers } from "./checkers/all.ts";
import { cpuMs } from "./cli/cpu-time.ts";
import type { FromRace, RaceTask } from "./hunt/race.ts";
import { generatePlan } from "./hunter/generate.ts";
import { GuidedPlans } from "./hunter/guided/guided-plans.ts";
import { RunFeatures } from "./hunter/guided/run-features.ts";
import type { RunOutcome } from "./outcome.ts";
import { run } from "./runner.ts";

const eventsMax = 1_000_000;
const { seedFrom, budgetMs } = workerData as RaceTask;
const guided = new GuidedPlans();
const fresh: FromRace["side"] = { name: "fresh", ms: 0, runs: 0, failed: 0 };
const changed: FromRace["side"] = { name: "guided", ms: 0, runs: 0, failed: 0 };

function say(message: FromRace): void {
  parentPort?.postMessage(message);
}

function runFresh(seed: number): RunOutcome {
  return run(generatePlan(seed), allCheckers(), { eventsMax });
}

function runGuided(seed: number): RunOutcome {
  const { plan } = guided.next(seed);
  const features = new RunFeatures();
  const outcome = run(plan, [...allCheckers(features), features], { eventsMax });
  // The race goes on behind a failure: what is near it would be found again and again.
  if (outcome.failure === undefined) guided.learn(plan, features.features());
  return outcome;
}

let toldMs = 0;
while (fresh.ms < budgetMs || changed.ms < budgetMs) {
  const side = fresh.ms <= changed.ms ? fresh : changed;
  const seed = (seedFrom + side.runs) >>> 0;
  const begun = cpuMs();
  const { failure, plan } = side === fresh ? runFresh(seed) : runGuided(seed);
  side.ms += cpuMs() - begun;
  side.runs++;
  if (failure !== undefined) {
    side.failed++;
    say({ side: { ...side }, failure: { invariant: failure.invariant, plan: JSON.stringify(plan) } });
  }
  if (side.ms - toldMs < 5_000) continue;
  toldMs = side.ms;
  for (const one of [fresh, changed]) say({ side: { ...one }, failure: undefined });
}
for (const one of [fresh, changed]) say({ side: { ...one }, failure: undefined });
