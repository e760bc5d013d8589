/** Faults that make sense together: storms of leaders, operators in a hurry, clients that hop from server to server. */
import type { Action, ActionKind, When } from "../plan/actions.ts";
import type { Fault } from "../plan/plan.ts";
import type { Draws } from "../world/random.ts";

/**
 * Trouble for leaders, again and again, at the moments that matter: just elected, with entries sent to some but not to
 * others, written but not acknowledged. Most of Raft's rules exist for what such terms leave behind (Figures 7 and 8).
 */
export function drawStorm(draws: Draws, servers: number, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  const every = electionTimeoutMs * draws.between(1, 4);
  const count = Math.min(60, Math.floor(horizonMs / every));
  const style = draws.pick(["crash", "isolate", "mixed"] as const);
  // What one term says may arrive in the next.
  if (draws.chance(0.3)) {
    const kind = draws.pick(["delay", "replay", "duplicate"] as const);
    const about = { from: "any", to: "any", rate: draws.pick([0.1, 0.3]), forMs: horizonMs } as const;
    const what =
      kind === "delay" ? { kind, ...about, extraMs: electionTimeoutMs * draws.pick([0.5, 1, 2]) } : { kind, ...about };
    faults.push({ when: { kind: "at", atMs: 0 }, what });
  }
  for (let i = 0; i < count; i++) {
    const crash = style === "mixed" ? draws.chance(0.5) : style === "crash";
    const forMs = electionTimeoutMs * draws.pick([0.3, 1, 2, 4, 8]);
    const what: Action = crash
      ? { kind: "crash", server: "random", restartAfterMs: forMs, keep: draws.pick([0, 0.5, 1]) }
      : {
          kind: "partition",
          shape: draws.pick(["isolate", "isolate", "oneWay", "deaf"]),
          server: "leader",
          servers: [],
          forMs,
          flapMs: 0,
        };
    const when = drawMoment(draws, i * every);
    // Streams may break as the network does: then the others know at once that the leader is gone, and it does not.
    if (!crash && draws.chance(0.5)) faults.push({ when, what: { kind: "break", from: "leader", to: "any" } });
    faults.push({ when, what });
    // A voter that comes back at once, while the election is still on.
    if (draws.chance(0.2)) faults.push({ when: drawVote(draws, i * every), what: quickCrash(draws) });
    // Now and then all but one follower are cut off from the leader: it commits nothing, but someone has its entries.
    if (draws.chance(0.3) && servers > 2)
      faults.push({ when: { kind: "at", atMs: i * every }, what: lopsided(draws, servers, forMs) });
  }
  return faults;
}

/**
 * Leader after leader that does not get beyond its first entries, and comes back when its successor has met the same
 * fate: so the servers' logs end in tails of many terms, of which each may be the next to win (Figures 7 and 8).
 */
export function drawTails(draws: Draws, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  const everyMs = Math.round(electionTimeoutMs * draws.pick([0.5, 1, 2]));
  for (let atMs = 0; atMs < horizonMs && faults.length < 60; atMs += everyMs) {
    const when: When = draws.chance(0.6)
      ? { kind: "persists", server: "leader", nth: 1, atMs }
      : { kind: "commits", server: "any", nth: 1, atMs };
    const restartAfterMs = Math.round(electionTimeoutMs * draws.pick([1, 2, 4, 6]));
    faults.push({ when, what: { kind: "crash", server: "leader", restartAfterMs, keep: 1 } });
  }
  return faults;
}

/** When tails have been cut off and written anew, some block of a log is as it was before that. */
export function drawOlderBlock(draws: Draws, horizonMs: number): Fault {
  const atMs = Math.round(horizonMs * draws.pick([0.5, 0.7, 0.9]));
  const server = draws.pick(["follower", "random", "laggard"] as const);
  return { when: { kind: "at", atMs }, what: { kind: "loseRow", server, part: "log", older: true, restartAfterMs: 1 } };
}

/**
 * Leaders that are cut off again and again, at best noticed by the others at once, while their clients go on asking them:
 * until they step down they must not answer, and what they took on meanwhile has to go, be it on a slow disk's way.
 */
