/** `npm run mutants -- --random`: mutants made by rule, that nobody has seen before. */

import { count } from "../../../report/tell-events.ts";
import { freshSeed, integerOption, numberOption, type Options, refuseBeside, seedOption } from "../../arguments.ts";
import { exitCodes, interruption, OutputError, print, reason, UsageError } from "../../command.ts";
import { readRows } from "../results.ts";
import { writeTables } from "../tables.ts";
import { Compiler } from "./compiler.ts";
import { type Drawn, drawMutants, namedMutants } from "./draw.ts";
import { huntRandom } from "./hunt.ts";
import { randomLines, randomSummary } from "./print.ts";
import { type RandomRow, randomRow, type Sample, writeSample } from "./rows.ts";
import { rules } from "./rules.ts";

/** Longer than any run takes, ms of processor time. */
const silenceMs = 10_000;

/** Options of the catalogue's hunt, which have no meaning here. */
const ofCatalogue = ["budget", "seeds", "shrink-for", "explain", "pages"];

/** The whole command. Resolves to the exit code: 0 whatever lives, since that is a measurement. */
export async function huntAtRandom(options: Options): Promise<number> {
  refuseBeside(options, "random", ofCatalogue, "mutants made by rule are hunted once each, for --for seconds");
  const only = options.values.get("only");
  if (only !== undefined) refuseBeside(options, "only", ["seed", "write"], "the mutants are named, and no sample");
  const asked = integerOption(options, "random", 1, 100_000) ?? 1;
  const seed = seedOption(options, "seed") ?? freshSeed();
  const budgetMs = 1000 * (numberOption(options, "for", 0.1, 86_400) ?? 30);
  const seedFrom = seedOption(options, "seed-from") ?? 1;
  const comparedRuns = integerOption(options, "runs", 1, 100_000) ?? 100;
  const jobs = integerOption(options, "jobs", 1, 64) ?? 2;
  const json = options.flags.has("json");
  const drawn = draw(only, seed, asked);
  if (options.flags.has("list")) return list(drawn);
  const { mutants, possible, refused } = drawn;
  if (!json && only === undefined) {
    print(
      `seed ${seed} · again: npm run mutants -- --random ${asked} --seed ${seed} --for ${budgetMs / 1000} --runs ${comparedRuns}`,
    );
    print(`${count(mutants.length, "mutant")} of ${possible} possible ones; the compiler refused ${refused} more`);
  }
  const found = new Map<string, RandomRow>();
  const stop = interruption();
  await huntRandom({
    mutants,
    baseSeed: seedFrom,
    runs: comparedRuns,
    budgetMs,
    silenceMs,
    jobs,
    stop,
    onSound: (runs) => status(`the sound code: ${runs} of ${count(comparedRuns, "run")}`),
    onDone: (mutant, result) => {
      const row = randomRow(mutant, result);
      found.set(mutant.id, row);
      status("");
      if (!json) for (const line of randomLines(row)) print(line);
      status(`${found.size} of ${count(mutants.length, "mutant")}`);
    },
  });
  status("");
  const rows = mutants.flatMap(({ id }) => found.get(id) ?? []);
  const sample: Sample = { seed, asked, seedFrom, comparedRuns, budgetMs, possible, refused, rows };
  if (stop.aborted && !json) print(`interrupted: ${rows.length} of ${count(mutants.length, "mutant")} done`);
  if (json) print(JSON.stringify(sample, null, 2));
  else for (const sentence of randomSummary(rows)) print(sentence);
  if (options.flags.has("write")) keep(sample);
  return stop.aborted ? exitCodes.interrupted : exitCodes.fine;
}

function draw(only: string | undefined, seed: number, asked: number): Drawn {
  const compiler = new Compiler();
  try {
    if (only === undefined) return drawMutants(compiler, seed, asked);
    const ids = only.split(",").map((id) => id.trim().toLowerCase());
    const mutants = namedMutants(compiler, ids);
    const missing = ids.find((id) => !mutants.some((mutant) => mutant.id === id));
    if (missing !== undefined)
      throw new UsageError(
        `There is no mutant "${missing}" made by a rule; its line may have changed since it was drawn.`,
      );
    return { mutants, possible: mutants.length, refused: 0 };
  } finally {
    compiler.close();
  }
}

/** Shows the mutants, and hunts none. */
function list({ mutants }: Drawn): number {
  for (const { id, rule, file, line, diff } of mutants)
    print([`${id}  ${file}:${line}  ${rules[rule]}`, ...diff.map((text) => `          ${text}`)].join("\n"));
  return exitCodes.fine;
}

function keep(sample: Sample): void {
  try {
    writeSample(sample);
    writeTables(readRows());
  } catch (error) {
    throw new OutputError(`The pages in docs/ cannot be written: ${reason(error)}.`);
  }
}

/** A line that is written over, if somebody looks. */
function status(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
