import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { FileMeasure } from "../../sim/cli/coverage/measure.ts";
import { readKnown, reportOf, tellBelow, tellCoverage } from "../../sim/cli/coverage/report.ts";
import { roomFiles } from "../../sim/cli/rooms.ts";

const known = {
  floor: { runs: 10, lines: 90, branches: 50 },
  left: [
    { file: "src/a.ts", name: "asked", reason: "for programs" },
    { file: "src/a.ts", name: "gone", reason: "was reached since" },
    { file: "src/a.ts", name: "partly", lines: ["line 12 "], reason: "nobody gets there" },
    { file: "src/a.ts", name: "partly", lines: ["line 13 "], reason: "was reached since" },
  ],
};
const measures: readonly FileMeasure[] = [
  {
    file: "src/a.ts",
    lines: { total: 100, reached: 95 },
    branches: { total: 10, reached: 4 },
    functions: { total: 6, reached: 3 },
    missedLines: [3, 4, 5, 9],
    missedBranches: [
      { file: "src/a.ts", line: 12, name: "if" },
      { file: "src/a.ts", line: 14, name: "if" },
      { file: "src/a.ts", line: 14, name: "if" },
      { file: "src/a.ts", line: 3, name: "if" },
    ],
    missedFunctions: [
      { file: "src/a.ts", line: 3, name: "asked", end: 5 },
      { file: "src/a.ts", line: 9, name: "unknown" },
      { file: "src/a.ts", line: 9, name: "(anonymous_1)" },
    ],
  },
];

const sourceOf = () => Array.from({ length: 20 }, (_, i) => `line ${i + 1} `).join("\n");

describe("what a hunt reached", () => {
  it("is told by lines, branches and functions, and what has a reason apart", () => {
    const report = reportOf(measures, known, 9, sourceOf);
    expect(tellCoverage(report).split("\n")).toEqual([
      "",
      "reached: lines 95.0 % (95 of 100), branches 40.0 % (4 of 10), functions 50.0 % (3 of 6)",
      "without what has a reason to be left: lines 98.9 % (95 of 96), branches 66.6 % (4 of 6)",
      "not reached, and without a reason (1 line, 2 branches):",
      "  src/a.ts: lines 9; branches in 14",
      "1 function that no run reached:",
      "  src/a.ts:9 unknown",
      "1 more are left with a reason (sim/coverage.json)",
      "  src/a.ts gone was reached and needs no reason in sim/coverage.json any more",
      "  src/a.ts partly, lines, was reached and needs no reason in sim/coverage.json any more",
    ]);
  });

  it("has to be as much as the floor says, once there were enough runs", () => {
    expect(reportOf(measures, known, 9, sourceOf).below).toEqual([]);
    expect(tellBelow(reportOf(measures, known, 10, sourceOf))).toBe(
      "Runs reach too little: branches 40.0 % (4 of 10), and should be 50 % (sim/coverage.json).",
    );
  });
});

describe("sim/coverage.json", () => {
  it("gives reasons for functions that are there", () => {
    const { floor, left } = readKnown();
    expect(floor.lines).toBeGreaterThan(90);
    expect(floor.branches).toBeGreaterThan(80);
    for (const { file, name, lines = [], reason } of left) {
      expect(roomFiles()).toContain(file);
      expect(reason).not.toBe("");
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
      for (const line of lines) expect(text.includes(line), `${file} has ${line}`).toBe(true);
      expect(name === "*" || text.includes(name), `${file} has ${name}`).toBe(true);
    }
    expect(new Set(left.map(({ file, name, lines = [] }) => `${file} ${name} ${lines}`)).size).toBe(left.length);
  });
});

describe("the simulated rooms", () => {
  it("are files that are there, none of LevelDB's and none of the tools for data directories", () => {
    const files = roomFiles();
    expect(files).toContain("src/raft/vote.ts");
    expect(files).toContain("src/client/session.ts");
    expect(files).toContain("src/node/clients/router.ts");
    expect(files.filter((file) => /level-|restore|survivor|driver/.test(file))).toEqual([]);
    expect(files.every((file) => existsSync(new URL(`../../${file}`, import.meta.url)))).toBe(true);
  });
});
