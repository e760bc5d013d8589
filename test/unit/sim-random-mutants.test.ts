import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { Compiler } from "../../sim/cli/mutants/random/compiler.ts";
import { changedLines, drawMutants, namedMutants, type RandomMutant } from "../../sim/cli/mutants/random/draw.ts";
import { huntRandom } from "../../sim/cli/mutants/random/hunt.ts";
import { randomSummary } from "../../sim/cli/mutants/random/print.ts";
import { randomRow, unfinished } from "../../sim/cli/mutants/random/rows.ts";
import { candidates, type Rule, rules } from "../../sim/cli/mutants/random/rules.ts";
import { importsOf, TestFiles } from "../../sim/cli/mutants/random/test-files.ts";
import { Tests } from "../../sim/cli/mutants/random/tests.ts";
import { shareOf, tally, verdictOf } from "../../sim/cli/mutants/random/verdict.ts";
import { allMutants } from "../../sim/mutants/catalogue.ts";
import { plant } from "../../sim/mutants/mutant.ts";
import type { RandomResult } from "../../sim/mutants/random-task.ts";

const file = "src/raft/vote.ts";
const text = `
import { assert } from "../base/assert.ts";
export interface Pair { first: number; last: number }
export function example(pair: Pair, seen: Map<number, boolean>, limit: number): number {
  assert(limit > 0 && pair.first > 0, "a limit");
  if (pair.first < limit) return 0;
  pair.last = Math.max(pair.first + 1, limit);
  seen.set(pair.last, true);
  seen.delete(pair.first);
  while (seen.delete(limit) || limit >= 7) limit--;
  if (limit > 3 && pair.last > 4) throw new RangeError("too large: " + (limit + 1));
  return limit;
}
`;

describe("the rules", () => {
  const compiler = new Compiler(new Map([[file, text]]));
  afterAll(() => compiler.close());
  const source = compiler.sources().find((one) => one.file === file);
  const made = (rule: Rule): readonly string[] =>
    source === undefined
      ? []
      : candidates(source)
          .filter((one) => one.rule === rule)
          .map(({ start, end, replacement }) => `${text.slice(start, end)} → ${replacement}`);

  it("change what a programmer may get wrong", () => {
    expect(made("negate")).toEqual([
      "pair.first < limit → !(pair.first < limit)",
      "limit > 3 && pair.last > 4 → !(limit > 3 && pair.last > 4)",
    ]);
    expect(made("drop")).toHaveLength(5);
    expect(made("boundary")).toContain("pair.first < limit → pair.first <= limit");
    expect(made("boundary")).toContain("limit >= 7 → limit > 7");
    expect(made("one")).toEqual(["pair.first + 1 → pair.first"]);
    expect(made("return").map((one) => one.slice(0, 12))).toEqual(["if (pair.fir", "if (limit > "]);
    expect(made("delete")).toEqual(["seen.delete(pair.first); → ", "seen.delete(limit) → seen.has(limit)"]);
    expect(made("remove")).toContain("limit--; → {}");
    expect(made("extreme")).toEqual(["Math.max → Math.min"]);
    expect(made("boolean")).toEqual(["true → false"]);
    expect(made("logic")).toContain("limit > 3 && pair.last > 4 → ((limit > 3) || (pair.last > 4))");
    expect(made("swap")).toContain(
      "seen.set(pair.last, true);\n  seen.delete(pair.first); → seen.delete(pair.first);\n  seen.set(pair.last, true);",
    );
    expect(made("field").length).toBeGreaterThan(3);
  });

  it("leave assertions, and what errors say, alone", () => {
    const all = (Object.keys(rules) as Rule[]).flatMap(made);
    expect(all.filter((one) => one.includes("limit > 0") || one.includes("limit + 1 →"))).toEqual([]);
    // The sample itself is the only thing that a statement may be swapped with.
    expect(made("swap").filter((one) => one.includes("assert"))).toEqual([]);
  });

  it("know the fields of the same type, and what the compiler refuses", () => {
    const access = source === undefined ? [] : candidates(source).filter(({ rule }) => rule === "field");
    const first = access[0]?.access;
    expect(first === undefined ? [] : compiler.alike(first.object, first.whole)).toEqual(["first", "last"]);
    expect(compiler.complaints(file, text)).toEqual([]);
    expect(compiler.complaints(file, text.replace("limit--;", "limit = seen;"))).not.toEqual([]);
    expect(compiler.complaints(file, text)).toEqual([]);
  });
});

