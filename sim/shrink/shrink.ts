/**
 * Makes a failing plan small enough to read: fewer faults, operations, servers and clients, constant latency, rounder
 * times, a shorter horizon. A step counts only if the same invariant still breaks.
 */

import type { RunOutcome } from "../outcome.ts";
import type { Plan } from "../plan/plan.ts";
import type { RunOptions } from "../runner.ts";
import { concreteDraws, concreteTargets, cutShort, listed, trimmed } from "./concrete.ts";
import { planItems } from "./edits.ts";
import type { Pass } from "./pass.ts";
import { allPasses, reseededPasses } from "./passes.ts";
import { sameFailure } from "./same-failure.ts";

/** How to run plans, and for how long. */
export interface ShrinkOptions {
  /** Runs a plan with fresh checkers. */
  readonly run: (plan: Plan, options: RunOptions) => RunOutcome;
  /** A clock for the budget, ms. */
  readonly now: () => number;
  /** Stops after this long and returns the smallest plan so far, ms. */
  readonly budgetMs: number;
  /** Called after each run with the number of runs and the items left. */
  readonly onRun?: (runs: number, items: number) => void;
}

/** A smaller plan that breaks the same invariant. */
export interface Shrunk {
  readonly plan: Plan;
  /** Of a run of `plan`. */
  readonly outcome: RunOutcome;
  /** Faults and operations of `plan`. */
  readonly items: number;
  /** Runs that it took. */
  readonly runs: number;
  /** False if time ran out before every pass had found nothing more. */
  readonly finished: boolean;
}

/** Seeds that are tried where the plan's own finds nothing smaller: other latencies and elections, the same bug. */
const otherSeeds = [1, 2, 3, 4, 5] as const;

/** Operations a second that may be enough for the same failure, the fewest first. */
const quietPaces = [0.3, 1, 3, 10] as const;

/** A plan of so many items is short enough to read. */
const shortItems = 12;

/** Shrinks the plan of a failing run. `failing.failure` must be there. */
export function shrink(failing: RunOutcome, options: ShrinkOptions): Shrunk {
  return new Shrinker(failing, options).shrink();
}

class Shrinker {
  readonly #options: ShrinkOptions;
  readonly #deadline: number;
  readonly #tried = new Set<string>();
  /** The smallest failing run. */
  #outcome: RunOutcome;
  /** Its plan without what comes after the failure. */
  #plan: Plan;
  /** How operations were drawn before they were listed. */
  readonly #drawn: Plan["workload"];
  #runs = 0;

  constructor(failing: RunOutcome, options: ShrinkOptions) {
    if (failing.failure === undefined) throw new RangeError("only a plan that fails can be shrunk");
    this.#options = options;
    this.#deadline = options.now() + options.budgetMs;
    this.#outcome = failing;
    this.#plan = trimmed(failing);
    this.#drawn = failing.plan.workload;
  }

  shrink(): Shrunk {
    this.#requiet();
    do {
      this.#make(listed);
      this.#make(concreteDraws);
      do {
        do this.#toFixpoint(allPasses);
        while (this.#make(concreteTargets));
      } while (this.#reseed());
    } while (planItems(this.#plan) > shortItems && this.#requiet());
    this.#make(cutShort);
    return {
      plan: this.#outcome.plan,
      outcome: this.#outcome,
      items: planItems(this.#outcome.plan),
      runs: this.#runs,
      finished: !this.#late,
    };
  }

  get #late(): boolean {
    return this.#options.now() >= this.#deadline;
  }

  /** Whether `candidate` breaks the same invariant; it is then the plan to go on with. */
  #attempt(candidate: Plan): Plan | undefined {
    const key = JSON.stringify(candidate);
    if (this.#late || this.#tried.has(key)) return undefined;
    this.#tried.add(key);
    const outcome = this.#options.run(candidate, { eventsMax: 2 * this.#outcome.events + 20_000 });
    this.#runs++;
    const same = sameFailure(this.#outcome.failure, outcome.failure);
    if (same) {
      this.#outcome = outcome;
      this.#plan = trimmed(outcome);
    }
    this.#options.onRun?.(this.#runs, planItems(this.#plan));
    return same ? this.#plan : undefined;
  }

  /** Tries what `make` makes of the last failing run; it returns `undefined` where it would change nothing. */
  #make(make: (outcome: RunOutcome) => Plan | undefined): boolean {
    const candidate = make({ ...this.#outcome });
    return candidate !== undefined && this.#attempt(candidate) !== undefined;
  }

  #toFixpoint(passes: readonly Pass[]): void {
    let before: Plan;
    do {
      before = this.#plan;
      for (const pass of passes) this.#follow(pass);
    } while (this.#plan !== before && !this.#late);
  }

  /** Offers the candidates of a pass, which goes on from those that still fail. */
  #follow(pass: Pass): void {
    const candidates = pass(this.#plan);
    let next = candidates.next();
    while (next.done !== true && !this.#late) next = candidates.next(this.#attempt(next.value));
  }

  /**
   * Looks for a run with fewer operations: drawn anew, more slowly, under other seeds. Out of many operations that hang
   * together none can be left out, but others may do. Returns whether it found one.
   */
  #requiet(): boolean {
    if (this.#drawn.perSecond === 0) return false;
    const before = { outcome: this.#outcome, plan: this.#plan };
    const { operations } = before.plan.workload;
    const performed = operations.length > 0 ? operations.length : before.outcome.performed.length;
    for (const perSecond of quietPaces) {
      if (perSecond >= this.#drawn.perSecond) return false;
      for (const seed of [before.plan.seed, ...otherSeeds]) {
        const workload = { ...this.#drawn, perSecond, operations: [] };
        if (this.#attempt({ ...before.plan, seed, workload }) === undefined) continue;
        if (this.#outcome.performed.length < performed) return true;
        this.#outcome = before.outcome;
        this.#plan = before.plan;
      }
    }
    return false;
  }

  /** Looks for something smaller under other seeds. Returns whether it found any. */
  #reseed(): boolean {
    const before = this.#plan;
    for (const pass of reseededPasses) {
      const candidates = pass(this.#plan);
      let next = candidates.next();
      while (next.done !== true && !this.#late) {
        const candidate = next.value;
        let found: Plan | undefined;
        for (const seed of otherSeeds) {
          found = this.#attempt({ ...candidate, seed });
          if (found !== undefined) break;
        }
        next = candidates.next(found);
      }
    }
    return this.#plan !== before && !this.#late;
  }
}
