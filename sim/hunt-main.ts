/** `npm run hunt`: many seeds on all cores until one fails; its plan is then made small and told. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { numberOption, type Options, parseArguments, seedOption } from "./cli/arguments.ts";
import type { Found } from "./hunt/messages.ts";
import { type Hunt, type HuntResult, type HuntState, hunt } from "./hunt/pool.ts";
import { marksHit, progressLine, speed } from "./hunt/progress.ts";
import { allMarks, type Mark, markSentences } from "./marks/marks.ts";
import { type Plan, parsePlan } from "./plan/plan.ts";
import { PlanError } from "./plan/schema.ts";
import { failureReport } from "./report/failure-report.ts";
import { planText } from "./report/plan-text.ts";

const usage = `npm run hunt -- [options]
  --for S           hunts for S seconds (default: 60, or without end if --runs is given)
  --runs N          stops after N runs
  --seed-from N     seeds N, N + 1, … (default: from a fresh one)
  --jobs N          workers (default: one a core)
  --shrink-for S    shrinks a failure for at most S seconds (default: 60)
  --out DIR         where the plan of a failure goes (default: here)
  --keep NAME       puts the plan into sim/regressions/NAME.json instead, where the tests replay it
  --plan FILE       shrinks this failing plan instead of hunting
  --all-marks       a hunt that misses a mark (docs/simulator.md) has failed
  --json            prints the result as one JSON object
Exit code: 0 nothing found · 1 a run failed, or with --all-marks a mark was missed · 2 bad arguments
`;

const known = {
  for: "value",
  runs: "value",
  "seed-from": "value",
  jobs: "value",
  "shrink-for": "value",
  out: "value",
  keep: "value",
  plan: "value",
  "all-marks": "flag",
  json: "flag",
  help: "flag",
} as const;

/** A run that takes longer than this may never end: the longest takes a second or two on an idle machine. */
const stuckMs = 180_000;

function integerOption(options: Options, name: string, min: number, max: number): number | undefined {
  const value = numberOption(options, name, min, max);
  if (value !== undefined && !Number.isInteger(value)) throw new PlanError(`The option --${name} must be an integer.`);
  return value;
}

function planOption(options: Options): Plan | undefined {
  const file = options.values.get("plan");
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new PlanError(`The plan ${file} cannot be read: ${reason(error)}.`);
  }
  return parsePlan(text);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function huntOf(options: Options): Hunt {
  const plan = planOption(options);
  const runs = integerOption(options, "runs", 1, 1e9);
  const seconds = numberOption(options, "for", 0.1, 1e6) ?? (runs === undefined ? 60 : 1e6);
  return {
    seedFrom: plan?.seed ?? seedOption(options, "seed-from") ?? Math.floor(Math.random() * 2 ** 32),
    plan,
    jobs: plan === undefined ? (integerOption(options, "jobs", 1, 256) ?? availableParallelism()) : 1,
    runsMax: plan === undefined ? (runs ?? 1e9) : 1,
    forMs: seconds * 1000,
    shrinkMs: (numberOption(options, "shrink-for", 0, 86_400) ?? 60) * 1000,
    stuckMs,
  };
}

/** Where the plan of a failure goes. Checked before the hunt: a long one should not end in a typing error. */
function destination(options: Options): (seed: number) => string {
  const keep = options.values.get("keep");
  if (keep !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(keep))
    throw new PlanError(`The name "${keep}" must consist of lower-case letters, digits and dashes.`);
  const folder = keep === undefined ? (options.values.get("out") ?? ".") : "sim/regressions";
  try {
    if (!existsSync(folder)) mkdirSync(folder);
  } catch (error) {
    throw new PlanError(`The folder ${folder} cannot be made: ${reason(error)}.`);
  }
  return (seed) => join(folder, `${keep ?? `hunt-${seed}`}.json`);
}

/** Shows a line that is written over, if somebody looks. */
class StatusLine {
  #shown = false;

