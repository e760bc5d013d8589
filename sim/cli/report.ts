/** The outcome of a run as text. */
import { causeOf } from "../promises.ts";
import { isError, type Outcome } from "../runner.ts";
import { describeFault } from "./describe.ts";
import type { LastEvents } from "./last-events.ts";

/** One line: what was run and how fast. */
export function summary(outcome: Outcome, wallMs: number): string {
  const perSecond = Math.round((outcome.events / wallMs) * 1000).toLocaleString("en");
  const faster = Math.round(outcome.virtualMs / wallMs);
  const answered = outcome.history.operations.filter((operation) => operation.outcome === "answered").length;
  return [
    `${outcome.events.toLocaleString("en")} events in ${(outcome.virtualMs / 1000).toFixed(1)} virtual s`,
    `${answered} of ${outcome.history.operations.length} operations answered`,
    `${outcome.struck.length} faults struck`,
    `${perSecond} events/s, ${faster}× real time`,
    `trace hash ${outcome.traceHash}`,
  ].join(" · ");
}

/** What broke, the faults before it, the last moments, and how to see it again. */
export function runReport(outcome: Outcome, last: LastEvents, replay: string): string {
  const { failure, plan, struck } = outcome;
  if (failure === undefined) return "";
  const faults = struck.map(({ fault, atUs, resolved }) => {
    const planned = plan.faults[fault];
    const who = resolved.map(({ target, server }) => `${target} is n${server}`).join(", ");
    const what = planned === undefined ? "" : describeFault(planned);
    return `  ${(atUs / 1000).toFixed(3)} ms  ${what}${who === "" ? "" : `  (${who})`}`;
  });
  return [
    `BROKEN: ${failure.invariant} at ${(failure.atUs / 1000).toFixed(3)} virtual ms (event #${failure.event})`,
    ...causeOf(failure).map((line) => `  ${line}`),
    ...(isError(failure) ? [failure.stack] : []),
    "",
    `Faults that struck before it (${struck.length}):`,
    ...faults,
    "",
    "The last moments:",
    ...last.lines(),
    "",
    `Replay: ${replay}`,
  ].join("\n");
}
