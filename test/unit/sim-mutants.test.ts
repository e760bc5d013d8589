import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { explanation, line } from "../../sim/cli/mutants/print.ts";
import { readRows } from "../../sim/cli/mutants/results.ts";
import { invariantsPage, mutantsPage } from "../../sim/cli/mutants/tables.ts";
import { allMutants, notApplicable } from "../../sim/mutants/catalogue.ts";
import { plant } from "../../sim/mutants/mutant.ts";

describe("the mutants on a terminal", () => {
  const mutant = allMutants[0];
  const row = {
    id: "E1",
    tried: 3,
    by: "x",
    wrong: 0,
    medianMs: 100,
    worstMs: 200,
    medianRuns: 1,
    items: 1,
    budgetMs: 1,
  };

  it("stand in columns, whatever became of them", () => {
    if (mutant === undefined) throw new Error("there are no mutants");
    const lines = [0, 2, 3].map((killed) => line(mutant, { ...row, killed }).split("\n"));
    expect(lines.map(([first = ""]) => first.slice(0, 18))).toEqual([
      "SURVIVED     E1   ",
      "killed 2/3   E1   ",
      "killed       E1   ",
    ]);
    expect(lines.map(([, second = ""]) => second.search(/\S/))).toEqual([18, 18, 18]);
    expect(lines[2]?.[1]).toContain("by x: median 0.1 s, worst 0.2 s, 1 run, plan of 1 item");
  });

  it("tell a kill so that it can be seen again", () => {
    if (mutant === undefined) throw new Error("there are no mutants");
    const kill = {
      invariant: "election-safety",
      message: "two lead",
      seed: 12,
      items: 0,
      story: ["n1 leads term 2"],
    } as const;
    const told = explanation(mutant, { kill: { ...kill, plan: '{ "seed": 12 }' }, runs: 1, ms: 100 });
    expect(told).toContain(
      "Found after 1 run (0.1 s). The simplest run that failed has the seed 12: this is its story.\n",
    );
    expect(told).toMatch(/\npromised: {2}\S.*\nhappened: {2}two lead\.\n/s);
    expect(told).toContain(`\nReplay:  npm run mutants -- --only ${mutant.id} --explain --seed-from 12`);
    expect(told.split("\n").filter((one) => one.length > 120)).toEqual([]);
  });
});

describe("the catalogue of mutants", () => {
  it.each(allMutants.map((mutant) => [mutant.id, mutant] as const))(
    "%s fits its source and changes it",
    (_, mutant) => {
      const text = readFileSync(new URL(`../../${mutant.file}`, import.meta.url), "utf8");
      expect(plant(mutant, text)).not.toBe(text);
    },
  );

  it("names each mutant once, and none that it says cannot be planted", () => {
    const ids = [...allMutants, ...notApplicable].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is what docs/mutants.md and docs/invariants.md show: else `npm run mutants -- --pages`", () => {
    const rows = readRows();
    expect([...rows.keys()].filter((id) => !allMutants.some((mutant) => mutant.id === id))).toEqual([]);
    expect(mutantsPage(rows)).toBe(readFileSync(new URL("../../docs/mutants.md", import.meta.url), "utf8"));
    expect(invariantsPage(rows)).toBe(readFileSync(new URL("../../docs/invariants.md", import.meta.url), "utf8"));
  });
});
