/** `npm run hunt`: many seeds on all cores until one fails; its plan is then made small and told. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { writeWholeFile } from "../src/files/whole-file.ts";
import {
  freshSeed,
  integerOption,
  numberOption,
  type Options,
  parseArguments,
  refuseBeside,
  seedOption,
} from "./cli/arguments.ts";
import { exitCodes, interruption, OutputError, print, reason, runCommand, UsageError } from "./cli/command.ts";
import { coverageOf, tellBelow, tellCoverage } from "./cli/coverage/report.ts";
import { prepareFolder, readPlan } from "./cli/files.ts";
import { writePage } from "./cli/html.ts";
import { asJson, asText, missedMarks, type PlanFile, tellMissed } from "./cli/hunt-report.ts";
import type { Found } from "./hunt/messages.ts";
import { type Hunt, type HuntResult, type HuntState, hunt } from "./hunt/pool.ts";
import { progressLine } from "./hunt/progress.ts";
import { planText } from "./report/plan-text.ts";
import { count } from "./report/tell-events.ts";

const usage = `npm run hunt -- [options]
  --for S           hunts for S seconds (default: 60, or without end if --runs is given)
  --runs N          stops after N runs
  --seed-from N     seeds N, N + 1, … (default: from a fresh one)
  --jobs N          workers, up to 64 (default: one a core)
  --all-marks       a hunt that misses a mark (docs/simulator.md) has failed
  --coverage        says which lines, branches and functions of the simulated rooms no run reached; with as many runs as
                    sim/coverage.json says, or more, a hunt below the floor that stands there has failed
  --plan FILE       shrinks this failing plan instead of hunting
  --shrink-for S    shrinks a failure for at most S seconds (default: 60)
  --out FOLDER      where the plan of a failure goes, and the page that plays it (default: here)
  --keep NAME       puts the plan into sim/regressions/NAME.json instead, where the tests replay it
  --json            prints the result as one JSON object
Ctrl-C ends it and prints what was done.
Exit code: 0 nothing found · 1 a run failed, or a mark was missed with --all-marks, or code with --coverage ·
           2 bad arguments · 3 the output could not be written · 130 Ctrl-C, and nothing found so far
`;

const known = {
  for: "value",
  runs: "value",
  "seed-from": "value",
  jobs: "value",
  "all-marks": "flag",
  coverage: "flag",
  plan: "value",
  "shrink-for": "value",
  out: "value",
  keep: "value",
  json: "flag",
  help: "flag",
} as const;

/** A run that takes longer than this may never end: the longest takes a second or two on an idle machine. */
const stuckMs = 180_000;

function huntOf(options: Options): Hunt {
  const seeded = ["for", "runs", "seed-from", "jobs", "all-marks", "coverage"];
  refuseBeside(options, "plan", seeded, "this one plan is shrunk, and none is drawn from a seed");
  const file = options.values.get("plan");
  const shrinkMs = (numberOption(options, "shrink-for", 0, 86_400) ?? 60) * 1000;
  if (file !== undefined) {
    const plan = readPlan(file);
    return { seedFrom: plan.seed, plan, jobs: 1, runsMax: 1, forMs: 1e9, shrinkMs, stuckMs, coverage: false };
  }
  const runs = integerOption(options, "runs", 1, 1_000_000_000);
  const seconds = numberOption(options, "for", 0.1, 1_000_000) ?? (runs === undefined ? 60 : 1_000_000);
  const jobs = integerOption(options, "jobs", 1, 64) ?? availableParallelism();
  return {
    seedFrom: seedOption(options, "seed-from") ?? freshSeed(),
    plan: undefined,
    // A worker without a run would only take memory.
    jobs: Math.min(jobs, runs ?? jobs),
    runsMax: runs ?? 1_000_000_000,
    forMs: seconds * 1000,
    shrinkMs,
    stuckMs,
    coverage: options.flags.has("coverage"),
  };
}

