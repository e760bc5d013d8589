/** Guided hunting: what is kept of a hunt's plans, and what they are changed into. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generatePlan, losesData } from "../../sim/hunter/generate.ts";
import { Corpus } from "../../sim/hunter/guided/corpus.ts";
import { mutatePlan } from "../../sim/hunter/guided/mutate-plan.ts";
import { checkPlan, type Plan, parsePlan } from "../../sim/plan/plan.ts";
import { Draws } from "../../sim/world/random.ts";

const seeds = fc.nat(2 ** 31);

/** Mutated again and again, as a long hunt does. */
function generations(seed: number, count: number): Plan[] {
  const draws = new Draws(seed);
  const plans = [generatePlan(seed)];
  for (let i = 0; i < count; i++) {
    const parent = draws.pick(plans);
    plans.push(mutatePlan(parent, generatePlan(draws.word()), draws));
  }
  return plans.slice(1);
}

describe("a mutated plan", () => {
  it("is one that a plan file may hold, and differs from the one that it was made of", () => {
    fc.assert(
      fc.property(seeds, seeds, (seed, other) => {
        const plan = generatePlan(seed);
        const mutated = mutatePlan(plan, generatePlan(other), new Draws(seed ^ other));
        expect(parsePlan(JSON.stringify(mutated))).toEqual(mutated);
        expect(mutated).not.toEqual(plan);
      }),
    );
  });

  it("depends on nothing but what it is made of and the draws", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(generations(seed, 5)).toEqual(generations(seed, 5));
      }),
      { numRuns: 20 },
    );
  });

  it("keeps to the budget of faults, however often it was mutated", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        for (const plan of generations(seed, 20)) {
          checkPlan(plan);
          const lost = plan.faults.filter(({ what }) => losesData(what.kind)).length;
          expect(lost).toBeLessThanOrEqual(Math.floor((plan.config.servers - 1) / 2));
          expect(plan.config.heartbeatMs).toBeLessThan(plan.config.electionTimeoutMs);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("the corpus", () => {
  const plan = (seed: number): Plan => ({ ...generatePlan(1), seed });

  it("keeps a plan that reached something new, and none that did not", () => {
    const corpus = new Corpus();
    expect(corpus.add(plan(1), [1, 2])).toBe(true);
    expect(corpus.add(plan(2), [2, 1])).toBe(false);
    expect(corpus.add(plan(3), [])).toBe(false);
    expect(corpus.add(plan(4), [2, 3])).toBe(true);
    expect(corpus.size).toBe(2);
  });

  it("gives the plan whose discoveries are rarest most often", () => {
    const corpus = new Corpus();
    corpus.add(plan(1), [1]);
    corpus.add(plan(2), [2]);
    for (let i = 0; i < 20; i++) corpus.add(plan(3), [1]);
    const draws = new Draws(7);
    const picked = Array.from({ length: 200 }, () => corpus.pick(draws)?.seed);
    expect(picked.filter((seed) => seed === 2).length).toBeGreaterThan(150);
    expect(picked).toContain(1);
    expect(picked).not.toContain(3);
  });

  it("is bounded: what has become common goes first", () => {
    const corpus = new Corpus();
    corpus.add(plan(0), [0]);
    corpus.add(plan(1), [0]);
    for (let i = 1; i <= 1_200; i++) corpus.add(plan(i), [i]);
    expect(corpus.size).toBe(1_000);
    const draws = new Draws(3);
    expect(Array.from({ length: 3_000 }, () => corpus.pick(draws)?.seed)).not.toContain(0);
  });
});
