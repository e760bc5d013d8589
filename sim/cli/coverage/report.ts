/** Which code of the simulated rooms a hunt reached, and what is known of the rest (sim/coverage.json). */
import { readFileSync } from "node:fs";
import type { HuntResult } from "../../hunt/pool.ts";
import { count } from "../../report/tell-events.ts";
import { UsageError } from "../command.ts";
import { roomFiles } from "../rooms.ts";
import { root } from "../root.ts";
import { type FileMeasure, type Missed, measure, type Reached, sumOf } from "./measure.ts";

/** A function that no run reaches, or some lines of one, with the reason. */
export interface Left {
  readonly file: string;
  /** Its name; "*" stands for all of the file. */
  readonly name: string;
  /**
   * Only of these lines, each given by some of its text, and of what is inside of them, no run reaches all. Left out: none
   * reaches the function.
   */
  readonly lines?: readonly string[];
  readonly reason: string;
}

/** What sim/coverage.json says. */
export interface Known {
  /** What a hunt of so many runs or more must reach, percent. */
  readonly floor: { readonly runs: number; readonly lines: number; readonly branches: number };
  readonly left: readonly Left[];
}

/** What a hunt reached. */
export interface CoverageReport {
  readonly lines: Reached;
  readonly branches: Reached;
  readonly functions: Reached;
  /** Functions that no run reached and that have no reason yet; functions without a name belong to what is around them. */
  readonly unreached: readonly Missed[];
  /** Those that no run reached, with the reason, and those with a reason that runs did reach. */
  readonly left: readonly Left[];
  readonly stale: readonly Left[];
  /** Of each file, lines that no run reached, and lines with a branch that none took. */
  readonly files: readonly {
    readonly file: string;
    readonly lines: readonly number[];
    readonly branches: readonly number[];
  }[];
  /** Lines and branches among those that no run reached that have no reason. */
  readonly open: { readonly lines: number; readonly branches: number };
  /** Without those that are left with a reason. */
  readonly owed: { readonly lines: Reached; readonly branches: Reached };
  /** What is below the floor, in words. */
  readonly below: readonly string[];
}

/** Measures what a hunt reached. */
export async function coverageOf(result: HuntResult): Promise<CoverageReport> {
  const measures = await measure(roomFiles(), result.coverage);
  return reportOf(measures, readKnown(), result.runs, (file) => readFileSync(root + file, "utf8"));
}

