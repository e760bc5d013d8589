/** `npm run sim`: one run of the simulator, from a seed, a plan or a scene. */
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
import { paint } from "./cli/colours.ts";
import { exitCodes, print, runCommand, UsageError } from "./cli/command.ts";
import { LineFile, readPlan, shellWord } from "./cli/files.ts";
import { writePage } from "./cli/html.ts";
import { LastEvents } from "./cli/last-events.ts";
import { plantedHere } from "./cli/planted-here.ts";
import { heading, runReport, summary } from "./cli/report.ts";
import { readScene, sceneNames } from "./cli/scenes.ts";
import { generatePlan } from "./hunter/generate.ts";
import { horizonMaxMs } from "./plan/actions.ts";
import { type Plan, serverCount } from "./plan/plan.ts";
import { aftermath, aftermathTitle } from "./report/aftermath.ts";
import { decisiveMoments, decisiveTitle } from "./report/decisive.ts";
import { Diagram, type DiagramCut } from "./report/diagram.ts";
import { Story } from "./report/story.ts";
import { storyLines, storySummary } from "./report/story-text.ts";
import { Trace } from "./report/trace.ts";
import { wrap } from "./report/wrap.ts";
import { run } from "./runner.ts";
import { missingLine, type Scene } from "./scenes/scene.ts";
import type { Observer } from "./world/observer.ts";

const usage = `npm run sim -- [options]
  --seed N              the run of this seed (default: a fresh one)
  --servers N           servers, 1 to 9 (default: drawn from the seed)
  --minutes M           virtual minutes of faults, up to 60 (default: drawn from the seed)
  --clean               no faults
  --plan FILE           the run of this plan; it says all that the options above would
  --scene NAME          a scene from the paper, with its story; "list" names them
  --mutant ID           with this bug planted; npm run mutants -- --list names them
  --story               prints the whole story, a line for each thing that matters
  --diagram             prints a Mermaid sequence diagram, and the rest to stderr
  --from MS, --to MS    of the story or the diagram: only this part, virtual ms
  --nodes n1,n3         of the story or the diagram: only these servers
  --trace FILE          writes every event as NDJSON
  --html FILE           writes a page that plays the run in a browser, offline
  --check-determinism   runs twice and compares the trace hashes
  --print-plan          prints the plan and runs nothing
Exit code: 0 every promise held · 1 a promise broke, two runs differ, or a scene went another way · 2 bad arguments
           3 the trace, the page or the output could not be written
`;

const known = {
  seed: "value",
  servers: "value",
  minutes: "value",
  clean: "flag",
  plan: "value",
  scene: "value",
  mutant: "value",
  story: "flag",
  diagram: "flag",
  from: "value",
  to: "value",
  nodes: "value",
  trace: "value",
  html: "value",
  "check-determinism": "flag",
  "print-plan": "flag",
  help: "flag",
} as const;

/** What is to be run, and how to run it again. */
interface Wanted {
  readonly plan: Plan;
  readonly scene: Scene | undefined;
  readonly replay: string;
  readonly cut: DiagramCut;
}

function wanted(options: Options): Wanted {
  const name = options.values.get("scene");
  const scene = name === undefined ? undefined : readScene(name);
  const plan = scene?.plan ?? planOf(options);
  return { plan, scene, replay: `${replayCommand(options, plan)}${planted}`, cut: cutOf(options, plan) };
}

function planOf(options: Options): Plan {
  const file = options.values.get("plan");
  if (file !== undefined) return readPlan(file);
  const minutes = numberOption(options, "minutes", 0.01, 60);
  return generatePlan(seedOption(options, "seed") ?? freshSeed(), {
    servers: integerOption(options, "servers", 1, 9),
    horizonMs: minutes === undefined ? undefined : Math.round(minutes * 60_000),
    clean: options.flags.has("clean"),
  });
}

/** How a replay says that a bug was planted in this code. */
const planted = plantedHere === undefined ? "" : ` --mutant ${plantedHere}`;

function replayCommand(options: Options, plan: Plan): string {
  for (const name of ["plan", "scene"]) {
    const value = options.values.get(name);
    if (value !== undefined) return `npm run sim -- --${name} ${shellWord(value)}`;
  }
  const parts = [`npm run sim -- --seed ${plan.seed}`];
  for (const name of ["servers", "minutes"]) {
    const value = options.values.get(name);
    if (value !== undefined) parts.push(`--${name} ${value}`);
  }
  if (options.flags.has("clean")) parts.push("--clean");
  return parts.join(" ");
}

function cutOf(options: Options, plan: Plan): DiagramCut {
  const fromMs = numberOption(options, "from", 0, 2 * horizonMaxMs);
  const toMs = numberOption(options, "to", 0, 2 * horizonMaxMs);
  if ((toMs ?? Number.POSITIVE_INFINITY) < (fromMs ?? 0))
    throw new UsageError(`Nothing lies between --from ${fromMs} and --to ${toMs}: give the earlier time first.`);
  const text = options.values.get("nodes");
  const cut = { ...(fromMs === undefined ? {} : { fromMs }), ...(toMs === undefined ? {} : { toMs }) };
  if (text === undefined) return cut;
  if (/^\d+$/.test(text))
    throw new UsageError(
      `The option --nodes names the servers to show, as n1,n3; for ${text} servers, say --servers ${text}.`,
    );
  const nodes = text.split(",").map((word) => (/^n[1-9]\d?$/.test(word) ? Number(word.slice(1)) : 0));
  const last = serverCount(plan.config);
  if (nodes.some((id) => id === 0 || id > last))
    throw new UsageError(`The option --nodes is "${text}", but names servers from n1 to n${last}, as n1,n3.`);
  return { ...cut, nodes };
}

