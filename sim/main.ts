/** `npm run sim`: one run of the simulator, from a seed or a plan. */
import { allCheckers } from "./checkers/all.ts";
import {
  freshSeed,
  integerOption,
  numberOption,
  type Options,
  parseArguments,
  refuseBeside,
  seedOption,
} from "./cli/arguments.ts";
import { exitCodes, print, runCommand } from "./cli/command.ts";
import { LineFile, readPlan, shellWord } from "./cli/files.ts";
import { LastEvents } from "./cli/last-events.ts";
import { heading, runReport, summary } from "./cli/report.ts";
import { generatePlan } from "./hunter/generate.ts";
import type { Plan } from "./plan/plan.ts";
import { Diagram } from "./report/diagram.ts";
import { Trace } from "./report/trace.ts";
import { run } from "./runner.ts";
import type { Observer } from "./world/observer.ts";

const usage = `npm run sim -- [options]
  --seed N              the run of this seed (default: a fresh one)
  --nodes N             servers, 1 to 9 (default: drawn from the seed)
  --minutes M           virtual minutes of faults, up to 60 (default: drawn from the seed)
  --clean               no faults
  --plan FILE           the run of this plan; it says all that the options above would
  --trace FILE          writes every event as NDJSON
  --diagram             prints a Mermaid sequence diagram
  --check-determinism   runs twice and compares the trace hashes
  --print-plan          prints the plan and runs nothing
Exit code: 0 every promise held · 1 a promise broke, or two runs differ · 2 bad arguments · 3 the trace or the output
           could not be written
`;

const known = {
  seed: "value",
  nodes: "value",
  minutes: "value",
  clean: "flag",
  plan: "value",
  trace: "value",
  diagram: "flag",
  "check-determinism": "flag",
  "print-plan": "flag",
  help: "flag",
} as const;

function planOf(options: Options): Plan {
  const file = options.values.get("plan");
  if (file !== undefined) return readPlan(file);
  const minutes = numberOption(options, "minutes", 0.01, 60);
  return generatePlan(seedOption(options, "seed") ?? freshSeed(), {
    servers: integerOption(options, "nodes", 1, 9),
    horizonMs: minutes === undefined ? undefined : Math.round(minutes * 60_000),
    clean: options.flags.has("clean"),
  });
}

function replayCommand(options: Options, plan: Plan): string {
  const file = options.values.get("plan");
  if (file !== undefined) return `npm run sim -- --plan ${shellWord(file)}`;
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
    print(usage);
    return exitCodes.fine;
  }
  refuseBeside(options, "plan", ["seed", "nodes", "minutes", "clean"], "the plan says all of that");
  refuseBeside(options, "print-plan", ["trace", "diagram", "check-determinism"], "nothing is run");
  const plan = planOf(options);
  if (options.flags.has("print-plan")) {
    print(JSON.stringify(plan, null, 2));
    return exitCodes.fine;
  }
  const traceFile = options.values.get("trace");
  const trace = traceFile === undefined ? undefined : new LineFile(traceFile);
  const replay = replayCommand(options, plan);
  print(heading(plan));
  print(`replay: ${replay}`);
  const code = simulate(plan, options, replay, trace);
  const incomplete = trace?.close();
  if (incomplete === undefined) return code;
  // What broke is the greater news.
  if (code === exitCodes.fine) throw incomplete;
  console.error(incomplete.message);
  return code;
}

function simulate(plan: Plan, options: Options, replay: string, trace: LineFile | undefined): number {
  const last = new LastEvents(40);
  const observers: Observer[] = [...allCheckers(), last];
  if (trace !== undefined) observers.push(new Trace((line) => trace.write(line)));
  const diagram = options.flags.has("diagram") ? new Diagram() : undefined;
  if (diagram !== undefined) observers.push(diagram);
  const begun = performance.now();
  const outcome = run(plan, observers);
  print(summary(outcome, performance.now() - begun));
  if (outcome.failure === undefined) print("every promise held");
  if (diagram !== undefined) print(`\n${diagram.text()}`);
  if (options.flags.has("check-determinism")) {
    const again = run(plan, allCheckers());
    if (again.traceHash !== outcome.traceHash) {
      print(`NOT DETERMINISTIC: the second run has the trace hash ${again.traceHash}`);
      return exitCodes.broken;
    }
    print("the second run has the same trace hash");
  }
  if (outcome.failure === undefined) return exitCodes.fine;
  print(`\n${runReport(outcome, last, replay)}`);
  return exitCodes.broken;
}

await runCommand(main);