export function drawCutLeaders(draws: Draws, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  const slow = draws.chance(0.3);
  const gapMs = electionTimeoutMs * draws.pick([2, 3, 5]);
  for (let atMs = gapMs; atMs < horizonMs && faults.length < 60; atMs += gapMs) {
    const when = { kind: "at", atMs } as const;
    const forMs = electionTimeoutMs * draws.pick([0.5, 1, 2]);
    const extraMs = draws.pick([5, 50]);
    if (slow) faults.push({ when, what: { kind: "slowDisk", server: "leader", extraMs, forMs: 2 * forMs } });
    if (draws.chance(0.8)) faults.push({ when, what: { kind: "break", from: "leader", to: "any" } });
    const shape = draws.pick(["isolate", "oneWay"] as const);
    faults.push({ when, what: { kind: "partition", shape, server: "leader", servers: [], forMs, flapMs: 0 } });
  }
  return faults;
}

/**
 * Leaders that hand over and are soon given leadership again, while what they said before comes once more: what
 * is answered to that comes in another term of the same leader. Then it is cut off, as the others notice at once.
 */
export function drawLedAgain(draws: Draws, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  const at = (atMs: number, what: Action): void => {
    faults.push({ when: { kind: "at", atMs: Math.round(atMs) }, what });
  };
  const gapMs = electionTimeoutMs * draws.pick([4, 6]);
  for (let atMs = gapMs; atMs + 2.5 * electionTimeoutMs < horizonMs && faults.length < 60; atMs += gapMs) {
    const handOver: Action = { kind: "transfer", server: "follower", open: false };
    const forMs = electionTimeoutMs * draws.pick([0.3, 0.6]);
    at(atMs, { kind: "replay", from: "leader", to: "any", rate: 0.3, forMs: 3 * electionTimeoutMs });
    at(atMs + forMs, handOver);
    at(atMs + forMs + electionTimeoutMs * draws.pick([0.3, 0.6]), handOver);
    const cutMs = atMs + electionTimeoutMs * draws.pick([1.2, 1.6, 2]);
    at(cutMs, { kind: "break", from: "leader", to: "any" });
    const cut = { kind: "partition", shape: "isolate", server: "leader", servers: [], flapMs: 0 } as const;
    at(cutMs, { ...cut, forMs: 1.5 * electionTimeoutMs });
  }
  return faults;
}

/**
 * Changes of membership right after a leader was cut off: the old leader appends what a new one will never hear of, and
 * has to take it back.
 */
export function drawLostChanges(draws: Draws, faults: readonly Fault[], horizonMs: number): Fault[] {
  const changes: Fault[] = [];
  for (const { when, what } of faults) {
    const cutsLeader = what.kind === "partition" && what.server === "leader";
    if (!cutsLeader || when.kind !== "at" || changes.length >= 6 || !draws.chance(0.4)) continue;
    const change = draws.pick(["add", "observe", "remove", "replace"] as const);
    const atMs = Math.min(horizonMs, when.atMs + draws.pick([1, 20, 100]));
    changes.push({ when: { kind: "at", atMs }, what: { kind: "member", change, server: "follower", force: false } });
  }
  return changes;
}

/** An operator in a hurry: changes that follow each other at once, and a leader that dies amid one. */
export function drawHastyChanges(draws: Draws, horizonMs: number): Fault[] {
  const faults: Fault[] = [];
  for (let i = draws.below(5); i > 0; i--) {
    let atMs = draws.between(0, Math.floor(horizonMs * 0.9));
    for (let n = draws.between(1, 3); n > 0; n--) {
      const change = draws.pick(["add", "add", "remove", "replace", "promote"] as const);
      const server = draws.pick(["follower", "leader", "random"] as const);
      faults.push({ when: { kind: "at", atMs }, what: { kind: "member", change, server, force: draws.chance(0.1) } });
      atMs += draws.pick([1, 5, 50]);
    }
    if (!draws.chance(0.6)) continue;
    const when: When = draws.chance(0.5)
      ? { kind: "at", atMs: atMs + draws.pick([1, 20, 200]) }
      : { kind: draws.pick(["writes", "persists"] as const), server: "leader", nth: draws.between(1, 4), atMs };
    const restartAfterMs = draws.pick([50, 500, 3_000]);
    faults.push({ when, what: { kind: "crash", server: "leader", restartAfterMs, keep: draws.pick([0, 1]) } });
  }
  return faults;
}

/**
 * Servers that stand still and are cut off for a while. The others compact their logs meanwhile, so that a snapshot
 * comes in the middle of whatever such a server was about.
 */
export function drawLeftBehind(draws: Draws, servers: number, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  for (let i = draws.between(1, 8); i > 0; i--) {
    const server = draws.between(1, servers);
    const forMs = electionTimeoutMs * draws.pick([1.2, 2, 4]);
    const when = { kind: "at", atMs: draws.between(0, Math.floor(horizonMs * 0.9)) } as const;
    faults.push({ when, what: { kind: "pause", server, forMs } });
    faults.push({ when, what: { kind: "partition", shape: "isolate", server, servers: [], forMs, flapMs: 0 } });
  }
  return faults;
}

