/** `npm run lab -- league ID PLAN`: whether a plan kills a bug of the open league. */

import { exitCodes, print, UsageError } from "../../sim/cli/command.ts";
import { readPlan } from "../../sim/cli/files.ts";
import { mutatedText } from "../../sim/cli/mutants/load.ts";
import { allMutants } from "../../sim/mutants/catalogue.ts";
import { league } from "../../sim/mutants/league.ts";
import type { Mutant } from "../../sim/mutants/mutant.ts";
import type { Plan } from "../../sim/plan/plan.ts";
import { causeOf } from "../../sim/promises.ts";
import { wrap } from "../../sim/report/wrap.ts";
import { closest } from "../../src/client/spelling.ts";
import { hunt } from "./hunt.ts";
import { width } from "./report.ts";

/** What a plan does to a bug. */
export interface Attempt {
  /** It breaks one of the promises that the bug is expected to break, and breaks nothing without the bug. */
  readonly kills: boolean;
  /** In sentences. */
  readonly told: readonly string[];
}

/** Runs `plan` with the bug planted, and without it. */
export async function attempt(mutant: Mutant, plan: Plan): Promise<Attempt> {
  const task = {
    plans: [{ name: "the plan", json: JSON.stringify(plan) }],
    seeds: { from: 1, count: 0 },
    shrinkEventsMax: 0,
  };
  const clean = await hunt(new Map(), task);
  if (clean.kind === "broken")
    return { kills: false, told: ["Without the bug the plan breaks a promise too:", ...causeOf(clean.broken.failure)] };
  if (clean.kind === "stuck") return { kills: false, told: [`Without the bug the plan does not end: ${clean.why}.`] };
  const planted = await hunt(new Map([[mutant.file, mutatedText(mutant)]]), task);
  if (planted.kind === "held") return { kills: false, told: ["With the bug planted every promise held."] };
  if (planted.kind === "stuck")
    return { kills: false, told: [`With the bug planted the plan does not end: ${planted.why}.`] };
  const { failure } = planted.broken;
  const expected = mutant.expects.includes(failure.invariant);
  const why = expected ? [] : [`That is not what it is about: ${mutant.expects.join(" or ")} should break.`];
  return { kills: expected, told: [`${failure.invariant} breaks:`, ...causeOf(failure), ...why] };
}

/** The command. */
export async function tryLeague(args: readonly string[]): Promise<number> {
  const [id, file, ...rest] = args;
  if (id === undefined || file === undefined || rest.length > 0)
    throw new UsageError(
      "Which bug, and which plan? npm run lab -- league N1 my.json; docs/open-league.md lists the bugs.",
    );
  const ids = league.map((entry) => entry.id);
  const mutant = allMutants.find((one) => one.id === id.toUpperCase() && ids.includes(one.id));
  if (mutant === undefined) {
    const meant = closest(id, ids);
    throw new UsageError(
      `${id} is not in the open league: ${meant === undefined ? `it has ${ids.join(", ")}` : `did you mean ${meant}?`}`,
    );
  }
  const { kills, told } = await attempt(mutant, readPlan(file));
  print(`${mutant.id}: ${mutant.title}\n`);
  for (const sentence of told) print(wrap(sentence, width, " ".repeat(11)).join("\n"));
  print(
    kills
      ? "\nKilled. docs/open-league.md says how it becomes part of the suite."
      : "\nIt lives: npm run sim -- --plan FILE --mutant ID --story shows what happened.",
  );
  return kills ? exitCodes.fine : exitCodes.broken;
}
