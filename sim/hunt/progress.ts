/** How far a hunt is, in words and as a bar. Pure. */
import { allMarks } from "../marks/marks.ts";
import type { HuntState } from "./pool.ts";

/** Cells of the bar. */
const barWidth = 20;

/** "1,204". */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** "1,204 runs · 312,000 events/s · 640× real time". */
export function speed({
  runs,
  events,
  virtualMs,
  wallMs,
}: Pick<HuntState, "runs" | "events" | "virtualMs" | "wallMs">): string {
  const seconds = Math.max(wallMs, 1) / 1000;
  return [
    `${thousands(runs)} run${runs === 1 ? "" : "s"}`,
    `${thousands(events / seconds)} events/s`,
    `${thousands(virtualMs / 1000 / seconds)}× real time`,
  ].join(" · ");
}

/** "61 of 70 marks". */
export function marksHit({ marks }: Pick<HuntState, "marks">): string {
  return `${marks.length} of ${allMarks.length} marks`;
}

/** One line; `share` is how much of the hunt is over, from 0 to 1. */
export function progressLine(state: HuntState, share: number): string {
  if (state.shrinking !== undefined) {
    const { seed, runs, items } = state.shrinking;
    return `seed ${seed} fails · shrinking: ${runs} runs, ${items} items left`;
  }
  const full = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  return `[${"█".repeat(full)}${"░".repeat(barWidth - full)}] ${Math.round(state.wallMs / 1000)} s · ${speed(state)} · ${marksHit(state)}`;
}
