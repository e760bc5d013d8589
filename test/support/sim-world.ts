/** A simulated world in which nothing happens but what a test lets happen: for tests of one checker. */
import type { Plan } from "../../sim/plan/plan.ts";
import type { SimEvent } from "../../sim/world/events.ts";
import type { World } from "../../sim/world/observer.ts";

/** The world of a plan before its first event, without servers. The test sets the time, µs, and the event. */
export function emptyWorld(plan: Plan): World & { now: number; event: SimEvent | undefined } {
  return { plan, now: 0, current: 0, event: undefined, servers: [], allServers: [], calm: false };
}
