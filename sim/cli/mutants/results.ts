/** What hunts came to, kept in a file so that the tables can be made anew after a part of the catalogue was run. */
import { existsSync, readFileSync } from "node:fs";
import { writeWholeFile } from "../../../src/files/whole-file.ts";
import type { Mutant } from "../../mutants/mutant.ts";
import type { MutantResult } from "../../mutants/task.ts";
import { root } from "../root.ts";

/** One mutant's hunts. */
export interface ResultRow {
  readonly id: string;
  /** Base seeds tried, and those that found it. */
  readonly tried: number;
  readonly killed: number;
  /** What fell, most often first: "election-safety", or "assertion 2, election-safety 1". */
  readonly by: string;
  /** Kills by an invariant that was not expected. */
  readonly wrong: number;
  /** Processor time to the kill, ms; a survived hunt counts with all its time. */
  readonly medianMs: number;
  readonly worstMs: number;
  readonly medianRuns: number;
  /** Items of the shrunk plan; -1 if there is none. */
  readonly items: number;
  /** The budget, ms. */
  readonly budgetMs: number;
}

/** Where the figures of the published tables are. */
const file = `${root}docs/mutants.json`;

/** Sums up the hunts of one mutant. */
export function rowOf(mutant: Mutant, results: readonly MutantResult[], budgetMs: number): ResultRow {
  const kills = results.flatMap(({ kill }) => (kill === undefined ? [] : [kill]));
  const times = results.map(({ ms }) => Math.round(ms)).sort((a, b) => a - b);
  const runs = results.map((result) => result.runs).sort((a, b) => a - b);
  return {
    id: mutant.id,
    tried: results.length,
    killed: kills.length,
    by: tally(kills.map(({ invariant }) => invariant)),
    wrong: kills.filter(({ invariant }) => !mutant.expects.includes(invariant)).length,
    medianMs: median(times),
    worstMs: times.at(-1) ?? 0,
    medianRuns: median(runs),
    items: kills.find(({ items }) => items !== undefined)?.items ?? -1,
    budgetMs,
  };
}

/** The middle of sorted numbers; 0 if there is none. */
export function median(sorted: readonly number[]): number {
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return sorted.map(([name, count]) => (sorted.length === 1 ? name : `${name} ${count}`)).join(", ");
}

/** The rows kept, by the mutant's id. */
export function readRows(): Map<string, ResultRow> {
  if (!existsSync(file)) return new Map();
  const rows = JSON.parse(readFileSync(file, "utf8")) as readonly ResultRow[];
  return new Map(rows.map((row) => [row.id, row]));
}

/** Keeps rows, in the order of `ids`; what is not among them is forgotten. */
export function writeRows(rows: ReadonlyMap<string, ResultRow>, ids: readonly string[]): void {
  const kept = ids.flatMap((id) => rows.get(id) ?? []);
  writeWholeFile(file, `${JSON.stringify(kept, null, 2)}\n`, { replace: true });
}
