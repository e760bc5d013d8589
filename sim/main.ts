/** `npm run sim`: one run of the simulator, from a seed or a plan. */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { allCheckers } from "./checkers/all.ts";
import { numberOption, type Options, parseArguments, seedOption } from "./cli/arguments.ts";
import { Diagram } from "./cli/diagram.ts";
import { LastEvents } from "./cli/last-events.ts";
import { runReport, summary } from "./cli/report.ts";
import { Trace } from "./cli/trace.ts";
import { generatePlan } from "./hunter/generate.ts";
import type { Observer } from "./observer.ts";
import { type Plan, parsePlan } from "./plan/plan.ts";
import { PlanError } from "./plan/schema.ts";
import { run } from "./runner.ts";

const usage = `npm run sim -- [options]
  --seed N              the run of this seed (default: a fresh one)
  --nodes N             servers (default: drawn from the seed)
  --minutes M           virtual minutes of faults (default: drawn from the seed)
  --clean               no faults
  --plan FILE           a plan instead of a seed
  --trace FILE          writes every event as NDJSON
  --diagram             prints a Mermaid sequence diagram
  --print-plan          prints the plan and runs nothing
  --check-determinism   runs twice and compares the trace hashes
`;

const known = {
  seed: "value",
  nodes: "value",
  minutes: "value",
  plan: "value",
  trace: "value",
  clean: "flag",
  diagram: "flag",
  "print-plan": "flag",
  "check-determinism": "flag",
  help: "flag",
} as const;

function planOf(options: Options): Plan {
  const file = options.values.get("plan");
  if (file !== undefined) return parsePlan(readPlan(file));
  const minutes = numberOption(options, "minutes", 0.01, 60);
  const nodes = numberOption(options, "nodes", 1, 9);
  if (nodes !== undefined && !Number.isInteger(nodes)) throw new PlanError("The option --nodes must be an integer.");
  return generatePlan(seedOption(options, "seed") ?? freshSeed(), {
    servers: nodes,
    horizonMs: minutes === undefined ? undefined : Math.round(minutes * 60_000),
    clean: options.flags.has("clean"),
  });
}

function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

function readPlan(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new PlanError(`The plan ${file} cannot be read: ${reason(error)}.`);
  }
}

function openTrace(file: string): number {
  try {
    return openSync(file, "w");
  } catch (error) {
    throw new PlanError(`The trace file ${file} cannot be written: ${reason(error)}.`);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function replayCommand(options: Options, plan: Plan): string {
  const file = options.values.get("plan");
  if (file !== undefined) return `npm run sim -- --plan ${file}`;
  const parts = [`npm run sim -- --seed ${plan.seed}`];
  for (const name of ["nodes", "minutes"]) {
    const value = options.values.get(name);
    if (value !== undefined) parts.push(`--${name} ${value}`);
  }
  if (options.flags.has("clean")) parts.push("--clean");
  return parts.join(" ");
}

function main(args: readonly string[]): number {
  const options = parseArguments(args, known);
  if (options.flags.has("help")) {
    console.log(usage);
    return 0;
  }
  const plan = planOf(options);
  if (options.flags.has("print-plan")) {
    console.log(JSON.stringify(plan, null, 2));
    return 0;
  }
  const replay = replayCommand(options, plan);
  const { servers, clients, horizonMs } = plan.config;
  console.log(
    `seed ${plan.seed} · ${servers} servers, ${clients} clients, ${horizonMs / 1000} virtual s, ${plan.faults.length} faults`,
  );
  console.log(`replay: ${replay}`);
  return simulate(plan, options, replay);
}

function simulate(plan: Plan, options: Options, replay: string): number {
  const last = new LastEvents(40);
  const observers: Observer[] = [...allCheckers(), last];
  const traceFile = options.values.get("trace");
  const trace = traceFile === undefined ? undefined : openTrace(traceFile);
  if (trace !== undefined) observers.push(new Trace((line) => writeSync(trace, line)));
  const diagram = options.flags.has("diagram") ? new Diagram() : undefined;
  if (diagram !== undefined) observers.push(diagram);
  const begun = performance.now();
  const outcome = run(plan, observers);
  console.log(summary(outcome, performance.now() - begun));
  if (trace !== undefined) closeSync(trace);
  if (diagram !== undefined) console.log(diagram.text());
  if (options.flags.has("check-determinism")) {
    const again = run(plan, allCheckers());
    if (again.traceHash !== outcome.traceHash) {
      console.log(`NOT DETERMINISTIC: the second run has the trace hash ${again.traceHash}`);
      return 1;
    }
    console.log("the second run has the same trace hash");
  }
  if (outcome.failure === undefined) return 0;
  console.log(`\n${runReport(outcome, last, replay)}`);
  return 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PlanError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
