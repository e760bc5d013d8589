/** Every failure that the simulator ever found, run again. See sim/regressions/README.md. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { parsePlan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";

const folder = new URL("../../sim/regressions/", import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .sort();
const readme = readFileSync(new URL("README.md", folder), "utf8");

describe("a bug that was found once does not come back", () => {
  it.each(files)("%s", (name) => {
    const plan = parsePlan(readFileSync(new URL(name, folder), "utf8"));
    expect(run(plan, allCheckers()).failure).toBeUndefined();
  });

  it("and each has a line on its cause", () => {
    expect(files.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });
});
