/** Faults that break a client's connection just when it has heard something. */
import type { When } from "../plan/actions.ts";
import type { Fault } from "../plan/plan.ts";
import type { Draws } from "../world/random.ts";

/**
 * Clients that come to a server and lose it again right behind their attachment, or behind the first events that it tells
 * while it arms their watches: whatever they count as told by then is what the next server does not tell.
 */
export function drawBrokenArming(draws: Draws, horizonMs: number): Fault[] {
  const faults: Fault[] = [];
  const everyMs = draws.pick([50, 200, 500]);
  for (let atMs = everyMs; atMs < horizonMs && faults.length < 60; atMs += draws.between(1, 2 * everyMs)) {
    const what = draws.pick(["connected", "early", "early", "early", "event", "pong"] as const);
    const when: When = { kind: "hears", server: "any", what, nth: draws.pick([1, 1, 2, 3]), atMs };
    const refuseMs = draws.pick([0, 0, 0, 20, 300]);
    faults.push({ when, what: { kind: "resetClient", client: "random", refuseMs } });
  }
  return faults;
}
