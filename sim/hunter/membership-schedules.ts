/** Changes of membership that lose, at the worst moment, a server on which the rest depends. */
import type { Action, When } from "../plan/actions.ts";
import type { Fault } from "../plan/plan.ts";
import type { Draws } from "../world/random.ts";

function at(atMs: number, what: Action): Fault {
  return { when: { kind: "at", atMs: Math.max(0, Math.round(atMs)) }, what };
}

/**
 * Leaders that remove themselves, and are cut off and die when the configuration without them is on their own disk and on no
 * other: in a cluster with an even number of voters nobody else may have a log long enough to win, and they are needed once
 * more (thesis §4.2.2). Between one and the next a spare server makes up for the one that left.
 */
export function drawLeavers(draws: Draws, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  for (let atMs = 5 * electionTimeoutMs; atMs < horizonMs && faults.length < 60; atMs += 20 * electionTimeoutMs) {
    faults.push(at(atMs, { kind: "member", change: "remove", server: "leader", force: false }));
    // It has found the joint configuration committed, and appends its last one in the same turn.
    const joint: When = { kind: "commits", server: "leader", nth: draws.pick([1, 1, 1, 2]), atMs };
    const cut = { kind: "partition", shape: "isolate", server: "leader", servers: [], flapMs: 0 } as const;
    faults.push({ when: joint, what: { ...cut, forMs: 4 * electionTimeoutMs } });
    const written: When = { kind: "persists", server: "leader", nth: draws.pick([2, 2, 3]), atMs };
    const restartAfterMs = electionTimeoutMs * draws.pick([1, 5, 10]);
    faults.push({ when: written, what: { kind: "crash", server: "leader", restartAfterMs, keep: 1 } });
    faults.push(at(atMs + 15 * electionTimeoutMs, { kind: "member", change: "add", server: "random", force: false }));
  }
  return faults;
}

/**
 * Of three servers one is replaced and one removed, so that the third and the newcomer are to be all that is left; and the
 * third loses its disk for good while the newcomer is kept from catching up. Whoever goes joint then has no way out. If the
 * third led, it is a new leader that must find out who is there. All of that at the end of the faults: what is joint and
 * cannot get out of it before they end has lost its quorum, and nothing is owed.
 */
export function drawDyingVoters(draws: Draws, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const [replaced = 1, removed = 2, dies = 3] = draws.shuffle([1, 2, 3]);
  const newcomer = 4;
  const diesMs = horizonMs - electionTimeoutMs * draws.pick([0.1, 0.5, 1, 2, 3]);
  const removedMs = diesMs - draws.pick([20, 50, 200]);
  const replacedMs = removedMs - draws.pick([20, 50, 200]);
  return [
    at(replacedMs, { kind: "member", change: "replace", server: replaced, force: false }),
    at(replacedMs + 1, { kind: "clog", from: "any", to: newcomer, forMs: horizonMs }),
    at(removedMs, { kind: "member", change: "remove", server: removed, force: false }),
    at(diesMs, { kind: "wipe", server: dies, restartAfterMs: 0 }),
  ];
}
