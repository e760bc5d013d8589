import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generatePlan } from "../../sim/hunter/generate.ts";
import { checkPlan, parsePlan } from "../../sim/plan/plan.ts";
import { PlanError } from "../../sim/plan/schema.ts";

const refusal = (plan: unknown): string => {
  try {
    checkPlan(plan);
  } catch (error) {
    if (error instanceof PlanError) return error.message;
    throw error;
  }
  return "accepted";
};

describe("a plan", () => {
  it("is plain JSON: what the hunter draws survives the way through a file", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const plan = generatePlan(seed);
        expect(parsePlan(JSON.stringify(plan))).toEqual(plan);
      }),
    );
  });

  it("is the same each time for the same seed", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(generatePlan(seed)).toEqual(generatePlan(seed));
      }),
    );
  });

  it("needs a seed and nothing else", () => {
    expect(checkPlan({ seed: 1 }).config.servers).toBe(3);
    expect(refusal({})).toBe("plan.seed is missing, but must be an integer from 0 to 4294967295.");
  });

  it("refuses what it does not know, in one sentence", () => {
    expect(refusal({ seed: 1, speed: 2 })).toMatch(/^plan has the unknown field "speed"; it may have: .*\.$/);
    expect(refusal({ seed: 1, version: 2 })).toBe("plan.version is 2, but must be an integer from 1 to 1.");
    expect(refusal({ seed: "1" })).toBe('plan.seed is "1", but must be an integer from 0 to 4294967295.');
    const fault = (what: unknown) => ({ seed: 1, faults: [{ when: { kind: "at", atMs: 1 }, what }] });
    expect(refusal(fault({ kind: "melt" }))).toMatch(/^plan\.faults\[0\]\.what\.kind is "melt", but must be one of /);
    expect(refusal(fault({ kind: "crash", server: 1, forMs: 1 }))).toMatch(/has the unknown field "forMs"/);
    expect(refusal(fault({ kind: "pause", server: "king", forMs: 1 }))).toMatch(/is "king", but must be a server id/);
  });

  it("refuses targets that its cluster does not have", () => {
    const crash = { when: { kind: "at", atMs: 1 }, what: { kind: "crash", server: 4 } };
    expect(refusal({ seed: 1, faults: [crash] })).toBe(
      "plan.faults[0] (crash).server is server 4, but the plan has only 3 servers.",
    );
    expect(refusal({ seed: 1, config: { servers: 4 }, faults: [crash] })).toBe("accepted");
    const move = { when: { kind: "at", atMs: 1 }, what: { kind: "moveClient", client: 9 } };
    expect(refusal({ seed: 1, faults: [move] })).toMatch(/is client 9, but the plan has only 4 clients/);
  });

  it("refuses text that is no JSON", () => {
    expect(() => parsePlan("{")).toThrow("plan is not valid JSON.");
  });
});
