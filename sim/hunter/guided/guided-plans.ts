/** Plans of a guided hunt: some are drawn afresh, the others are changed from those that reached something new. */
import type { Plan } from "../../plan/plan.ts";
import { Randomness } from "../../world/random.ts";
import { generatePlan } from "../generate.ts";
import { Corpus } from "./corpus.ts";
import { mutatePlan } from "./mutate-plan.ts";

/** So many plans of a guided hunt are mutated. */
const mutatedShare = 0.5;

/** A plan, and whether it is one that its seed alone gives. */
export interface GuidedPlan {
  readonly plan: Plan;
  readonly mutated: boolean;
}

export class GuidedPlans {
  readonly corpus = new Corpus();

  /** The plan for `seed`: it depends on the seed, and on all that was learnt before. */
  next(seed: number): GuidedPlan {
    const draws = new Randomness(seed).draws("guided");
    const kept = draws.chance(mutatedShare) ? this.corpus.pick(draws) : undefined;
    if (kept === undefined) return { plan: generatePlan(seed), mutated: false };
    const other = (draws.chance(0.5) ? this.corpus.pick(draws) : undefined) ?? generatePlan(draws.word());
    return { plan: mutatePlan(kept, other, draws), mutated: true };
  }

  /** Takes in what a run of `plan` has reached. */
  learn(plan: Plan, features: readonly number[]): void {
    this.corpus.add(plan, features);
  }
}
