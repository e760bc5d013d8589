import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { generatePlan } from "../../sim/hunter/generate.ts";
import { Marks } from "../../sim/marks/marks.ts";
import type { Plan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";

function withBytes(plan: Plan, bytes: boolean): Plan {
  return { ...plan, config: { ...plan.config, bytes } };
}

describe("a run whose messages travel as bytes", () => {
  it("is the same run: what was read means what was said", () => {
    const marks = new Marks();
    for (const seed of [42, 7, 9, 11, 26]) {
      const plan = generatePlan(seed, { horizonMs: 4_000 });
      const outcome = run(withBytes(plan, true), allCheckers(marks));
      expect(outcome.failure).toBeUndefined();
      expect(outcome.traceHash).toBe(run(withBytes(plan, false)).traceHash);
    }
    // Messages of most kinds passed.
    for (const mark of ["snapshot-as-bytes", "follower-reads", "session-moves", "watch-fires"] as const) {
      expect(marks.has(mark), mark).toBe(true);
    }
  });

  it("is drawn for a share of the plans, which leaves the rest of each plan as it was", () => {
    const seeds = Array.from({ length: 100 }, (_, seed) => seed);
    const share = seeds.filter((seed) => generatePlan(seed).config.bytes).length;
    expect(share).toBeGreaterThan(5);
    expect(share).toBeLessThan(30);
  });
});
