/** What measurements come to: medians, ratios, and tables of them. */
import { present } from "../src/base/assert.ts";
import type { LoadCase, LoadFigures } from "./load/loop.ts";
import type { Measured } from "./rounds.ts";

/** The figures of a system in one case: medians over the repetitions, but for the longest latency, which is of all. */
export interface Row extends LoadFigures {
  readonly system: string;
}

/** Two systems: the first is measured against the second. */
export type Pair = readonly [system: string, against: string];

/** How a system does beside another one: over 1, it is better. Medians of the repetitions' ratios. */
export interface Ratios extends LoadCase {
  readonly system: string;
  readonly against: string;
  readonly operationsPerSecond: number;
  readonly p99: number;
  /** Processor time of servers, and of the client: that of the other divided by ours. */
  readonly serverMicros: number | undefined;
  readonly clientMicros: number;
}

/** The one in the middle; of an even number the mean of the two. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}

function medianOf(results: readonly Measured[], figure: (result: Measured) => number | undefined): number | undefined {
  const values = results.flatMap((result) => figure(result) ?? []);
  return values.length === 0 ? undefined : median(values);
}

function sameCase(a: LoadCase, b: LoadCase): boolean {
  return a.operation === b.operation && a.outstanding === b.outstanding;
}

/** A row for each case and system, in the order of `cases` and `systems`; none where a system cannot do an operation. */
export function rowsOf(
  measured: readonly Measured[],
  cases: readonly LoadCase[],
  systems: readonly string[],
): readonly Row[] {
  const rows: Row[] = [];
  for (const one of cases)
    for (const system of systems) {
      const results = measured.filter((result) => result.system === system && sameCase(result, one));
      if (results.length === 0) continue;
      const figure = (of: (result: Measured) => number | undefined): number => medianOf(results, of) ?? Number.NaN;
      rows.push({
        ...{ operation: one.operation, outstanding: one.outstanding, system },
        operationsPerSecond: figure((result) => result.operationsPerSecond),
        p50Ms: figure((result) => result.p50Ms),
        p99Ms: figure((result) => result.p99Ms),
        maxMs: Math.max(...results.map(({ maxMs }) => maxMs)),
        errors: results.reduce((sum, result) => sum + result.errors, 0),
        serverMicros: medianOf(results, (result) => result.serverMicros),
        clientMicros: figure((result) => result.clientMicros),
        residentMiB: medianOf(results, (result) => result.residentMiB),
      });
    }
  return rows;
}

/** The systems of each pair beside each other, case by case, where both did it. */
export function ratiosOf(
  measured: readonly Measured[],
  cases: readonly LoadCase[],
  wanted: readonly Pair[],
): readonly Ratios[] {
  const ratios: Ratios[] = [];
  for (const one of cases)
    for (const [system, against] of wanted) {
      const pairs = measured.flatMap((ours) => {
        if (ours.system !== system || !sameCase(ours, one)) return [];
        const theirs = measured.find(
          (other) => other.system === against && other.repetition === ours.repetition && sameCase(other, one),
        );
        return theirs === undefined ? [] : [{ ours, theirs }];
      });
      if (pairs.length === 0) continue;
      const servers = pairs.flatMap(({ ours, theirs }) =>
        ours.serverMicros === undefined || theirs.serverMicros === undefined
          ? []
          : [theirs.serverMicros / ours.serverMicros],
      );
      ratios.push({
        ...{ operation: one.operation, outstanding: one.outstanding, system, against },
        operationsPerSecond: median(
          pairs.map(({ ours, theirs }) => ours.operationsPerSecond / theirs.operationsPerSecond),
        ),
        p99: median(pairs.map(({ ours, theirs }) => theirs.p99Ms / ours.p99Ms)),
        serverMicros: servers.length === 0 ? undefined : median(servers),
        clientMicros: median(pairs.map(({ ours, theirs }) => theirs.clientMicros / ours.clientMicros)),
      });
    }
  return ratios;
}

/** Lines of a table whose columns are as wide as what is in them; the first two are words, the others numbers. */
function table(lines: readonly (readonly string[])[]): string {
  const widths = present(lines[0], "a head").map((_, column) =>
    Math.max(...lines.map((line) => present(line[column], "a cell").length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function caseName({ operation, outstanding }: LoadCase): string {
  return `${operation}, ${outstanding}`;
}

function shown(value: number | undefined, digits: number): string {
  return value === undefined ? "–" : value.toFixed(digits);
}

/** All rows, for people. */
export function tableOf(rows: readonly Row[]): string {
  const head = ["case", "system", "ops/s", "p50 ms", "p99 ms", "max ms", "server µs", "client µs", "MiB", "errors"];
  return table([
    head,
    ...rows.map((row) => [
      ...[caseName(row), row.system, row.operationsPerSecond.toFixed(0)],
      ...[row.p50Ms.toFixed(2), row.p99Ms.toFixed(2), row.maxMs.toFixed(1)],
      ...[shown(row.serverMicros, 1), row.clientMicros.toFixed(1), shown(row.residentMiB, 0), row.errors.toFixed(0)],
    ]),
  ]);
}

/** All ratios, for people. */
export function ratioTable(ratios: readonly Ratios[]): string {
  return table([
    ["case", "ratios", "ops/s", "p99", "server µs", "client µs"],
    ...ratios.map((row) => [
      ...[caseName(row), `${row.system} / ${row.against}`, row.operationsPerSecond.toFixed(2), row.p99.toFixed(2)],
      ...[shown(row.serverMicros, 2), row.clientMicros.toFixed(2)],
    ]),
  ]);
}
