/**
 * Whole histories of clients, by fast-check's model-based commands: the client library's own session against simulated
 * clusters of the servers' own code, while connections break and servers die. What clients are told is held against what is
 * promised to them (histories/promises.ts).
 *
 * `HISTORIES=5000 npx vitest run test/property/client-histories.test.ts` looks further than a build does; fast-check prints
 * the seed and the path of what it found, shrunk.
 */
import { expect, it } from "vitest";
import { bundle } from "../../sim/cli/mutants/load.ts";
import { allMutants } from "../../sim/mutants/catalogue.ts";
import type * as check from "./histories/check.ts";
import { checkHistories } from "./histories/check.ts";

it("clients are told what is promised to them, whatever happens", () => {
  const { failed, report } = checkHistories({ numRuns: Number(process.env["HISTORIES"] ?? 100) });
  expect(failed, report).toBe(false);
});

it.each([
  ["W1", "before it was told of"],
  ["F1", "has no answer"],
])("a client with the planted bug %s breaks one", async (id, complaint) => {
  const mutant = allMutants.find((one) => one.id === id);
  const code = await bundle("test/property/histories/check.ts", mutant, { format: "esm" });
  const url = `data:text/javascript;base64,${Buffer.from(code).toString("base64")}`;
  const planted = (await import(/* @vite-ignore */ url)) as typeof check;
  const { failed, report } = planted.checkHistories({ numRuns: 500, seed: 1 });
  expect(failed).toBe(true);
  expect(report).toContain(complaint);
});