/** Where the plan of a failure goes. Checked before the hunt: a long one should not end in a typing error. */
function destination(options: Options): (seed: number) => string {
  refuseBeside(options, "keep", ["out"], "the plan goes into sim/regressions/");
  const keep = options.values.get("keep");
  const out = options.values.get("out") ?? ".";
  if (keep === undefined) {
    if (out.endsWith(".json") && !existsSync(out))
      throw new UsageError(
        `The option --out takes a folder, and ${out} looks like a file; its name will be hunt-SEED.json.`,
      );
    prepareFolder(out);
    return (seed) => join(out, `hunt-${seed}.json`);
  }
  if (!/^[a-z0-9][a-z0-9-]*$/.test(keep))
    throw new UsageError(`The name "${keep}" must consist of lower-case letters, digits and dashes.`);
  const file = join("sim", "regressions", `${keep}.json`);
  if (existsSync(file)) throw new UsageError(`There is a plan ${file} already; choose another name for --keep.`);
  prepareFolder(join("sim", "regressions"));
  return () => file;
}

/** Writes the page that plays the plan of a failure; without one, the plan is enough. */
function savePage({ plan, seed }: Found, folder: string): string | undefined {
  const file = join(folder, `hunt-${seed}.html`);
  try {
    writePage(file, plan);
    return file;
  } catch (error) {
    console.error(error instanceof OutputError ? error.message : reason(error));
    return undefined;
  }
}

/** Writes the plan of a failure. One of an earlier hunt of the same seed is replaced, one in `sim/regressions/` never. */
function save(found: Found, file: string, kept: boolean): PlanFile {
  try {
    writeWholeFile(file, planText(found.plan), { replace: !kept });
    // What is kept is for the tests, which have no use for a page.
    const page = savePage(found, kept ? "." : dirname(file));
    return { file, written: true, page };
  } catch (error) {
    console.error(`The plan cannot be written to ${file}: ${reason(error)}. It is printed instead.`);
    return { file, written: false, page: undefined };
  }
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

async function main(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, known);
  if (options.flags.has("help")) {
    print(usage);
    return exitCodes.fine;
  }
  const wanted = huntOf(options);
  const fileOf = destination(options);
  const json = options.flags.has("json");
  if (!json && wanted.plan === undefined) {
    const seeds = `seeds from ${wanted.seedFrom} · ${count(wanted.jobs, "worker")}`;
    print(`${seeds} · again: npm run hunt -- ${again(options, wanted)}`);
  }
  const line = new StatusLine();
  const show = (state: HuntState) => line.show(progressLine(state, shareDone(wanted, state)));
  const result = await hunt(wanted, show, interruption());
  line.clear();
  const saved =
    result.found === undefined ? undefined : save(result.found, fileOf(result.found.seed), options.values.has("keep"));
  const coverage = result.coverage.length === 0 ? undefined : await coverageOf(result);
  print(json ? asJson(result, wanted, saved, coverage) : asText(result, wanted, saved));
  if (coverage !== undefined && !json) print(tellCoverage(coverage));
  const code = judge(options, wanted, result);
  if (coverage === undefined || coverage.below.length === 0) return code;
  console.error(tellBelow(coverage));
  return code === exitCodes.fine ? exitCodes.broken : code;
}

/** Says which marks were missed, if that matters; returns the exit code. */
function judge(options: Options, wanted: Hunt, result: HuntResult): number {
  const missed = missedMarks(result);
  const demanded = options.flags.has("all-marks");
  if (result.interrupted) return result.found === undefined ? exitCodes.interrupted : exitCodes.broken;
  // Short hunts miss many; to list them then would only be noise.
  const telling = wanted.plan === undefined && (demanded || result.runs >= 100);
  if (!options.flags.has("json") && missed.length > 0 && telling) print(tellMissed(missed));
  const short = demanded && missed.length > 0;
  if (short)
    console.error(
      `The hunt missed ${count(missed.length, "mark")}: hunt longer, or see why nothing leads there any more.`,
    );
  return result.found === undefined && result.stuck.length === 0 && !short ? exitCodes.fine : exitCodes.broken;
}

/** The options that hunt the same seeds again. */
function again(options: Options, { seedFrom }: Hunt): string {
  const given = ["for", "runs", "jobs"].flatMap((name) => {
    const value = options.values.get(name);
    return value === undefined ? [] : [`--${name} ${value}`];
  });
  return [`--seed-from ${seedFrom}`, ...given].join(" ");
}

await runCommand(main);
