/** From a failing run to what is worth telling about it. */
import { allCheckers } from "../checkers/all.ts";
import type { RunFailure, RunOutcome } from "../outcome.ts";
import type { Plan } from "../plan/plan.ts";
import { aftermath } from "../report/aftermath.ts";
import { Story } from "../report/story.ts";
import { storyLines } from "../report/story-text.ts";
import { run } from "../runner.ts";
import { trimmed } from "../shrink/concrete.ts";
import { planItems } from "../shrink/edits.ts";
import { shrink } from "../shrink/shrink.ts";
import type { Found } from "./messages.ts";

/** Lines of a run's end that a report shows. */
const momentsMax = 40;

/** Runs `plan` once more and keeps its last moments. */
export function lastMoments(plan: Plan): readonly string[] {
  const story = new Story(momentsMax, true);
  run(plan, [story, ...allCheckers()]);
  return storyLines(story).map((line) => `  ${line}`);
}

/** The failure as it came, without what lies behind it. */
export function asFound(outcome: RunOutcome, failure: RunFailure): Found {
  return {
    seed: outcome.plan.seed,
    failure,
    plan: outcome.plan,
    traceHash: outcome.traceHash,
    moments: [],
    after: [],
    before: { faults: outcome.struck.length, operations: outcome.performed.length },
    items: planItems(trimmed(outcome)),
    shrinkRuns: 0,
    shrinkMs: 0,
    shrinkFinished: false,
  };
}

/** The failure with its plan shrunk for at most `budgetMs`. */
export function investigate(
  outcome: RunOutcome,
  failure: RunFailure,
  budgetMs: number,
  onRun: (runs: number, items: number) => void,
): Found {
  const begun = performance.now();
  const shrunk = shrink(outcome, {
    run: (plan, options) => run(plan, allCheckers(), options),
    now: () => performance.now(),
    budgetMs,
    onRun,
  });
  return {
    ...asFound(outcome, failure),
    failure: shrunk.outcome.failure ?? failure,
    plan: shrunk.plan,
    traceHash: shrunk.outcome.traceHash,
    moments: lastMoments(shrunk.plan),
    after: aftermath(shrunk.plan, shrunk.outcome.failure ?? failure),
    items: shrunk.items,
    shrinkRuns: shrunk.runs,
    shrinkMs: performance.now() - begun,
    shrinkFinished: shrunk.finished,
  };
}
