/** What hunts of mutants made by rule came to, and where the sample is kept whose figures are published. */
import { existsSync, readFileSync } from "node:fs";
import { writeWholeFile } from "../../../../src/files/whole-file.ts";
import type { RandomResult } from "../../../mutants/random-task.ts";
import { root } from "../../root.ts";
import type { RandomMutant } from "./draw.ts";
import type { Rule } from "./rules.ts";
import type { TestVerdict } from "./tests.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** One mutant and what became of it. */
export interface RandomRow {
  readonly id: string;
  readonly rule: Rule;
  readonly file: string;
  readonly line: number;
  readonly diff: readonly string[];
  readonly verdict: Verdict;
  /** What fell; empty if nothing did. */
  readonly by: string;
  readonly message: string;
  /** The seed of the run that failed, the runs until then, and the first that differed from the sound code's; 0 = none. */
  readonly seed: number;
  readonly runs: number;
  readonly differsAt: number;
  /** Processor time, ms. */
  readonly ms: number;
  /** What the tests said, if it lived and they were asked. */
  readonly tests?: TestVerdict | undefined;
}

/** A sample. */
export interface Sample {
  /** Which mutants were drawn: by this seed, so many were asked for. */
  readonly seed: number;
  readonly asked: number;
  /** Runs begin with this seed; so many of them are compared with the sound code's. */
  readonly seedFrom: number;
  readonly comparedRuns: number;
  /** Processor time for each, ms. */
  readonly budgetMs: number;
  /** Changes that the rules allow, and those drawn that the compiler refused. */
  readonly possible: number;
  readonly refused: number;
  readonly rows: readonly RandomRow[];
}

/** The row of a mutant. */
export function randomRow(
  { id, rule, file, line, diff }: RandomMutant,
  result: RandomResult,
  tests: TestVerdict | undefined,
): RandomRow {
  const { kill, runs, differsAt, ms } = result;
  return {
    id,
    rule,
    file,
    line,
    diff,
    verdict: verdictOf(result),
    by: kill?.invariant ?? "",
    message: kill?.message ?? "",
    seed: kill?.seed ?? 0,
    runs,
    differsAt,
    ms: Math.round(ms),
    tests,
  };
}

/** What is left to do on a sample that is kept. */
export interface Unfinished {
  /** The rows that stay. */
  readonly rows: readonly RandomRow[];
  /** Of these, what is to be hunted once more. */
  readonly hunted: readonly RandomRow[];
  /** Of these, what lived, is not hunted now, and of which no test has been asked. */
  readonly unasked: readonly RandomRow[];
}

/**
 * What is left to do. With `again` those are hunted once more that lived or were not reached; and a sample is of the code as
 * it is, so that those go, whatever became of them, whose place has another text by now (`isThere` is false).
 */
export function unfinished(all: readonly RandomRow[], isThere: (id: string) => boolean, again: boolean): Unfinished {
  if (!again)
    return {
      rows: all,
      hunted: [],
      unasked: all.filter(({ id, verdict, tests }) => verdict === "lived" && tests === undefined && isThere(id)),
    };
  const rows = all.filter(({ id }) => isThere(id));
  return { rows, hunted: rows.filter(({ verdict }) => verdict === "lived" || verdict === "unreached"), unasked: [] };
}

const file = `${root}docs/random-mutants.json`;

/** The sample that is kept; undefined if there is none. */
export function readSample(): Sample | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Sample) : undefined;
}

/** Keeps a sample in the place of the one before. */
export function writeSample(sample: Sample): void {
  writeWholeFile(file, `${JSON.stringify(sample, null, 2)}\n`, { replace: true });
}
