/** What a hunt came to: as text, and as JSON. */
import type { Found } from "../hunt/messages.ts";
import type { Hunt, HuntResult } from "../hunt/pool.ts";
import { marksHit, speed, thousands } from "../hunt/progress.ts";
import { allMarks, type Mark, markSentences } from "../marks/marks.ts";
import { failureReport } from "../report/failure-report.ts";
import { planText } from "../report/plan-text.ts";
import { count } from "../report/tell-events.ts";
import type { CoverageReport } from "./coverage/report.ts";
import { shellWord } from "./files.ts";
import { playCommand } from "./play-address.ts";

/** Where the plan of a failure is; `written` is false if the file could not be written. */
export interface PlanFile {
  readonly file: string;
  readonly written: boolean;
  /** The page that plays it; undefined if it could not be written. */
  readonly page: string | undefined;
}

/** Marks that no run hit. */
export function missedMarks({ marks }: HuntResult): Mark[] {
  return allMarks.filter((mark) => !marks.includes(mark));
}

/** What the hunt never came across, a line each. */
export function tellMissed(missed: readonly Mark[]): string {
  const lines = missed.map((mark) => `  ${mark}: ${markSentences[mark]}`);
  return [`\nnever reached (${missed.length}):`, ...lines].join("\n");
}

/** The result for a terminal. */
export function asText(result: HuntResult, wanted: Hunt, saved: PlanFile | undefined): string {
  const { found, stuck, interrupted } = result;
  const drawn = wanted.plan === undefined;
  return [
    speed(result),
    `${thousands(result.operations)} operations · ${thousands(result.faults)} faults struck · ${marksHit(result)} hit`,
    ...stuck.map(
      (seed) =>
        `The run of seed ${seed} has not ended after ${wanted.stuckMs / 1000} s. See: npm run sim -- --seed ${seed}`,
    ),
    ...(interrupted ? ["interrupted"] : []),
    ...(found !== undefined && saved !== undefined
      ? [tellFound(found, saved, interrupted, drawn)]
      : stuck.length > 0
        ? []
        : [drawn ? "nothing found" : `the plan does not fail${interrupted ? " so far" : ""}`]),
  ].join("\n");
}

function tellFound(found: Found, saved: PlanFile, interrupted: boolean, drawn: boolean): string {
  const file = shellWord(saved.file);
  const asFound = `npm run sim -- --seed ${found.seed}`;
  // A plan as it was drawn fills pages, and its last moments were not looked at.
  if (interrupted) {
    const { invariant, message, atUs } = found.failure;
    return [
      `\nBROKEN: ${invariant}, ${(atUs / 1000).toFixed(3)} virtual ms after the start: ${message}`,
      ...(drawn ? [`As it was found: ${asFound}`] : []),
      saved.written ? `To shrink it: npm run hunt -- --plan ${file}` : planText(found.plan),
    ].join("\n");
  }
  const { before, plan, shrinkRuns, shrinkMs } = found;
  const sizes = (faults: number, operations: number) =>
    `${count(faults, "fault")} and ${count(operations, "operation")}`;
  const to = sizes(plan.faults.length, plan.workload.operations.length);
  const effort = `${count(shrinkRuns, "run")}, ${(shrinkMs / 1000).toFixed(1)} s${found.shrinkFinished ? "" : ", more time may make it smaller"}`;
  const report = failureReport({
    failure: found.failure,
    plan,
    shrunkFrom: `shrunk from ${sizes(before.faults, before.operations)} to ${to} (${effort})`,
    moments: found.moments,
    after: found.after,
    traceHash: found.traceHash,
    replay: saved.written
      ? `npm run sim -- --plan ${file}`
      : "put the plan below into a file; npm run sim -- --plan FILE",
    more: [
      ...(saved.written
        ? [
            `Story:   npm run sim -- --plan ${file} --story`,
            `Diagram: npm run sim -- --plan ${file} --diagram`,
            `Watch:   ${playCommand(saved.file)}${saved.page === undefined ? "" : `, or open ${saved.page} in a browser`}`,
          ]
        : []),
      ...(drawn ? [`As it was found: ${asFound}`] : []),
    ],
  });
  const end = saved.written ? `The plan is in ${saved.file}` : `The plan:\n${planText(plan)}`;
  return `\n${report}\n\n${end}`;
}

/** The result for a program. */
export function asJson(
  result: HuntResult,
  wanted: Hunt,
  saved: PlanFile | undefined,
  coverage: CoverageReport | undefined,
): string {
  const { found, wallMs, runs, events, virtualMs, operations, faults, stuck, interrupted } = result;
  const seconds = wallMs / 1000;
  return JSON.stringify({
    seedFrom: wanted.seedFrom,
    jobs: wanted.jobs,
    runs,
    events,
    operations,
    faults,
    virtualSeconds: Math.round(virtualMs / 1000),
    wallSeconds: Number(seconds.toFixed(1)),
    eventsPerSecond: Math.round(events / seconds),
    speedUp: Math.round(virtualMs / wallMs),
    stuck,
    interrupted,
    marks: result.marks,
    missedMarks: missedMarks(result),
    ...(coverage === undefined ? {} : { coverage }),
    failure: found === undefined ? null : { ...found, file: saved?.written === true ? saved.file : null },
  });
}
