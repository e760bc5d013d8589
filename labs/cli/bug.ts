/** `npm run lab -- bug`: a planted bug of the catalogue, of which only the story is shown. */

import { freshSeed, parseArguments, seedOption } from "../../sim/cli/arguments.ts";
import { exitCodes, print, UsageError } from "../../sim/cli/command.ts";
import { mutatedText } from "../../sim/cli/mutants/load.ts";
import { readRows } from "../../sim/cli/mutants/results.ts";
import { allMutants } from "../../sim/mutants/catalogue.ts";
import type { Mutant } from "../../sim/mutants/mutant.ts";
import { causeOf } from "../../sim/promises.ts";
import { wrap } from "../../sim/report/wrap.ts";
import { mix32 } from "../../src/base/random.ts";
import type { HuntTask } from "../hunt.ts";
import { sourceOf } from "./blank.ts";
import { check, type Exam, shrinkEventsMax } from "./check.ts";
import { begun, failureFile, tellVerdict, warnOutdated } from "./commands.ts";
import { LabFolder } from "./folder.ts";
import { hunt, plansOf } from "./hunt.ts";
import { width } from "./report.ts";

/** A bug that takes more runs to be found, by the hunts that docs/mutants.md tells of, is not chosen. */
const runsMax = 15;

/** Random plans that are run until the bug shows. */
const seeds: HuntTask["seeds"] = { from: 1, count: 300 };

/** The plan in which the bug showed first, in the reader's folder. */
const storyFile = "story.json";

/** The bugs that may be chosen: found in all hunts, soon, and for the reason that was expected. */
export function choices(): readonly Mutant[] {
  const rows = readRows();
  return allMutants.filter(({ id }) => {
    const row = rows.get(id);
    return row !== undefined && row.killed === row.tried && row.wrong === 0 && row.medianRuns <= runsMax;
  });
}

/** The bug of a seed: the same one, as long as the catalogue is. */
export function bugOf(seed: number): Mutant {
  const among = choices();
  const chosen = among[mix32(seed) % Math.max(1, among.length)];
  if (chosen === undefined) throw new UsageError("No bug of the catalogue can be chosen: docs/mutants.json is empty.");
  return chosen;
}

/** The seed in the name of a bug's folder; undefined if it is no such name. */
export function seedOf(name: string): number | undefined {
  const digits = /^bug-(\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Plants a bug, finds it, and shows its story. */
export async function plantBug(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, { seed: "value" });
  const seed = seedOption(options, "seed") ?? freshSeed() % 10_000;
  const mutant = bugOf(seed);
  const name = `bug-${seed}`;
  const folder = new LabFolder(name);
  if (folder.exists) throw new UsageError(`${folder.name} is there already: npm run lab -- check ${name}`);
  print("Somebody has changed one place of one file. The simulator looks for a run in which it shows …\n");
  const files = new Map([[mutant.file, mutatedText(mutant)]]);
  const outcome = await hunt(files, { plans: plansOf([], []), seeds, shrinkEventsMax });
  if (outcome.kind !== "broken")
    throw new UsageError(`The bug of seed ${seed} did not show in ${seeds.count} runs: take another seed.`);
  const { failure, story, after, plan } = outcome.broken;
  const told = [
    ...causeOf(failure).flatMap((sentence) => wrap(sentence, width, " ".repeat(11))),
    "",
    ...story,
    ...(after.length > 0 ? ["", "What comes of it, if nobody stops it:", ...after] : []),
  ];
  folder.create(files, taskText(name, mutant, told), { seed });
  folder.write(storyFile, plan);
  folder.write(failureFile, plan);
  print(told.join("\n"));
  print(`\nThe file is ${folder.name}/${mutant.file}. Find the line, mend it, and then:`);
  print(`  npm run lab -- check ${name}`);
  print(`  npm run lab -- play ${name} --story       # the whole story, or --diagram`);
  print(`  npm run lab -- solution ${name}           # what it was`);
  return exitCodes.fine;
}

function taskText(name: string, { file }: Mutant, told: readonly string[]): string {
  return `${[
    "# A planted bug",
    "",
    `One place of \`${file}\` was changed. This is what came of it:`,
    "",
    "```text",
    ...told,
    "```",
    "",
    "Find the place and mend it. How it was written is no matter; what counts is that every promise holds again.",
    "",
    "```",
    `npm run lab -- check ${name}`,
    `npm run lab -- play ${name} --story`,
    `npm run lab -- solution ${name}`,
    "```",
  ].join("\n")}\n`;
}

/** What a mended file is put to: the run in which the bug showed, all scenes' worth of other runs, and random ones. */
export function examOfBug(folder: LabFolder): Exam {
  return {
    tests: [],
    plans: [
      { name: "the story", json: folder.read(storyFile) },
      ...plansOf(["figure-7", "figure-8", "watch-failover"], []),
    ],
    seeds: { from: 1, count: 60 },
  };
}

/** Grades the mended file. */
export async function gradeBug(name: string): Promise<number> {
  const folder = begun(name);
  const mutant = bugOf(seedOf(name) ?? 0);
  print(`${name}: a planted bug in ${mutant.file}\n`);
  warnOutdated(folder, name);
  const verdict = await check(folder, examOfBug(folder));
  tellVerdict(verdict, folder, { name, promise: "Every promise that the simulator watches over: docs/invariants.md." });
  if (!verdict.passed) return exitCodes.broken;
  print(
    ["Mended.", "", `${mutant.id}: ${mutant.title} (${mutant.source})`, ...wrap(mutant.lesson, width, "")].join("\n"),
  );
  return exitCodes.fine;
}

/** Says what the bug was. */
export function solveBug(name: string): number {
  const folder = begun(name);
  const mutant = bugOf(seedOf(name) ?? 0);
  const source = sourceOf(mutant.file);
  const line = source.slice(0, source.indexOf(mutant.find)).split("\n").length;
  const lines = (prefix: string, text: string): string[] =>
    text.trim() === ""
      ? [`${prefix}(nothing)`]
      : text
          .replace(/\n$/, "")
          .split("\n")
          .map((one) => prefix + one);
  print(
    [
      `${mutant.id}: ${mutant.title} (${mutant.source})`,
      "",
      `${mutant.file}:${line}, in ${folder.name} changed to`,
      ...lines("  - ", mutant.find),
      ...lines("  + ", mutant.replace),
      "",
      ...wrap(mutant.lesson, width, ""),
    ].join("\n"),
  );
  return exitCodes.fine;
}
