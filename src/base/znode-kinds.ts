/**
 * Kinds of znodes, as in ZooKeeper: they differ in when one goes although nobody deletes it. A persistent one does not; an
 * ephemeral goes with its session; a container once it has had children and has none any more; one with a time to live
 * once it has not been set for that time and has no children. The last two are called *unused* then, and the leader sees
 * to it that they are removed, some time after.
 */
import { limits } from "./limits.ts";
import type { Stat } from "./operations.ts";

export type ZnodeKind = "persistent" | "ephemeral" | "container" | "ttl";

/** What makes a znode go when it is unused; neither: nothing does. */
export interface Keeping {
  readonly container?: boolean;
  /** Milliseconds; 0: none. */
  readonly ttlMs?: number;
}

/** What kind of znode a Stat is of. */
export function kindOf({ ephemeralOwner, container = false, ttlMs = 0 }: Stat): ZnodeKind {
  if (ephemeralOwner !== 0) return "ephemeral";
  if (container) return "container";
  return ttlMs > 0 ? "ttl" : "persistent";
}

/** Why a time to live will not do, as the end of a sentence; undefined: it will. */
export function ttlProblem(ttlMs: number): string | undefined {
  const { ttlMinMs, ttlMaxMs } = limits;
  if (Number.isInteger(ttlMs) && ttlMs >= ttlMinMs && ttlMs <= ttlMaxMs) return undefined;
  return `a time to live has ${ttlMinMs} to ${ttlMaxMs} milliseconds`;
}
