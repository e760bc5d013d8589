import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { generatePlan } from "../../sim/hunter/generate.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";

const seeds = Array.from({ length: 10 }, (_, i) => i + 1);

describe("a run", { timeout: 240_000 }, () => {
  it("is the same twice, to the last bit, for many seeds", () => {
    const hashes = seeds.map((seed) => run(generatePlan(seed)).traceHash);
    // Watching changes nothing.
    expect(seeds.map((seed) => run(generatePlan(seed), allCheckers()).traceHash)).toEqual(hashes);
    expect(new Set(hashes).size).toBe(seeds.length);
  });

  it("without faults serves every operation and breaks no promise", () => {
    for (const seed of seeds) {
      const outcome = run(generatePlan(seed, { clean: true, horizonMs: 5_000 }), allCheckers());
      expect(outcome.failure).toBeUndefined();
      expect(outcome.history.operations.filter(({ outcome }) => outcome === "pending")).toEqual([]);
    }
  });

  it("asks for the same, in the same order, when its drawn operations are listed in the plan", () => {
    const plan = checkPlan({ seed: 5, config: { horizonMs: 5_000 }, workload: { mix: { close: 0 } } });
    const drawn = run(plan);
    const listed = run({ ...plan, workload: { ...plan.workload, perSecond: 0, operations: drawn.performed } });
    const asked = ({ history }: typeof drawn) => history.operations.map(({ invocation }) => invocation);
    expect(asked(listed)).toEqual(asked(drawn));
    expect(listed.failure).toBeUndefined();
  });

  it("stops with the message of the checker that found something", () => {
    const outcome = run(checkPlan({ seed: 1, config: { horizonMs: 1_000 } }), [
      {
        name: "grumbler",
        started: () => {
          throw new Error("a server started");
        },
      },
    ]);
    expect(outcome.failure).toMatchObject({ invariant: "exception", message: "a server started" });
  });
});
