/** Runs a plan from its beginning to its end. */
import type { RunOutcome } from "./outcome.ts";
import type { Plan } from "./plan/plan.ts";
import { Simulation } from "./simulation.ts";
import type { Observer } from "./world/observer.ts";

export interface RunOptions {
  /** Stops, without a failure, after so many events. Default: none. */
  readonly eventsMax?: number;
}

/** Runs `plan` under the eyes of `observers`, which are used for this run only. */
export function run(plan: Plan, observers: readonly Observer[] = [], options: RunOptions = {}): RunOutcome {
  const simulation = new Simulation(plan, observers);
  const eventsMax = options.eventsMax ?? Number.POSITIVE_INFINITY;
  while (simulation.events < eventsMax && simulation.step()) {}
  return simulation.finish();
}
