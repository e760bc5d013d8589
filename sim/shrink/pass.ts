/** What a pass of the shrinker is. */
import type { Plan } from "../plan/plan.ts";

/**
 * A step by which plans get smaller, as a conversation: it offers a candidate and is told the plan to go on from if that
 * one still fails, or `undefined` if it does not.
 */
export type Pass = (plan: Plan) => Generator<Plan, void, Plan | undefined>;
