import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readRows } from "../../sim/cli/mutants/results.ts";
import { invariantsPage, mutantsPage } from "../../sim/cli/mutants/tables.ts";
import { allMutants, notApplicable } from "../../sim/mutants/catalogue.ts";
import { plant } from "../../sim/mutants/mutant.ts";

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