  show(text: string): void {
    if (!process.stderr.isTTY) return;
    this.#shown = true;
    process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns ?? 100) - 1)}`);
  }

  clear(): void {
    if (this.#shown) process.stderr.write("\r\u001b[K");
    this.#shown = false;
  }
}

function shareDone(wanted: Hunt, state: HuntState): number {
  return Math.max(state.wallMs / wanted.forMs, state.runs / wanted.runsMax);
}

function tellFound(found: Found, file: string, drawn: boolean): string {
  const { before, plan, shrinkRuns, shrinkMs } = found;
  const to = `${plan.faults.length} faults and ${plan.workload.operations.length} operations`;
  const effort = `${shrinkRuns} runs, ${(shrinkMs / 1000).toFixed(1)} s${found.shrinkFinished ? "" : ", more time may make it smaller"}`;
  return failureReport({
    failure: found.failure,
    plan,
    shrunkFrom: `shrunk from ${before.faults} faults and ${before.operations} operations to ${to} (${effort})`,
    moments: found.moments,
    traceHash: found.traceHash,
    replay: `npm run sim -- --plan ${file}`,
    more: [
      `Diagram: npm run sim -- --plan ${file} --diagram`,
      ...(drawn ? [`As it was found: npm run sim -- --seed ${found.seed}`] : []),
    ],
  });
}

function print(result: HuntResult, wanted: Hunt, file: string | undefined): void {
  const { found, stuck } = result;
  console.log(
    `${speed(result)} · ${result.operations} operations · ${result.faults} faults struck · ${marksHit(result)}`,
  );
  for (const seed of stuck)
    console.log(`The run of seed ${seed} has not ended after ${stuckMs / 1000} s. See: npm run sim -- --seed ${seed}`);
  if (found !== undefined && file !== undefined) {
    console.log(`\n${tellFound(found, file, wanted.plan === undefined)}\n\nThe plan is in ${file}`);
  } else if (stuck.length === 0) console.log(wanted.plan === undefined ? "nothing found" : "the plan does not fail");
}

/** What the hunt never came across, a line each. */
function printMissed(missed: readonly Mark[]): void {
  console.log(`\nnever reached (${missed.length}):`);
  for (const mark of missed) console.log(`  ${mark}: ${markSentences[mark]}`);
}

function asJson(result: HuntResult, wanted: Hunt, file: string | undefined): string {
  const { found, wallMs, runs, events, virtualMs, operations, faults, stuck } = result;
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
    marks: result.marks,
    missedMarks: missedMarks(result),
    failure: found === undefined ? null : { ...found, plan: found.plan, file: file ?? null },
  });
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, known);
  if (options.flags.has("help")) {
    console.log(usage);
    return 0;
  }
  const wanted = huntOf(options);
  const fileOf = destination(options);
  const json = options.flags.has("json");
  if (!json && wanted.plan === undefined)
    console.log(
      `seeds from ${wanted.seedFrom} · ${wanted.jobs} workers · again: npm run hunt -- ${again(options, wanted)}`,
    );
  const line = new StatusLine();
  const result = await hunt(wanted, (state) => line.show(progressLine(state, shareDone(wanted, state))));
  line.clear();
  const file = result.found === undefined ? undefined : fileOf(result.found.seed);
  if (result.found !== undefined && file !== undefined) writeFileSync(file, planText(result.found.plan));
  if (json) console.log(asJson(result, wanted, file));
  else print(result, wanted, file);
  const missed = missedMarks(result);
  const demanded = options.flags.has("all-marks");
  // Short hunts miss many; to list them then would only be noise.
  if (!json && missed.length > 0 && wanted.plan === undefined && (demanded || result.runs >= 100)) printMissed(missed);
  if (demanded && missed.length > 0)
    console.error(`The hunt missed ${missed.length} marks: hunt longer, or see why nothing leads there any more.`);
  const clean = result.found === undefined && result.stuck.length === 0 && !(demanded && missed.length > 0);
  return clean ? 0 : 1;
}

function missedMarks({ marks }: HuntResult): Mark[] {
  return allMarks.filter((mark) => !marks.includes(mark));
}

/** The options that hunt the same seeds again. */
function again(options: Options, { seedFrom }: Hunt): string {
  const given = ["for", "runs", "jobs"].flatMap((name) => {
    const value = options.values.get(name);
    return value === undefined ? [] : [`--${name} ${value}`];
  });
  return [`--seed-from ${seedFrom}`, ...given].join(" ");
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PlanError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
