/** `npm run mutants`: plants known bugs, one at a time, and sees whether the simulator finds them. */
import {
  integerOption,
  numberOption,
  type Options,
  parseArguments,
  refuseBeside,
  seedOption,
} from "./cli/arguments.ts";
import { exitCodes, interruption, OutputError, print, reason, runCommand, UsageError } from "./cli/command.ts";
import { huntAll } from "./cli/mutants/hunt.ts";
import { mutatedText } from "./cli/mutants/load.ts";
import { explanation, isExplained, line, summary } from "./cli/mutants/print.ts";
import { huntAtRandom } from "./cli/mutants/random/command.ts";
import { type ResultRow, readRows, rowOf, writeRows } from "./cli/mutants/results.ts";
import { writeTables } from "./cli/mutants/tables.ts";
import { allMutants, groups, notApplicable } from "./mutants/catalogue.ts";
import type { Mutant } from "./mutants/mutant.ts";
import { count } from "./report/tell-events.ts";

const usage = `npm run mutants -- [options]
  --only C1,R1     these mutants (default: all)
  --budget S       processor seconds to find each in, per base seed (default 60)
  --seeds N        base seeds, hunted one by one (default 3)
  --seed-from N    where the base seeds begin (default 1)
  --jobs N         hunts at once, up to 64 (default 2)
  --shrink-for S   processor seconds to shrink the first plan of each in; 0 = not at all (default 20;
                   with --explain 120)
  --explain        plants, finds and shrinks, and tells the story; needs --only
  --json           results as JSON
  --write          keeps the results in docs/mutants.json and writes docs/mutants.md and docs/invariants.md
  --pages          writes these pages from the results that were kept, and hunts none
  --list           lists the mutants and hunts none

npm run mutants -- --random N [options]: not the catalogue, but N mutants made by rule (docs/simulator.md)
  --seed N         which ones are drawn (default: a fresh seed, which is printed)
  --for S          processor seconds to find each in (default 30)
  --runs N         how many runs are compared with those of the sound code (default 100: 10 s)
  --only ID,ID     these again, whatever the seed
  --tests          gives those that live to the unit and property tests that lead to their file, too
  --write          keeps the figures in docs/random-mutants.json and docs/mutants.md
  --resume         goes on with the sample that is kept there, until it has N mutants; with --tests these are asked of
                   those that lived and of which they have not been
  --again          hunts those of it once more that lived or were not reached; those whose place has another text go
  --seed-from, --jobs, --json, --list as above

Ctrl-C ends it and prints the figures of the mutants that were done; with --write these are kept.
Exit code: 0 all were killed, but for those that are expected to survive; with --random, whatever lived · 1 one
           survived · 2 bad arguments · 3 the pages or the output could not be written · 130 Ctrl-C
`;

const known = {
  only: "value",
  budget: "value",
  seeds: "value",
  "seed-from": "value",
  jobs: "value",
  "shrink-for": "value",
  explain: "flag",
  json: "flag",
  list: "flag",
  write: "flag",
  pages: "flag",
  random: "value",
  seed: "value",
  for: "value",
  runs: "value",
  tests: "flag",
  resume: "flag",
  again: "flag",
  help: "flag",
} as const;

/** Seeds of one base are far from those of the next. */
const baseStep = 1_000_000;

function chosen(options: Options): readonly Mutant[] {
  const only = options.values.get("only");
  if (only === undefined) return allMutants;
  const ids = only.split(",").map((text) => text.trim().toUpperCase());
  return [...new Set(ids)].map((id) => {
    const mutant = allMutants.find((other) => other.id === id);
    if (mutant !== undefined) return mutant;
    const missing = notApplicable.find((other) => other.id === id);
    throw new UsageError(
      missing === undefined
        ? `There is no mutant "${id}"; see npm run mutants -- --list.`
        : `The mutant ${id} (${missing.title}) cannot be planted: ${missing.reason}.`,
    );
  });
}