/**
 * Leaders that are cut off while their clients go on: they append what will never be committed, while the
 * others elect another, commit a little and compact it. Then they are back, and a snapshot meets a log that is
 * longer and says otherwise.
 */
export function drawOutgrown(draws: Draws, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  const gapMs = electionTimeoutMs * draws.pick([4, 6]);
  for (let atMs = gapMs; atMs < horizonMs && faults.length < 60; atMs += gapMs) {
    const forMs = 4 * electionTimeoutMs;
    faults.push({
      when: { kind: "at", atMs },
      what: { kind: "partition", shape: "isolate", server: "leader", servers: [], forMs, flapMs: 0 },
    });
    const when: When = { kind: "commits", server: "leader", nth: draws.between(2, 6), atMs: atMs + electionTimeoutMs };
    faults.push({ when, what: { kind: "heal", from: "any", to: "any" } });
  }
  return faults;
}

/**
 * Figure 8, again and again: a leader is cut off with entries of its own; another is elected, and cut off with its first
 * one; the first leads again, and dies when it has learnt that one of its old entries is on another disk; then the second
 * comes back. For a cluster that sends one entry at a time, and its followers' next one when it is acknowledged.
 */
export function drawFigure8(draws: Draws, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  const cutOff = (forTimeouts: number): Action => {
    const forMs = forTimeouts * electionTimeoutMs;
    return { kind: "partition", shape: "isolate", server: "leader", servers: [], forMs, flapMs: 0 };
  };
  for (let atMs = 3 * electionTimeoutMs; atMs < horizonMs && faults.length < 60; atMs += 14 * electionTimeoutMs) {
    faults.push({ when: { kind: "at", atMs }, what: cutOff(4) });
    faults.push({ when: { kind: "elected", server: "any", nth: 1, atMs }, what: cutOff(6) });
    const nth = draws.between(2, 6);
    faults.push({
      when: { kind: "receives", server: "leader", message: "AppendEntriesReply", nth, atMs: atMs + electionTimeoutMs },
      what: { kind: "crash", server: "leader", restartAfterMs: 7 * electionTimeoutMs, keep: 1 },
    });
  }
  return faults;
}

/** Clients that lose their server again and again, at times just after they have found another. */
export function drawHops(draws: Draws, horizonMs: number): Fault[] {
  const faults: Fault[] = [];
  const everyMs = draws.pick([200, 500, 2_000]);
  for (let atMs = everyMs; atMs < horizonMs && faults.length < 40; atMs += draws.between(1, 2 * everyMs)) {
    const client = draws.pick(["random", "all"] as const);
    const hop = (): Action =>
      draws.chance(0.5)
        ? { kind: "moveClient", client }
        : { kind: "resetClient", client, refuseMs: draws.pick([0, 0, 50]) };
    faults.push({ when: { kind: "at", atMs }, what: hop() });
    if (draws.chance(0.5))
      faults.push({ when: { kind: "at", atMs: atMs + draws.between(1, draws.pick([6, 60])) }, what: hop() });
  }
  return faults;
}

/**
 * Clients that no server takes for longer than their session lives, at times while the server that they had is cut off from
 * the others: whatever it has told them last is the last that they hear.
 */
export function drawCutOff(draws: Draws, horizonMs: number, sessionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  for (let i = draws.between(1, 4); i > 0; i--) {
    const atMs = draws.between(0, Math.floor(horizonMs * 0.7));
    const refuseMs = Math.round(sessionTimeoutMs * draws.pick([1, 1.2, 1.5]));
    if (draws.chance(0.7)) {
      const server = draws.pick(["leader", "leader", "follower", "random"] as const);
      const cut = { kind: "partition", shape: "isolate", server, servers: [], flapMs: 0 } as const;
      faults.push({ when: { kind: "at", atMs }, what: { ...cut, forMs: refuseMs } });
    }
    const goneMs = atMs + draws.pick([0, 200, 500, 1_000, 1_400]);
    const client = draws.pick(["random", "all", "all"] as const);
    faults.push({ when: { kind: "at", atMs: goneMs }, what: { kind: "resetClient", client, refuseMs } });
  }
  return faults;
}

