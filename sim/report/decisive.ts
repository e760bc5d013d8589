/** Of a run that lost an entry, the few moments that decide it: committed here, something else there. */
import type { RunFailure } from "../outcome.ts";
import type { Plan } from "../plan/plan.ts";
import { Simulation } from "../simulation.ts";
import { Story } from "./story.ts";
import type { StoryLine } from "./story-lines.ts";
import { storyLine } from "./story-text.ts";

/** Stands above them. */
export const decisiveTitle = "Where it is decided:";

/**
 * A line each, with the log after it: who took the entry that `failure` speaks of as committed first, who was elected
 * without it, and the first server that threw it away and took up another one. Empty if it is about something else.
 */
export function decisiveMoments(plan: Plan, failure: RunFailure): string[] {
  const entry = Number(/\bentry (\d+)/.exec(failure.message)?.[1] ?? 0);
  if (entry === 0) return [];
  const story = new Story();
  const simulation = new Simulation(plan, [story]);
  simulation.runUntil(failure.atUs + 3_000 * plan.config.electionTimeoutMs);
  simulation.finish();
  const lines = story.lines();
  const committed = lines.findIndex(({ text }) => concerns(text, "commits", entry));
  const lost = lines.findIndex(({ text }, i) => i > committed && concerns(text, "throws away", entry));
  if (committed < 0 || lost < 0) return [];
  const leader = lines.slice(committed, lost).findLast(({ text }) => text.startsWith("leads term"));
  const other = lines
    .slice(lost)
    .find(({ who, text }) => who === lines[lost]?.who && concerns(text, "takes up", entry));
  return [lines[committed], leader, lines[lost], other]
    .filter((line): line is StoryLine => line !== undefined)
    .map((line) => storyLine(line));
}

/** Whether a line tells that somebody `does` something with the entry: "commits 5", "commits 1 to 5". */
function concerns(text: string, does: string, entry: number): boolean {
  if (!text.startsWith(`${does} `)) return false;
  const [, from, to] = /^(\d+)(?: to (\d+))?/.exec(text.slice(does.length + 1)) ?? [];
  return from !== undefined && Number(from) <= entry && entry <= Number(to ?? from);
}
