/** `npm run mutants -- --random`: mutants made by rule, that nobody has seen before. */

import { count } from "../../../report/tell-events.ts";
import { freshSeed, integerOption, numberOption, type Options, refuseBeside, seedOption } from "../../arguments.ts";
import { exitCodes, interruption, OutputError, print, reason, UsageError } from "../../command.ts";
import { readRows } from "../results.ts";
import { writeTables } from "../tables.ts";
import { Compiler } from "./compiler.ts";
import { drawMutants, namedMutants, type RandomMutant } from "./draw.ts";
import { huntRandom } from "./hunt.ts";
import { randomLines, randomSummary } from "./print.ts";
import { type RandomRow, randomRow, readSample, type Sample, unfinished, writeSample } from "./rows.ts";
import { rules } from "./rules.ts";
import { Tests } from "./tests.ts";

/** Longer than any run takes, ms of processor time. */
const silenceMs = 10_000;

/** Options of the catalogue's hunt, which have no meaning here. */
const ofCatalogue = ["budget", "seeds", "shrink-for", "explain", "pages"];

/** What a sample that is kept says itself. */
const ofSample = ["only", "seed", "for", "runs", "seed-from", "json", "list"];

/** What is to be done. */
interface Work {
  /** The sample as it is to become. */
  readonly sample: Omit<Sample, "rows">;
  /** What is known of it. */
  readonly rows: readonly RandomRow[];
  /** Those to be hunted. */
  readonly mutants: readonly RandomMutant[];
  /** Those that lived, are not hunted now, and of which no test has been asked. */
  readonly unasked: readonly RandomMutant[];
}

/** The whole command. Resolves to the exit code: 0 whatever lives, since that is a measurement. */
export async function huntAtRandom(options: Options): Promise<number> {
  const { flags } = options;
  refuseBeside(options, "random", ofCatalogue, "mutants made by rule are hunted once each, for --for seconds");
  if (options.values.has("only"))
    refuseBeside(options, "only", ["seed", "write"], "the mutants are named, and no sample");
  for (const name of ["resume", "again"]) refuseBeside(options, name, ofSample, "the sample that is kept says it");
  const jobs = integerOption(options, "jobs", 1, 64) ?? 2;
  const json = flags.has("json");
  const work = flags.has("resume") || flags.has("again") ? continued(options) : begun(options);
  const { sample, mutants } = work;
  if (flags.has("list")) return list(mutants);
  if (!json && !options.values.has("only")) for (const line of head(work)) print(line);
  const found = new Map(work.rows.map((row) => [row.id, row]));
  const rowsNow = (): RandomRow[] => {
    const ids = new Set([...work.rows, ...mutants].map(({ id }) => id));
    return [...ids].flatMap((id) => found.get(id) ?? []);
  };
  const stop = interruption();
  const tests = flags.has("tests") ? new Tests(stop) : undefined;
  const inAll = mutants.length + (tests === undefined ? 0 : work.unasked.length);
  let done = 0;
  const take = (row: RandomRow): void => {
    found.set(row.id, row);
    done++;
    status("");
    if (!json) for (const line of randomLines(row)) print(line);
    status(`${done} of ${count(inAll, "mutant")}`);
    if (flags.has("write")) keep(() => writeSample({ ...sample, rows: rowsNow() }));
  };
  try {
    await huntRandom({
      mutants,
      baseSeed: sample.seedFrom,
      runs: sample.comparedRuns,
      budgetMs: sample.budgetMs,
      silenceMs,
      jobs,
      stop,
      onSound: (runs) => status(`the sound code: ${runs} of ${count(sample.comparedRuns, "run")}`),
      onDone: async (mutant, result) => {
        const row = randomRow(mutant, result, undefined);
        const said = row.verdict === "lived" ? await tests?.verdictOn(mutant) : undefined;
        if (stop.aborted) return;
        // What the tests said of it before holds until they are asked again.
        take({ ...row, tests: row.verdict === "lived" ? (said ?? found.get(row.id)?.tests) : undefined });
      },
    });
    for (const mutant of tests === undefined ? [] : work.unasked) {
      const row = found.get(mutant.id);
      const said = stop.aborted ? undefined : await tests?.verdictOn(mutant);
      if (row !== undefined && said !== undefined) take({ ...row, tests: said });
    }
  } finally {
    tests?.close();
  }
  status("");
  const rows = rowsNow();
  if (stop.aborted && !json) print(`interrupted: ${done} of ${count(mutants.length, "mutant")} done`);
  if (json) print(JSON.stringify({ ...sample, rows }, null, 2));
  else for (const sentence of randomSummary(rows)) print(sentence);
  if (flags.has("write")) {
    keep(() => {
      writeSample({ ...sample, rows });
      writeTables(readRows());
    });
  }
  return stop.aborted ? exitCodes.interrupted : exitCodes.fine;
}