/** A wall clock, mostly the leader's, that runs ahead by seconds or years for a while, and is set right again. */
export function drawWrongClocks(draws: Draws, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  const gapMs = electionTimeoutMs * draws.pick([3, 6, 12]);
  for (let atMs = gapMs; atMs < horizonMs && faults.length < 20; atMs += gapMs) {
    const server = draws.pick(["leader", "leader", "follower"] as const);
    const byMs = draws.pick([-3_000_000, -5_000, 1_500, 5_000, 60_000, 3_000_000]);
    faults.push({ when: { kind: "at", atMs }, what: { kind: "jumpClock", server, byMs } });
    const laterMs = atMs + electionTimeoutMs * draws.pick([0.1, 1, 2]);
    if (draws.chance(0.8))
      faults.push({ when: { kind: "at", atMs: laterMs }, what: { kind: "jumpClock", server, byMs: -byMs } });
  }
  return faults;
}

/** Disks that hang for long, mostly the leader's: some until the end, so that nothing but another leader helps. */
export function drawHungDisks(draws: Draws, horizonMs: number, electionTimeoutMs: number): Fault[] {
  const faults: Fault[] = [];
  const gapMs = electionTimeoutMs * draws.pick([4, 8, 16]);
  for (let atMs = gapMs; atMs < horizonMs && faults.length < 20; atMs += gapMs) {
    const server = draws.pick(["leader", "leader", "leader", "follower", "random"] as const);
    const forMs = draws.chance(0.2) ? horizonMs - atMs : electionTimeoutMs * draws.pick([1, 2.5, 4, 10]);
    faults.push({ when: drawMoment(draws, atMs), what: { kind: "stallDisk", server, forMs: Math.round(forMs) } });
  }
  return faults;
}

/** A moment in a leader's work, not before `atMs`. */
function drawMoment(draws: Draws, atMs: number): When {
  const nth = draws.pick([1, 1, 2, 3, 5]);
  switch (draws.below(6)) {
    case 0:
      return { kind: "elected", server: "any", nth: 1, atMs };
    case 3:
      return { kind: "answers", server: "leader", nth, atMs };
    case 4:
      return { kind: "commits", server: "any", nth, atMs };
    case 1:
      return { kind: "sends", server: "leader", message: "AppendEntries", nth, atMs };
    case 2:
      return { kind: "writes", server: "leader", nth, atMs };
    default:
      return { kind: "persists", server: "leader", nth, atMs };
  }
}

/** A moment in an election, not before `atMs`. */
function drawVote(draws: Draws, atMs: number): When {
  if (draws.chance(0.3)) return { kind: "elected", server: "any", nth: 1, atMs };
  return { kind: "sends", server: "any", message: "RequestVoteReply", nth: draws.between(1, 6), atMs };
}

function quickCrash(draws: Draws): Action {
  return { kind: "crash", server: "random", restartAfterMs: 1, keep: draws.pick([0, 0.5, 1]) };
}

function lopsided(draws: Draws, servers: number, forMs: number): Action {
  const all = Array.from({ length: servers }, (_, i) => i + 1);
  const side = draws.some(all, draws.between(1, Math.max(1, Math.floor((servers - 1) / 2))));
  return { kind: "partition", shape: "halves", server: "leader", servers: side, forMs, flapMs: 0 };
}

/** What befalls a cluster only while it is formed. */
export const foundingKinds = ["restored", "emptied"] as const satisfies readonly ActionKind[];

/**
 * A cluster that is formed of the wrong parts: some first members begin with a backup and some with nothing, or one is
 * emptied when it has been met already. Who does so in time still gets a cluster.
 */
export function drawFounding(draws: Draws, servers: number): Fault[] {
  const faults: Fault[] = [];
  const ids = Array.from({ length: servers }, (_, i) => i + 1);
  const forMs = draws.pick([20, 300, 1_500]);
  if (draws.chance(0.6))
    for (const server of draws.some(ids, draws.between(1, servers - 1)))
      faults.push({
        when: { kind: "at", atMs: 0 },
        what: { kind: "restored", server, forMs, unnamed: draws.chance(0.3) },
      });
  if (faults.length > 0 && draws.chance(0.6)) return faults;
  for (let left = draws.between(1, 3); left > 0; left--) {
    const when: When = draws.chance(0.5)
      ? { kind: "at", atMs: draws.between(0, draws.pick([5, 30, 200])) }
      : { kind: "persists", server: "any", nth: draws.between(1, 2 * servers), atMs: 0 };
    faults.push({ when, what: { kind: "emptied", server: draws.pick(ids) } });
  }
  return faults;
}