function listScenes(): void {
  for (const name of sceneNames()) {
    const { title, paper } = readScene(name);
    print(`${name.padEnd(22)} ${title} (${paper})`);
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, known);
  if (options.flags.has("help")) {
    print(usage);
    return exitCodes.fine;
  }
  const drawing = ["seed", "servers", "minutes", "clean"];
  refuseBeside(options, "plan", [...drawing, "scene"], "the plan says all of that");
  refuseBeside(options, "scene", drawing, "the scene says all of that");
  refuseBeside(options, "print-plan", ["trace", "html", "story", "diagram", "check-determinism"], "nothing is run");
  const plants = "a page has the code as it is; npm run play -- --plan FILE --bug ID plants a bug";
  refuseBeside(options, "mutant", ["html"], plants);
  refuseBeside(options, "diagram", ["story"], "either the one or the other goes to stdout");
  const cuts = ["from", "to", "nodes"].filter((name) => options.values.has(name));
  const shows = ["story", "diagram"].some((name) => options.flags.has(name)) || options.values.has("scene");
  if (cuts.length > 0 && !shows)
    throw new UsageError(`The option --${cuts[0]} cuts a story or a diagram: add --story or --diagram.`);
  if (options.values.get("scene") === "list") {
    listScenes();
    return exitCodes.fine;
  }
  const id = options.values.get("mutant");
  if (id !== undefined) return await playPlanted(id, args);
  const what = wanted(options);
  if (options.flags.has("print-plan")) {
    print(JSON.stringify(what.plan, null, 2));
    return exitCodes.fine;
  }
  const traceFile = options.values.get("trace");
  const trace = traceFile === undefined ? undefined : new LineFile(traceFile);
  const page = options.values.get("html");
  // Before the run: whether it can be written is soon known, and a run may take long.
  if (page !== undefined) writePage(page, what.plan);
  const code = simulate(what, options, trace);
  if (page !== undefined) sayOf(options)(`the page that plays it is in ${page}`);
  const incomplete = trace?.close();
  if (incomplete === undefined) return code;
  // What broke is the greater news.
  if (code === exitCodes.fine) throw incomplete;
  console.error(incomplete.message);
  return code;
}

/** The run with a bug planted, and what one may learn from it. */
async function playPlanted(id: string, args: readonly string[]): Promise<number> {
  // Only who plants a bug needs a bundler: a bundled program has none.
  const { mutantOf, runPlanted } = await import("./cli/mutants/planted.ts");
  const mutant = mutantOf(id);
  const at = args.findIndex((arg) => arg === "--mutant" || arg.startsWith("--mutant="));
  const rest = args.filter((_, i) => i !== at && !(args[at] === "--mutant" && i === at + 1));
  const code = await runPlanted(mutant, rest);
  if (code === exitCodes.broken) print(["", ...wrap(`Lesson: ${mutant.lesson}`, 120, "")].join("\n"));
  if (code === exitCodes.fine) print("\nthe bug does not show in this run");
  return code;
}

/** Where everything goes but a diagram: beside one, nothing else may stand on stdout. */
function sayOf(options: Options): (line: string) => void {
  return options.flags.has("diagram") ? (line) => console.error(line) : print;
}

function simulate({ plan, scene, replay, cut }: Wanted, options: Options, trace: LineFile | undefined): number {
  const wantsDiagram = options.flags.has("diagram");
  const say = sayOf(options);
  if (scene !== undefined) say([`${scene.title} (${scene.paper})`, ...wrap(scene.look, 120, ""), ""].join("\n"));
  say(heading(plan));
  say(`replay: ${replay}`);
  const last = new LastEvents(40);
  const diagram = new Diagram(cut);
  const story = new Story();
  const observers: Observer[] = [...allCheckers(), last, story];
  if (wantsDiagram) observers.push(diagram);
  if (trace !== undefined) observers.push(new Trace((line) => trace.write(line)));
  const begun = performance.now();
  const outcome = run(plan, observers);
  const wallMs = performance.now() - begun;
  if (options.flags.has("story") || (scene !== undefined && !wantsDiagram))
    for (const line of storyLines(story, paint(), cut)) say(line);
  say(storySummary(story, outcome).join("\n"));
  say(summary(outcome, wallMs));
  if (outcome.failure === undefined) say("every promise held");
  if (wantsDiagram) print(diagram.text());
  let code: number = exitCodes.fine;
  if (options.flags.has("check-determinism")) {
    const again = run(plan, allCheckers());
    const same = again.traceHash === outcome.traceHash;
    if (!same) code = exitCodes.broken;
    say(
      same
        ? "the second run has the same trace hash"
        : `NOT DETERMINISTIC: the second run has the trace hash ${again.traceHash}`,
    );
  }
  if (outcome.failure !== undefined) {
    say(`\n${runReport(outcome, last, replay)}`);
    const after = aftermath(plan, outcome.failure);
    if (after.length > 0) say(["", aftermathTitle, ...after].join("\n"));
    const decisive = decisiveMoments(plan, outcome.failure);
    if (decisive.length > 0) say(["", decisiveTitle, ...decisive].join("\n"));
    return exitCodes.broken;
  }
  const missing = scene === undefined ? undefined : missingLine(scene, story.lines());
  if (missing === undefined) return code;
  say(`the scene went another way: of ${missing.who === "" ? "the story" : missing.who}, "${missing.says}" never came`);
  return exitCodes.broken;
}

await runCommand(main);