/** Reads sim/coverage.json. */
export function readKnown(): Known {
  const file = "sim/coverage.json";
  try {
    return JSON.parse(readFileSync(root + file, "utf8")) as Known;
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** Compares what was reached in `runs` runs with what is known; `sourceOf` reads a file. */
export function reportOf(
  measures: readonly FileMeasure[],
  { floor, left }: Known,
  runs: number,
  sourceOf: (file: string) => string,
): CoverageReport {
  const missed = measures.flatMap(({ missedFunctions }) => missedFunctions).filter(({ name }) => !isNameless(name));
  const covers = (one: Left, { file, name }: Missed): boolean =>
    one.lines === undefined && one.file === file && (one.name === "*" || one.name === name);
  const places = measures.map((of) => openPlaces(of, left, covers, sourceOf));
  const [lines, branches] = [sumOf(measures, "lines"), sumOf(measures, "branches")];
  const below = [["lines", lines, floor.lines] as const, ["branches", branches, floor.branches] as const].flatMap(
    ([what, reached, least]) =>
      runs >= floor.runs && percent(reached) < least ? [`${inWords(what, reached)}, and should be ${least} %`] : [],
  );
  const open = {
    lines: places.reduce((sum, of) => sum + of.lines.length, 0),
    branches: places.reduce((sum, of) => sum + of.branches.length, 0),
  };
  return {
    lines,
    branches,
    functions: sumOf(measures, "functions"),
    unreached: missed.filter((one) => !left.some((known) => covers(known, one))),
    left: left.filter((known) => missed.some((one) => covers(known, one))),
    stale: left.filter(
      (known) => !missed.some((one) => covers(known, one)) && !places.some(({ used }) => used.has(known)),
    ),
    files: places.map(({ file, lines, branches }) => ({
      file,
      lines,
      branches: [...new Set(branches)].sort((a, b) => a - b),
    })),
    open,
    owed: { lines: owed(lines, open.lines), branches: owed(branches, open.branches) },
    below,
  };
}

interface OpenPlaces {
  readonly file: string;
  readonly lines: readonly number[];
  readonly branches: readonly number[];
  /** Reasons for lines that are needed. */
  readonly used: ReadonlySet<Left>;
}

/** What no run reached of a file and has no reason. */
function openPlaces(
  { file, missedLines, missedBranches, missedFunctions }: FileMeasure,
  left: readonly Left[],
  covers: (one: Left, missed: Missed) => boolean,
  sourceOf: (file: string) => string,
): OpenPlaces {
  const here = left.filter((one) => one.file === file);
  const used = new Set<Left>();
  if (missedLines.length + missedBranches.length === 0) return { file, lines: [], branches: [], used };
  const source = sourceOf(file).split("\n");
  const isOpen = (line: number): boolean => {
    const texts = [source[line - 1] ?? "", aboveOf(source, line)];
    const reasons = here.filter(({ lines = [] }) => lines.some((some) => texts.some((text) => text.includes(some))));
    for (const reason of reasons) used.add(reason);
    const inside = missedFunctions.filter((one) => one.line <= line && line <= (one.end ?? one.line));
    return reasons.length === 0 && !inside.some((one) => here.some((known) => covers(known, one)));
  };
  return {
    file,
    lines: missedLines.filter(isOpen),
    branches: missedBranches.map(({ line }) => line).filter(isOpen),
    used,
  };
}

/** The line that a line is inside of, such as the condition of a block; empty if there is none. */
function aboveOf(source: readonly string[], line: number): string {
  const indent = (text: string): number => text.search(/\S/);
  const own = indent(source[line - 1] ?? "");
  return source.slice(0, line - 1).findLast((text) => indent(text) >= 0 && indent(text) < own) ?? "";
}

/** What is to be reached: what was, and what has no reason to be left. */
function owed({ reached }: Reached, open: number): Reached {
  return { total: reached + open, reached };
}

/** Callbacks have no name of their own. */
function isNameless(name: string): boolean {
  return name.startsWith("(");
}

function percent({ reached, total }: Reached): number {
  return total === 0 ? 100 : (100 * reached) / total;
}

/** Rounded down: 99.99 % is not all. */
function inWords(what: string, of: Reached): string {
  return `${what} ${(Math.floor(10 * percent(of)) / 10).toFixed(1)} % (${of.reached} of ${of.total})`;
}

/** The report for a terminal. */
export function tellCoverage(report: CoverageReport): string {
  const { lines, branches, functions, unreached, left, stale, files, open, owed } = report;
  const parts = [inWords("lines", lines), inWords("branches", branches), inWords("functions", functions)];
  const places = files.flatMap(({ file, lines: missedLines, branches: missedBranches }) => {
    const partly = missedBranches.filter((line) => !missedLines.includes(line));
    if (missedLines.length + partly.length === 0) return [];
    const told = [
      ...(missedLines.length > 0 ? [`lines ${ranges(missedLines)}`] : []),
      ...(partly.length > 0 ? [`branches in ${ranges(partly)}`] : []),
    ];
    return [`  ${file}: ${told.join("; ")}`];
  });
  return [
    `\nreached: ${parts.join(", ")}`,
    `without what has a reason to be left: ${inWords("lines", owed.lines)}, ${inWords("branches", owed.branches)}`,
    ...(places.length > 0
      ? [`not reached, and without a reason (${count(open.lines, "line")}, ${tellBranches(open.branches)}):`, ...places]
      : []),
    ...(unreached.length > 0
      ? [
          `${count(unreached.length, "function")} that no run reached:`,
          ...unreached.map(({ file, line, name }) => `  ${file}:${line} ${name}`),
        ]
      : []),
    ...(left.length > 0 ? [`${left.length} more are left with a reason (sim/coverage.json)`] : []),
    ...stale.map(
      ({ file, name, lines: some }) =>
        `  ${file} ${some === undefined ? name : `${name}, lines,`} was reached and needs no reason in sim/coverage.json any more`,
    ),
  ].join("\n");
}

function tellBranches(branches: number): string {
  return branches === 1 ? "1 branch" : `${branches} branches`;
}

/** What is below the floor, a line each. */
export function tellBelow({ below }: CoverageReport): string {
  return below.map((sentence) => `Runs reach too little: ${sentence} (sim/coverage.json).`).join("\n");
}

/** "3, 5 to 8": numbers that rise. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && number <= last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? String(from) : `${from} to ${to}`)).join(", ");
}
