import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { attempt } from "../../labs/cli/league.ts";
import { readPlan } from "../../sim/cli/files.ts";
import { leaguePage, openMutants } from "../../sim/cli/mutants/league-page.ts";
import { readScene } from "../../sim/cli/scenes.ts";
import { allMutants } from "../../sim/mutants/catalogue.ts";
import { league } from "../../sim/mutants/league.ts";

describe("the open league", () => {
  it("has each planted bug that is known to live, once, and no other", () => {
    expect(league.map(({ id }) => id).sort()).toEqual(
      openMutants()
        .map(({ id }) => id)
        .sort(),
    );
  });

  it("is what docs/open-league.md shows: else `npm run mutants -- --pages`", () => {
    expect(readFileSync(new URL("../../docs/open-league.md", import.meta.url), "utf8")).toBe(leaguePage());
  });

  const withPlan = league.flatMap(({ id, plan }) => (plan === undefined ? [] : [[id, plan] as const]));
  it.each(withPlan)(
    "%s is killed by the kept plan %s, which breaks nothing without it",
    { timeout: 300_000 },
    async (id, plan) => {
      const mutant = allMutants.find((one) => one.id === id);
      if (mutant === undefined) throw new Error("it is in the catalogue");
      const file = new URL(`../../sim/regressions/${plan}.json`, import.meta.url).pathname;
      expect(await attempt(mutant, readPlan(file))).toMatchObject({ kills: true });
    },
  );

  it("takes no plan under which the bug does not show", { timeout: 300_000 }, async () => {
    const mutant = allMutants.find(({ id }) => id === "M13");
    if (mutant === undefined) throw new Error("it is in the catalogue");
    const { kills, told } = await attempt(mutant, readScene("short-log").plan);
    expect([kills, ...told]).toEqual([false, "With the bug planted every promise held."]);
  });
});
