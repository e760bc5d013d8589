import { expect, test } from "vitest";
import { chartOf } from "../../bench/chart.ts";
import { median, ratiosOf, ratioTable, rowsOf, tableOf } from "../../bench/report.ts";
import type { Measured } from "../../bench/rounds.ts";

function measured(system: string, repetition: number, figures: Partial<Measured>): Measured {
  return {
    ...{ system, repetition, operation: "set", outstanding: 64, seconds: 1, operations: 1, errors: 0 },
    ...{ operationsPerSecond: 100, p50Ms: 1, p99Ms: 2, maxMs: 3, serverMicros: 30, clientMicros: 10, residentMiB: 50 },
    ...figures,
  };
}

const cases = [{ operation: "set", outstanding: 64 }] as const;

test("a median is the one in the middle, or between the two", () => {
  expect(median([9, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 9])).toBe(3);
  expect(median([])).toBeNaN();
});

test("a row has the medians of the repetitions, the longest latency of all and the sum of the errors", () => {
  const results = [
    measured("a", 1, { operationsPerSecond: 10, maxMs: 7, errors: 1 }),
    measured("a", 2, { operationsPerSecond: 30, maxMs: 9, errors: 2 }),
    measured("a", 3, { operationsPerSecond: 20, maxMs: 8 }),
    measured("a", 1, { outstanding: 256, operationsPerSecond: 99 }),
  ];
  expect(rowsOf(results, cases, ["a", "b"])).toMatchObject([
    { system: "a", operationsPerSecond: 20, maxMs: 9, errors: 3 },
  ]);
});

test("a ratio is the median of those within a repetition, over 1 where the first is better", () => {
  const results = [
    // The machine was ten times slower in the second repetition: for both.
    measured("a", 1, { operationsPerSecond: 200, serverMicros: 20, p99Ms: 4 }),
    measured("b", 1, { operationsPerSecond: 100, serverMicros: 30, p99Ms: 2 }),
    measured("b", 2, { operationsPerSecond: 10, serverMicros: 60, p99Ms: 20 }),
    measured("a", 2, { operationsPerSecond: 20, serverMicros: 40, p99Ms: 40 }),
  ];
  expect(ratiosOf(results, cases, [["a", "b"]])).toMatchObject([
    { system: "a", against: "b", operationsPerSecond: 2, serverMicros: 1.5, clientMicros: 1, p99: 0.5 },
  ]);
});

test("what cannot be known shows as a dash, and what a system cannot do not at all", () => {
  const results = [measured("a", 1, { serverMicros: undefined }), measured("b", 1, { operation: "get" })];
  expect(tableOf(rowsOf(results, cases, ["a", "b"])).split("\n")[1]).toMatch(/^set, 64 {2}a .* – +10\.0 /);
  expect(ratiosOf(results, cases, [["a", "b"]])).toEqual([]);
  const both = [...results, measured("b", 1, {})];
  expect(ratioTable(ratiosOf(both, cases, [["a", "b"]])).split("\n")[1]).toMatch(/^set, 64 {2}a \/ b .* – +1\.00$/);
});

test("a chart has a bar for each row, as long as its rate, and names each system once", () => {
  const results = [measured("a", 1, {}), measured("b<", 1, { operationsPerSecond: 50 })];
  const svg = chartOf(rowsOf(results, cases, ["a", "b<"]), "a & b");
  const lengths = [...svg.matchAll(/width="([\d.]+)" height="14"/g)].map(([, length]) => Number(length));
  expect(lengths).toHaveLength(2);
  expect(lengths[0]).toBe(2 * (lengths[1] ?? 0));
  expect(svg.match(/>b&lt;</g)).toHaveLength(1);
  expect(svg).toContain(">a &amp; b<");
});
