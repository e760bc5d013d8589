/** What a failure prints: what was promised and what happened, the plan, the last moments, how to see it again. */

import { isError, type RunFailure } from "../outcome.ts";
import type { Plan } from "../plan/plan.ts";
import { causeOf } from "../promises.ts";
import { aftermathTitle } from "./aftermath.ts";
import { planText } from "./plan-text.ts";
import { tellPlan } from "./tell.ts";
import { wrap } from "./wrap.ts";

/** Columns of the prose; what happened in the last moments keeps its line. */
const width = 120;

/** What a report tells of. */
export interface Failed {
  readonly failure: RunFailure;
  readonly plan: Plan;
  /** One line: what the plan was shrunk from. Left out for a plan as it was given. */
  readonly shrunkFrom?: string;
  /** The end of its story, a line each. */
  readonly moments: readonly string[];
  /** What comes of it, a line each; left out if nothing is known. */
  readonly after?: readonly string[];
  readonly traceHash: string;
  /** The command that runs the plan again. */
  readonly replay: string;
  /** More commands, each with a word on what it shows. */
  readonly more?: readonly string[];
}

/** The text. */
export function failureReport(failed: Failed): string {
  const { failure, plan, moments, replay, after = [] } = failed;
  return [
    `BROKEN: ${failure.invariant}, ${(failure.atUs / 1000).toFixed(3)} virtual ms after the start (event #${failure.event}, trace hash ${failed.traceHash})`,
    ...causeOf(failure).flatMap((line) => wrap(`  ${line}`, width, " ".repeat(13))),
    ...(isError(failure) ? ["", failure.stack] : []),
    "",
    failed.shrunkFrom === undefined ? "The plan:" : `The plan, ${failed.shrunkFrom}:`,
    ...tellPlan(plan).flatMap((line) => wrap(`  ${line}`, width, " ".repeat(5))),
    "",
    "The last moments:",
    ...moments,
    ...(after.length > 0 ? ["", aftermathTitle, ...after.map((line) => `  ${line}`)] : []),
    "",
    `Replay:  ${replay}`,
    ...(failed.more ?? []),
    "",
    "A regression test:",
    ...regressionTest(failure, plan).map((line) => `  ${line}`),
  ].join("\n");
}

/** A test that fails until the cause is gone, ready to paste into test/scenarios/. */
export function regressionTest(failure: RunFailure, plan: Plan): string[] {
  const [first = "", ...rest] = planText(plan).trimEnd().split("\n");
  return [
    `it(${JSON.stringify(`keeps ${failure.invariant}: not "${failure.message}"`)}, () => {`,
    `  const plan = checkPlan(${first}`,
    ...rest.slice(0, -1).map((line) => `  ${line}`),
    "  });",
    "  expect(run(plan, allCheckers()).failure).toBeUndefined();",
    "});",
  ];
}
