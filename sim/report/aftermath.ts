/** What comes of a broken promise, if nobody stops the run. */
import type { RunFailure } from "../outcome.ts";
import type { Plan } from "../plan/plan.ts";
import { Simulation } from "../simulation.ts";
import { Story } from "./story.ts";
import { storyLine } from "./story-text.ts";

/** Stands above it. */
export const aftermathTitle = "What comes of it, if nobody stops it:";

/** Lines that are shown. */
const linesMax = 14;

/**
 * The turning points and changes of logs behind the moment in which `failure` was noticed, for some election timeouts of
 * virtual time: a line each. Empty if the code itself gave up there.
 */
export function aftermath(plan: Plan, failure: RunFailure): string[] {
  const story = new Story();
  const simulation = new Simulation(plan, [story]);
  simulation.runUntil(failure.atUs + 3_000 * plan.config.electionTimeoutMs);
  const { failure: end } = simulation.finish();
  const after = story
    .lines()
    .filter(({ event, weight, log }) => event > failure.event && (weight === "turning" || log !== ""));
  const lines = after.slice(0, linesMax).map((line) => storyLine(line));
  if (after.length <= linesMax && end !== undefined) lines.push(`and then: ${end.message}`);
  return lines;
}
