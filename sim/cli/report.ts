/** A run from its first line to its last, as text. */

import { isError, type RunOutcome } from "../outcome.ts";
import type { Plan } from "../plan/plan.ts";
import { causeOf } from "../promises.ts";
import { tellAction, tellFault, tellTargets } from "../report/tell.ts";
import { count } from "../report/tell-events.ts";
import { wrap } from "../report/wrap.ts";
import type { LastEvents } from "./last-events.ts";

/** One line: what is about to run. */
export function heading({ seed, config, faults }: Plan): string {
  const { servers, spares, clients, horizonMs } = config;
  const spare = spares > 0 ? ` and ${spares} spare` : "";
  return `seed ${seed} · ${count(servers, "server")}${spare}, ${count(clients, "client")}, ${horizonMs / 1000} virtual s, ${count(faults.length, "fault")}`;
}

/** Two lines: what came of the run, and how fast it was. */
export function summary(outcome: RunOutcome, wallMs: number): string {
  const perSecond = Math.round((outcome.events / wallMs) * 1000).toLocaleString("en");
  const faster = Math.round(outcome.virtualMs / wallMs).toLocaleString("en");
  const { operations } = outcome.history;
  const answered = operations.filter((operation) => operation.outcome === "answered").length;
  const lines = [
    [
      `${outcome.events.toLocaleString("en")} events in ${(outcome.virtualMs / 1000).toFixed(1)} virtual s`,
      `${answered} of ${count(operations.length, "operation")} answered`,
      `${outcome.struck.length} of ${count(outcome.plan.faults.length, "fault")} struck`,
    ],
    [`${perSecond} events/s`, `${faster}× real time`, `trace hash ${outcome.traceHash}`],
  ];
  return lines.map((parts) => parts.join(" · ")).join("\n");
}

/** What broke, the faults before it, the last moments, and how to see it again. */
export function runReport(outcome: RunOutcome, last: LastEvents, replay: string): string {
  const { failure, plan, struck } = outcome;
  if (failure === undefined) return "";
  // Numbered as the last moments name them.
  const faults = struck.map((one) => {
    const { fault, atUs } = one;
    const planned = plan.faults[fault];
    // The line begins with the time; why a fault struck then is told only if that was not the plan.
    const told = planned === undefined || planned.when.kind === "at" ? tellAction(one.action) : tellFault(planned);
    const time = (atUs / 1000).toFixed(3).padStart(12);
    return `${time} ms  fault ${String(fault).padEnd(3)} ${told}${tellTargets(one)}`;
  });
  return [
    `BROKEN: ${failure.invariant} at ${(failure.atUs / 1000).toFixed(3)} virtual ms (event #${failure.event})`,
    ...causeOf(failure).flatMap((line) => wrap(`  ${line}`, 120, " ".repeat(13))),
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