function list(): void {
  for (const { title, mutants } of groups) {
    print(`\n${title}`);
    for (const { id, title, kind } of mutants)
      print(`  ${id.padEnd(4)} ${title}${kind === "liveness" ? " (liveness)" : ""}`);
  }
  print("\nNot planted");
  for (const { id, title, reason } of notApplicable) print(`  ${id.padEnd(4)} ${title}: ${reason}`);
}

/** Options that only a hunt heeds. */
const huntOptions = ["only", "budget", "seeds", "seed-from", "jobs", "shrink-for", "explain", "json", "write"];

async function main(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, known);
  const { flags } = options;
  if (flags.has("help")) {
    print(usage);
    return exitCodes.fine;
  }
  if (options.values.has("random")) return huntAtRandom(options);
  for (const name of ["seed", "for", "runs", "tests", "resume", "again"])
    if (options.values.has(name) || flags.has(name))
      throw new UsageError(`The option --${name} needs --random N: the catalogue's mutants are not drawn.`);
  refuseBeside(options, "list", [...huntOptions, "pages"], "nothing is hunted or written");
  refuseBeside(options, "pages", huntOptions, "nothing is hunted");
  if (flags.has("list")) list();
  else if (flags.has("pages")) keep(readRows());
  else return run(options, chosen(options));
  return exitCodes.fine;
}

/** Rows of mutants that are gone are forgotten. */
function keep(rows: ReadonlyMap<string, ResultRow>): void {
  const ids = allMutants.map(({ id }) => id);
  try {
    writeRows(rows, ids);
    writeTables(rows);
  } catch (error) {
    throw new OutputError(`The pages in docs/ cannot be written: ${reason(error)}.`);
  }
}

async function run(options: Options, mutants: readonly Mutant[]): Promise<number> {
  const explain = options.flags.has("explain");
  const json = options.flags.has("json");
  if (explain && !options.values.has("only")) throw new UsageError("The option --explain needs --only, as --only C1.");
  refuseBeside(options, "explain", ["seeds", "json", "write"], "it finds each mutant once and tells the story");
  const budgetMs = 1000 * (numberOption(options, "budget", 0.1, 86_400) ?? 60);
  const shrinkMs = 1000 * (numberOption(options, "shrink-for", 0, 3_600) ?? (explain ? 120 : 20));
  const seeds = explain ? 1 : (integerOption(options, "seeds", 1, 1_000) ?? 3);
  const from = seedOption(options, "seed-from") ?? 1;
  const jobs = integerOption(options, "jobs", 1, 64) ?? 2;
  for (const mutant of mutants) mutatedText(mutant);
  const rows = new Map<string, ResultRow>();
  let cleanFailures = 0;
  const stop = interruption();
  await huntAll({
    mutants,
    baseSeeds: Array.from({ length: seeds }, (_, i) => (from + i * baseStep) >>> 0),
    budgetMs,
    shrinkMs,
    tell: explain,
    jobs,
    stop,
    onCleanFailure: ({ seed, invariant, message }) => {
      cleanFailures++;
      console.error(`Seed ${seed} breaks ${invariant} without any mutant: ${message}. It counts for nothing.`);
    },
    onDone: (mutant, results) => {
      const row = rowOf(mutant, results, budgetMs);
      rows.set(mutant.id, row);
      const [first] = results;
      if (explain && first !== undefined) print(explanation(mutant, first));
      else if (!json) print(line(mutant, row));
    },
  });
  const done = mutants.filter(({ id }) => rows.has(id));
  if (stop.aborted && !json) print(`interrupted: ${done.length} of ${count(mutants.length, "mutant")} done`);
  if (json)
    print(
      JSON.stringify(
        done.flatMap(({ id }) => rows.get(id) ?? []),
        null,
        2,
      ),
    );
  else if (!explain) for (const sentence of summary(done, rows)) print(sentence);
  if (options.flags.has("write")) keep(new Map([...readRows(), ...rows]));
  if (stop.aborted) return exitCodes.interrupted;
  const lived = mutants.some((mutant) => !isExplained(mutant) && rows.get(mutant.id)?.killed === 0);
  return lived || cleanFailures > 0 ? exitCodes.broken : exitCodes.fine;
}

await runCommand(main);
