/**
 * Plans that keep a bug away are worth something only as long as they would find it. So each names the planted bug that
 * makes it fail, and here that bug is planted and the plan is seen to fail.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bundle } from "../../sim/cli/mutants/load.ts";
import { allMutants } from "../../sim/mutants/catalogue.ts";
import type { Mutant } from "../../sim/mutants/mutant.ts";
import type * as replay from "./replay.ts";

const folder = new URL("../../sim/regressions/", import.meta.url);
const readme = readFileSync(new URL("README.md", folder), "utf8");

/** File and planted bug of each row of the table. */
const rows = [...readme.matchAll(/^\| `([a-z-]+\.json)` \| .* \| ([A-Z]\d+|none: .+) \|$/gm)].map((match) => ({
  file: match[1] ?? "",
  planted: match[2] ?? "",
}));
const planted = rows.filter(({ planted }) => !planted.startsWith("none"));

/** The simulator with a bug in one of its, or the product's, files. */
async function simulatorWith(mutant: Mutant): Promise<typeof replay> {
  const code = await bundle("test/scenarios/replay.ts", mutant, { format: "esm" });
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  return (await import(/* @vite-ignore */ url)) as typeof replay;
}

describe("a plan that was kept fails again when its bug is planted", () => {
  it("and each names it, or says why there is none", () => {
    const files = [...readme.matchAll(/^\| `([a-z-]+\.json)` /gm)].map((match) => match[1]);
    expect(rows.map(({ file }) => file)).toEqual(files);
    expect(planted.length).toBeGreaterThan(2);
  });

  it.each(planted)(
    "$file: $planted",
    async ({ file, planted }) => {
      const mutant = allMutants.find(({ id }) => id === planted);
      if (mutant === undefined) throw new Error(`there is no mutant ${planted}`);
      const { failureOf } = await simulatorWith(mutant);
      expect(mutant.expects).toContain(failureOf(readFileSync(new URL(file, folder), "utf8")));
    },
    60_000,
  );
});