describe("a draw of mutants", () => {
  const compiler = new Compiler();
  afterAll(() => compiler.close());

  it("depends on its seed alone, and each can be had again by its id", () => {
    const { mutants } = drawMutants(compiler, 7, 12);
    expect(mutants).toHaveLength(12);
    expect(drawMutants(compiler, 7, 12).mutants).toEqual(mutants);
    expect(drawMutants(compiler, 8, 12).mutants).not.toEqual(mutants);
    expect(namedMutants(compiler, [...mutants.map(({ id }) => id), "none"])).toEqual(mutants);
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(12);
  });

  it("plants each mutant where its diff says", () => {
    for (const { file: path, line, planted } of drawMutants(compiler, 9, 12).mutants) {
      const [old, now] = [
        readFileSync(new URL(`../../${path}`, import.meta.url), "utf8").split("\n"),
        planted.split("\n"),
      ];
      expect(
        now
          .slice(0, line - 1)
          .join("\n")
          .replace(/\(?globalThis\.mutantReached = true[,;] /, ""),
      ).not.toBe("");
      expect(planted).toContain("globalThis.mutantReached = true");
      expect(now.slice(0, line - 3)).toEqual(old.slice(0, line - 3));
    }
  });

  it("is shown as the few lines that differ", () => {
    expect(changedLines("a\n  b\n  c\nd\n", "a\n  b\n  x\nd\n")).toEqual({ line: 3, diff: ["- c", "+ x"] });
    expect(changedLines("a\n  b\nd\n", "a\n  \nd\n")).toEqual({ line: 2, diff: ["- b"] });
  });
});

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("what becomes of a mutant", () => {
  const source = read(file);
  const vote = "if (granted) vote(state, from);";
  const sign = "globalThis.mutantReached = true; ";
  const mutant = (id: string, planted: string, path = file): RandomMutant => ({
    id,
    rule: "negate",
    file: path,
    line: 1,
    diff: [],
    planted,
  });
  const hunt = async (mutants: readonly RandomMutant[], silenceMs: number): Promise<Map<string, RandomResult>> => {
    const found = new Map<string, RandomResult>();
    await huntRandom({
      mutants,
      baseSeed: 1,
      runs: 3,
      budgetMs: 1,
      silenceMs,
      jobs: 1,
      stop: new AbortController().signal,
      onSound: () => undefined,
      onDone: ({ id }, result) => {
        found.set(id, result);
      },
    });
    return found;
  };

  it("is told apart: killed, lived, the same, never reached", async () => {
    const timer = "src/raft/election-timer.ts";
    // Elections come a little sooner: every run is another, and no promise is broken.
    const faster = read(timer).replace("(1 + this.#options.random())", "(1 + 0.95 * this.#options.random())");
    expect(faster).not.toBe(read(timer));
    const found = await hunt(
      [
        mutant("killed", source.replace(vote, "")),
        mutant("same", source.replace(vote, `${sign}${vote}`)),
        mutant("unreached", `${source}\nfunction idle(): void { ${sign}}\n`),
        mutant("lived", faster, timer),
      ],
      30_000,
    );
    for (const [id, result] of found) expect(verdictOf(result)).toBe(id);
    expect(found.size).toBe(4);
    expect(found.get("lived")?.runs).toBe(3);
  });

  it("is a kill too if a run does not end", async () => {
    const found = await hunt([mutant("endless", source.replace(vote, "for (;;);"))], 5_000);
    expect(found.get("endless")?.kill?.invariant).toBe("runaway");
  });

  it("is a kill if nothing goes wrong but what is kept", async () => {
    const leak = allMutants.find(({ id }) => id === "Q2");
    if (leak === undefined) throw new Error("there is no mutant Q2");
    const found = await hunt([mutant("leak", plant(leak, read(leak.file)), leak.file)], 30_000);
    expect(found.get("leak")?.kill?.invariant).toBe("leftovers");
    expect(found.get("leak")?.kill?.message).toMatch(
      /^long after all is quiet, n\d keeps \d+ of its readQuestions more/,
    );
  });

  it("is summed up with intervals", () => {
    const result = { reached: true, differsAt: 1, runs: 2, ms: 5, kill: undefined };
    const rows = [
      randomRow(mutant("a", ""), { ...result, kill: { invariant: "liveness", message: "", seed: 1 } }, undefined),
      randomRow(mutant("b", ""), result, undefined),
      randomRow(mutant("c", ""), { ...result, differsAt: 0 }, undefined),
      randomRow(mutant("d", ""), { ...result, differsAt: 0, reached: false }, undefined),
    ];
    expect(tally(rows.map(({ verdict }) => verdict))).toEqual({ killed: 1, lived: 1, same: 1, unreached: 1 });
    expect(randomSummary(rows)[0]).toBe("killed, of those that change a run: 1 of 2, 50 % (9 % to 91 %)");
    const tried = rows.map((row) =>
      row.verdict === "lived" ? { ...row, tests: { files: 3, failed: "a.test.ts" } } : row,
    );
    expect(randomSummary(tried)[1]).toBe("killed by the simulator or by a test: 2 of 2, 100 % (34 % to 100 %)");
  });

  it("goes on with what is left: those whose place has another text go with --again, and only then", () => {
    const result = { reached: true, differsAt: 1, runs: 2, ms: 5, kill: undefined };
    const kill = { invariant: "liveness", message: "", seed: 1 } as const;
    const killed = randomRow(mutant("killed", ""), { ...result, kill }, undefined);
    const lived = randomRow(mutant("lived", ""), result, undefined);
    const asked = randomRow(mutant("asked", ""), result, { files: 3, failed: "" });
    const unreached = randomRow(mutant("unreached", ""), { ...result, differsAt: 0, reached: false }, undefined);
    const gone = [
      { ...killed, id: "gone 1" },
      { ...lived, id: "gone 2" },
    ] as const;
    const all = [killed, lived, gone[0], asked, unreached, gone[1]];
    const isThere = (id: string): boolean => !id.startsWith("gone");
    expect(unfinished(all, isThere, false)).toEqual({ rows: all, hunted: [], unasked: [lived] });
    expect(unfinished(all, isThere, true)).toEqual({
      rows: [killed, lived, asked, unreached],
      hunted: [lived, asked, unreached],
      unasked: [],
    });
  });

  it("has Wilson's interval", () => {
    // Wilson's own figures are in any textbook: 81 of 263 give 0.2553 to 0.3662 (Newcombe 1998, table I).
    const { low, high } = shareOf(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
    expect(shareOf(0, 0)).toEqual({ count: 0, of: 0, share: 0, low: 0, high: 0 });
    expect(shareOf(10, 10).high).toBeCloseTo(1, 9);
  });
});

describe("the tests that a mutant is given to", () => {
  it("are those whose imports lead to its file, the nearest first, and not by way of the simulator", () => {
    const files = new TestFiles();
    const of = files.of("src/raft/vote.ts");
    expect(of.slice(0, 8)).toContain("test/paper/5.2-leader-election.test.ts");
    expect(of).toContain("test/property/raft-safety.test.ts");
    expect(of.filter((name) => /\/sim-|\/regressions/.test(name))).toEqual([]);
    expect(files.of("src/znode/tree.ts")[0]).toMatch(/^test\/(?:unit|property)\/znode-/);
    expect(files.of("src/nowhere.ts")).toEqual([]);
  });

  it("are found by what is imported as a value, over several lines too", () => {
    const text = `
import type { A } from "./a.ts";
import { b } from "./b.ts";
import {
  c,
  d,
} from "../c.ts";
export { e } from "./e.ts";
import { test } from "vitest";
const f = await import("./f.ts");
`;
    expect(importsOf("x/y/z.ts", text)).toEqual(["x/y/b.ts", "x/c.ts", "x/y/e.ts", "x/y/f.ts"]);
  });

  it("tell a mutant by the one that fails, and nothing where all pass", async () => {
    const stop = new AbortController();
    const tests = new Tests(stop.signal);
    const path = "src/raft/quorum.ts";
    const quorum = read(path);
    const mutant = { id: "m", rule: "one", file: path, line: 1, diff: [] } as const;
    try {
      const wrong = quorum.replace("Math.floor(", "1 + Math.floor(");
      expect(wrong).not.toBe(quorum);
      expect((await tests.verdictOn({ ...mutant, planted: wrong }))?.failed).toMatch(/^test\/.*\.test\.ts$/);
      stop.abort();
      expect(await tests.verdictOn({ ...mutant, planted: quorum })).toBeUndefined();
    } finally {
      tests.close();
    }
  });
});