function head({ sample, rows, mutants }: Work): readonly string[] {
  const { seed, asked, budgetMs, comparedRuns, possible, refused } = sample;
  const kept = rows.length > 0 ? `, ${rows.length} of the sample are done` : "";
  return [
    `seed ${seed} · again: npm run mutants -- --random ${asked} --seed ${seed} --for ${budgetMs / 1000} --runs ${comparedRuns}`,
    `${count(mutants.length, "mutant")} of ${possible} possible ones; the compiler refused ${refused} more${kept}`,
  ];
}

/** A new sample, or the mutants that are named. */
function begun(options: Options): Work {
  const asked = integerOption(options, "random", 1, 100_000) ?? 1;
  const seed = seedOption(options, "seed") ?? freshSeed();
  const budgetMs = 1000 * (numberOption(options, "for", 0.1, 86_400) ?? 30);
  const seedFrom = seedOption(options, "seed-from") ?? 1;
  const comparedRuns = integerOption(options, "runs", 1, 100_000) ?? 100;
  const only = options.values.get("only");
  const { mutants, possible, refused } = withCompiler((compiler) => {
    if (only === undefined) return drawMutants(compiler, seed, asked);
    const ids = only.split(",").map((id) => id.trim().toLowerCase());
    const mutants = namedMutants(compiler, ids);
    const missing = ids.find((id) => !mutants.some((mutant) => mutant.id === id));
    if (missing !== undefined)
      throw new UsageError(
        `There is no mutant "${missing}" made by a rule; its line may have changed since it was drawn.`,
      );
    return { mutants, possible: mutants.length, refused: 0 };
  });
  return {
    sample: { seed, asked, seedFrom, comparedRuns, budgetMs, possible, refused },
    rows: [],
    mutants,
    unasked: [],
  };
}

/** The sample that is kept: with `--resume` those that are missing until there are as many as were asked for. */
function continued(options: Options): Work {
  const kept = readSample();
  if (kept === undefined) throw new UsageError("No sample is kept in docs/random-mutants.json: --write keeps one.");
  const { rows: all, ...sample } = kept;
  const asked = integerOption(options, "random", 1, 100_000) ?? 1;
  return withCompiler((compiler) => {
    const ids = all.map(({ id }) => id);
    const places = new Map(namedMutants(compiler, ids).map((mutant) => [mutant.id, mutant]));
    const { rows, hunted, unasked } = unfinished(all, (id) => places.has(id), options.flags.has("again"));
    const mutantsOf = (some: readonly RandomRow[]): RandomMutant[] => some.flatMap(({ id }) => places.get(id) ?? []);
    const known = { rows, unasked: mutantsOf(unasked) };
    if (!options.flags.has("resume")) return { ...known, sample, mutants: mutantsOf(hunted) };
    const there = new Set(rows.map(({ id }) => id));
    const { mutants, possible, refused } = drawMutants(compiler, sample.seed, asked);
    const missing = mutants.filter(({ id }) => !there.has(id)).slice(0, Math.max(0, asked - rows.length));
    return { ...known, sample: { ...sample, asked, possible, refused }, mutants: [...mutantsOf(hunted), ...missing] };
  });
}

function withCompiler<T>(use: (compiler: Compiler) => T): T {
  const compiler = new Compiler();
  try {
    return use(compiler);
  } finally {
    compiler.close();
  }
}

/** Shows the mutants, and hunts none. */
function list(mutants: readonly RandomMutant[]): number {
  for (const { id, rule, file, line, diff } of mutants)
    print([`${id}  ${file}:${line}  ${rules[rule]}`, ...diff.map((text) => `          ${text}`)].join("\n"));
  return exitCodes.fine;
}

function keep(write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new OutputError(`The pages in docs/ cannot be written: ${reason(error)}.`);
  }
}

/** A line that is written over, if somebody looks. */
function status(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
