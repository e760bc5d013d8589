/** Draws what a fault of a kind does. */
import { type Action, type ActionKind, lies, type Mistake, mistakes, type ServerTarget } from "../plan/actions.ts";
import type { Draws } from "../world/random.ts";

/** Kinds that a swarm chooses from; a crash restarts by itself. */
export const faultKinds = [
  "crash",
  "pause",
  "wipe",
  "loss",
  "duplicate",
  "delay",
  "replay",
  "clog",
  "swizzle",
  "break",
  "partition",
  "resetClient",
  "moveClient",
  "stallClient",
  "slowDisk",
  "stallDisk",
  "failWrite",
  "fullDisk",
  "flipBit",
  "drift",
  "jumpClock",
  "member",
  "transfer",
  "otherLife",
  "lowDisk",
  "loseRow",
  "strangeClient",
  "falseServer",
  "garble",
  "pauseClient",
] as const satisfies readonly ActionKind[];
export type FaultKind = (typeof faultKinds)[number];

const targets = [
  "leader",
  "leader",
  "leader",
  "follower",
  "lastVoter",
  "lastCandidate",
  "oldLeader",
  "laggard",
  "freshest",
  "random",
] as const;

/** Megabytes go their way for these. */
const costly: readonly Mistake[] = ["data", "parts", "pile", "characters"];

function drawMistake(draws: Draws): Mistake {
  const drawn = draws.pick(mistakes);
  return costly.includes(drawn) && draws.chance(0.75) ? "path" : drawn;
}

/** One action. */
export function drawAction(kind: FaultKind, draws: Draws, servers: number, horizonMs: number): Action {
  const server: ServerTarget = draws.chance(0.3) ? draws.between(1, servers) : draws.pick(targets);
  const forMs = Math.min(horizonMs, draws.pick([20, 200, 1_000, 5_000]) * draws.between(1, 4));
  const rate = draws.pick([0.02, 0.1, 0.3, 0.7]);
  const end = (): ServerTarget | "any" => (draws.chance(0.6) ? "any" : draws.pick([server, draws.between(1, servers)]));
  switch (kind) {
    case "crash":
      return { kind, server, restartAfterMs: draws.pick([1, 50, 500, 3_000]), keep: draws.pick([0, 0.5, 1]) };
    case "pause":
      return { kind, server, forMs };
    case "wipe":
      return { kind, server, restartAfterMs: draws.pick([0, 1, 500, 3_000]) };
    case "loss":
    case "duplicate":
    case "replay":
    case "garble":
      return { kind, from: end(), to: end(), rate, forMs };
    case "delay":
      return { kind, from: end(), to: end(), rate, extraMs: draws.pick([5, 50, 500, 5_000]), forMs };
    case "clog":
      return { kind, from: end(), to: end(), forMs };
    case "swizzle":
      return { kind, forMs };
    case "break":
      return { kind, from: end(), to: end() };
    case "partition": {
      const shape = draws.pick(["halves", "isolate", "isolate", "oneWay", "deaf", "bridge", "ring"] as const);
      const flapMs = draws.chance(0.2) ? draws.between(20, 1_500) : 0;
      return { kind, shape, server, servers: [], forMs, flapMs };
    }
    case "resetClient":
      return { kind, client: draws.pick(["random", "all"] as const), refuseMs: draws.pick([0, 0, 500, 5_000]) };
    case "moveClient":
      return { kind, client: draws.pick(["random", "all"] as const) };
    case "stallClient":
      return { kind, client: draws.pick(["random", "all"] as const), forMs };
    case "pauseClient":
      return { kind, client: draws.pick(["random", "all"] as const), forMs: draws.pick([300, 1_000, 3_000, 20_000]) };
    case "slowDisk":
      return { kind, server, extraMs: draws.pick([5, 50, 500]), forMs };
    case "stallDisk":
      return { kind, server, forMs };
    case "failWrite":
      return { kind, server, applied: draws.chance(0.5) };
    case "fullDisk":
      return { kind, server, forMs };
    case "lowDisk":
      // Short enough for the rest of the run to have writes that do something.
      return { kind, server, forMs: Math.min(forMs, 2_000) };
    case "flipBit":
      return { kind, server, part: draws.pick(["any", "log", "state"] as const) };
    case "loseRow": {
      // Of older copies most are of where the log begins: blocks are seldom written anew.
      const older = draws.chance(0.5);
      const part = draws.pick(older ? (["any", "any", "log"] as const) : (["any", "log", "state"] as const));
      return { kind, server, part, older, restartAfterMs: draws.pick([1, 500, 3_000]) };
    }
    case "drift":
      return { kind, server, rate: draws.pick([0.5, 0.9, 0.999, 1.001, 1.1, 2]), forMs };
    case "member": {
      const change = draws.pick([
        "add",
        "add",
        "observe",
        "remove",
        "remove",
        "replace",
        "replace",
        "promote",
        "giveUp",
        "move",
        "mistake",
        "several",
      ] as const);
      return { kind, change, server: draws.chance(0.2) ? "down" : server, force: draws.chance(0.1) };
    }
    case "transfer":
      return {
        kind,
        server: draws.pick(["follower", "follower", "laggard", "freshest", "random", server]),
        open: draws.chance(0.2),
      };
    case "otherLife":
      return { kind, server, says: draws.pick(["vote", "heartbeat"] as const) };
    case "strangeClient":
      return { kind, server: draws.pick(["leader", "follower", "random"] as const), says: drawMistake(draws) };
    case "falseServer":
      return { kind, client: draws.pick(["random", "random", "all"] as const), says: draws.pick(lies) };
    case "jumpClock":
      return { kind, server, byMs: draws.pick([-100_000, -1_000, -10, 10, 1_000, 100_000]) };
  }
}
