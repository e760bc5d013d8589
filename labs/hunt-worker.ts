/** Runs a lab's plans against an answer. This file is bundled with the answer in it and run in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { allCheckers } from "../sim/checkers/all.ts";
import { generatePlan } from "../sim/hunter/generate.ts";
import type { RunFailure, RunOutcome } from "../sim/outcome.ts";
import { checkPlan, type Plan } from "../sim/plan/plan.ts";
import { aftermath } from "../sim/report/aftermath.ts";
import { planText } from "../sim/report/plan-text.ts";
import { Story } from "../sim/report/story.ts";
import { storyLines } from "../sim/report/story-text.ts";
import { type RunOptions, run } from "../sim/runner.ts";
import { shrink } from "../sim/shrink/shrink.ts";
import { type Broken, eventsMax, type FromHunt, type HuntTask } from "./hunt.ts";

/** Lines of a story that are shown. */
const storyMax = 30;

const task = workerData as HuntTask;

function say(message: FromHunt): void {
  parentPort?.postMessage(message);
}

function* plans(): Generator<{ readonly name: string; readonly plan: Plan }> {
  for (const { name, json } of task.plans) yield { name, plan: checkPlan(JSON.parse(json)) };
  for (let i = 0; i < task.seeds.count; i++) {
    const seed = (task.seeds.from + i) >>> 0;
    yield { name: `seed ${seed}`, plan: generatePlan(seed) };
  }
}

/** A run that does not come to an end is a failure too. */
function failureOf(outcome: RunOutcome): RunFailure | undefined {
  if (outcome.failure !== undefined || outcome.events < eventsMax) return outcome.failure;
  const message = `the run did not end within ${eventsMax.toLocaleString("en")} events`;
  return { invariant: "runaway", message, atUs: outcome.virtualMs * 1000, event: outcome.events, stack: "" };
}

function examine(name: string, outcome: RunOutcome, failure: RunFailure): Broken {
  let plan = outcome.plan;
  let last = failure;
  if (task.shrinkEventsMax === 0) return { run: name, failure, plan: planText(plan), story: [], after: [] };
  if (failure.invariant !== "runaway") {
    let events = 0;
    const counted = (tried: Plan, options: RunOptions) => {
      say({ type: "shrinking" });
      const result = run(tried, allCheckers(), { eventsMax, ...options });
      events += result.events;
      return result;
    };
    const shrunk = shrink(outcome, { run: counted, now: () => events, budgetMs: task.shrinkEventsMax });
    plan = shrunk.plan;
    last = shrunk.outcome.failure ?? failure;
  }
  say({ type: "shrinking" });
  const story = new Story(storyMax, true);
  run(plan, [story, ...allCheckers()], { eventsMax });
  const after = last.invariant === "runaway" ? [] : aftermath(plan, last);
  return { run: name, failure: last, plan: planText(plan), story: storyLines(story), after };
}

function hunt(): void {
  let runs = 0;
  for (const { name, plan } of plans()) {
    say({ type: "run", name, nth: ++runs });
    const outcome = run(plan, allCheckers(), { eventsMax });
    const failure = failureOf(outcome);
    if (failure !== undefined) return say({ type: "over", runs, broken: examine(name, outcome, failure) });
  }
  say({ type: "over", runs, broken: undefined });
}

hunt();
