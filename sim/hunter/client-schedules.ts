/** Faults that break a client's connection just when it has heard something, or when it hears late. */
import type { Action, When } from "../plan/actions.ts";
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

/**
 * The leader's word that it has heard of sessions comes late: it waits on its way to a server, and nothing more of that server
 * comes through. Right behind the word that server dies, and no other takes its clients for longer than a session lives. From
 * when on it may be gone is to be counted from what they sent.
 */
export function drawLateWords(draws: Draws, servers: number, horizonMs: number, sessionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  const refuseMs = Math.round(1.5 * sessionTimeoutMs);
  let atMs = draws.between(0, 2_000);
  for (; atMs + 1_000 < horizonMs && faults.length < 60; atMs += 2 * refuseMs) {
    const server = draws.between(1, servers);
    // A client leaves a server that is silent for a second; word goes to the leader and back four times in one.
    const lateMs = draws.pick([600, 900]);
    const goneMs = atMs + lateMs + draws.pick([2, 10, 50]);
    const at = (ms: number, what: Action): void => void faults.push({ when: { kind: "at", atMs: ms }, what });
    at(atMs, { kind: "clog", from: "leader", to: server, forMs: lateMs });
    at(atMs + 251, { kind: "loss", from: server, to: "any", rate: 1, forMs: 2 * lateMs });
    at(goneMs, { kind: "crash", server, restartAfterMs: refuseMs, keep: 1 });
    at(goneMs, { kind: "resetClient", client: "all", refuseMs });
  }
  return faults;
}
