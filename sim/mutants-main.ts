/** `npm run mutants`: plants known bugs, one at a time, and sees whether the simulator finds them. */
import { numberOption, type Options, parseArguments, seedOption } from "./cli/arguments.ts";
import { huntAll } from "./cli/mutants/hunt.ts";
import { mutatedText } from "./cli/mutants/load.ts";
import { explanation, isExplained, line, summary } from "./cli/mutants/print.ts";
import { type ResultRow, readRows, rowOf, writeRows } from "./cli/mutants/results.ts";
import { writeTables } from "./cli/mutants/tables.ts";
import { allMutants, groups, notApplicable } from "./mutants/catalogue.ts";
import { type Mutant, MutantMismatch } from "./mutants/mutant.ts";
import { PlanError } from "./plan/schema.ts";

const usage = `npm run mutants -- [options]
  --only C1,R1     these mutants (default: all)
  --budget S       processor seconds to find each in, per base seed (default 60)
  --seeds N        base seeds, hunted one by one (default 3)
  --seed-from N    where the base seeds begin (default 1)
  --jobs N         hunts at once (default 2)
  --shrink-for S   processor seconds to shrink the first plan of each in; 0 = not at all (default 20;
                   with --explain 120)
  --explain        plants, finds and shrinks, and tells the story as a diagram; needs --only
  --json           results as JSON
  --list           lists the mutants and hunts none
  --write          keeps the results in docs/mutants.json and writes docs/mutants.md and docs/invariants.md
  --pages          writes these pages from the results that were kept, and hunts none
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
  help: "flag",
} as const;

/** Seeds of one base are far from those of the next. */
const baseStep = 1_000_000;

function chosen(options: Options): readonly Mutant[] {
  const only = options.values.get("only");
  if (only === undefined) return allMutants;
  return only.split(",").map((text) => {
    const id = text.trim().toUpperCase();
    const mutant = allMutants.find((other) => other.id === id);
    if (mutant !== undefined) return mutant;
    const missing = notApplicable.find((other) => other.id === id);
    throw new PlanError(
      missing === undefined
        ? `There is no mutant ${text.trim()}; see npm run mutants -- --list.`
        : `The mutant ${id} (${missing.title}) cannot be planted: ${missing.reason}.`,
    );
  });
}

function integerOption(options: Options, name: string, fallback: number, max: number): number {
  const value = numberOption(options, name, 1, max) ?? fallback;
  if (!Number.isInteger(value)) throw new PlanError(`The option --${name} must be an integer.`);
  return value;
}

function list(): void {
  for (const { title, mutants } of groups) {
    console.log(`\n${title}`);
    for (const { id, title, kind } of mutants)
      console.log(`  ${id.padEnd(4)} ${title}${kind === "liveness" ? " (liveness)" : ""}`);
  }
  console.log("\nNot planted");
  for (const { id, title, reason } of notApplicable) console.log(`  ${id.padEnd(4)} ${title}: ${reason}`);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseArguments(args, known);
  const { flags } = options;
  if (flags.has("help")) console.log(usage);
  else if (flags.has("list")) list();
  else if (flags.has("pages")) keep(readRows());
  else return run(options, chosen(options));
  return 0;
}

/** Rows of mutants that are gone are forgotten. */
function keep(rows: ReadonlyMap<string, ResultRow>): void {
  const ids = allMutants.map(({ id }) => id);
  writeRows(rows, ids);
  writeTables(rows);
}

async function run(options: Options, mutants: readonly Mutant[]): Promise<number> {
  const explain = options.flags.has("explain");
  const json = options.flags.has("json");
  if (explain && !options.values.has("only")) throw new PlanError("The option --explain needs --only, as --only C1.");
  if (explain && json) throw new PlanError("The options --explain and --json exclude each other.");
  const budgetMs = 1000 * (numberOption(options, "budget", 0.1, 86_400) ?? 60);
  const shrinkMs = 1000 * (numberOption(options, "shrink-for", 0, 3_600) ?? (explain ? 120 : 20));
  const seeds = explain ? 1 : integerOption(options, "seeds", 3, 1_000);
  const from = seedOption(options, "seed-from") ?? 1;
  const jobs = integerOption(options, "jobs", 2, 64);
  for (const mutant of mutants) mutatedText(mutant);
  const rows = new Map<string, ResultRow>();
  let cleanFailures = 0;
  await huntAll({
    mutants,
    baseSeeds: Array.from({ length: seeds }, (_, i) => (from + i * baseStep) >>> 0),
    budgetMs,
    shrinkMs,
    tell: explain,
    jobs,
    onCleanFailure: ({ seed, invariant, message }) => {
      cleanFailures++;
      console.error(`Seed ${seed} breaks ${invariant} without any mutant: ${message}. It counts for nothing.`);
    },
    onDone: (mutant, results) => {
      const row = rowOf(mutant, results, budgetMs);
      rows.set(mutant.id, row);
      const [first] = results;
      if (explain && first !== undefined) console.log(explanation(mutant, first));
      else if (!json) console.log(line(mutant, row));
    },
  });
  if (json)
    console.log(
      JSON.stringify(
        mutants.flatMap(({ id }) => rows.get(id) ?? []),
        null,
        2,
      ),
    );
  else if (!explain) for (const sentence of summary(mutants, rows)) console.log(sentence);
  if (options.flags.has("write")) keep(new Map([...readRows(), ...rows]));
  const lived = mutants.some((mutant) => !isExplained(mutant) && rows.get(mutant.id)?.killed === 0);
  return lived || cleanFailures > 0 ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof PlanError) && !(error instanceof MutantMismatch)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
