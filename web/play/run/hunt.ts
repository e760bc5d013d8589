/** Looks for a seed whose run breaks a promise, and makes its plan small: what `npm run hunt` does, a run at a time. */
import { allCheckers } from "../../../sim/checkers/all.ts";
import { generatePlan } from "../../../sim/hunter/generate.ts";
import type { RunOutcome } from "../../../sim/outcome.ts";
import { run } from "../../../sim/runner.ts";
import { planItems } from "../../../sim/shrink/edits.ts";
import { shrink } from "../../../sim/shrink/shrink.ts";
import type { HuntSoFar } from "./protocol.ts";

/** Time for making a plan small, ms. */
const shrinkMs = 20_000;

/** Events after which a run is given up: with a bug in the code it may have no end. */
const eventsMax = 2_000_000;

/** One hunt: a run at each step, until a promise breaks or it is given up. */
export class Hunt {
  readonly #now: () => number;
  #seed: number;
  #runs = 0;

  /** `now`: a clock, ms. */
  constructor(now: () => number, seedFrom: number) {
    this.#now = now;
    this.#seed = seedFrom >>> 0;
  }

  /** The run of the next seed. With what it found, if a promise broke, made small; `tell` hears how that goes. */
  next(tell: (hunt: HuntSoFar) => void): HuntSoFar {
    const seed = this.#seed;
    const outcome = run(generatePlan(seed), allCheckers(), { eventsMax });
    this.#runs++;
    this.#seed = (seed + 1) >>> 0;
    const soFar = { runs: this.#runs, seed, plan: undefined, invariant: undefined, items: 0 };
    if (outcome.failure === undefined) return { ...soFar, state: "hunting" };
    return this.#small(outcome, seed, tell);
  }

  #small(outcome: RunOutcome, seed: number, tell: (hunt: HuntSoFar) => void): HuntSoFar {
    const invariant = outcome.failure?.invariant;
    const soFar = { runs: this.#runs, seed, invariant };
    tell({ ...soFar, state: "shrinking", plan: undefined, items: planItems(outcome.plan) });
    let toldAt = this.#now();
    const { plan, items } = shrink(outcome, {
      run: (candidate, options) => run(candidate, allCheckers(), { eventsMax, ...options }),
      now: this.#now,
      budgetMs: shrinkMs,
      onRun: (_runs, left) => {
        if (this.#now() - toldAt < 200) return;
        toldAt = this.#now();
        tell({ ...soFar, state: "shrinking", plan: undefined, items: left });
      },
    });
    return { ...soFar, state: "found", plan, items };
  }
}
