/** What `planted.test.ts` bundles with a bug in it: runs a plan. */
import { allCheckers } from "../../sim/checkers/all.ts";
import { parsePlan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";

/** The invariant that breaks when the plan of this text is run; undefined if none does. */
export function failureOf(plan: string): string | undefined {
  return run(parsePlan(plan), allCheckers()).failure?.invariant;
}
