/** What a tree keeps in tables beside the one of its znodes, and has to let go of along with them: for checkers of leaks. */
import type { Tree } from "./tree.ts";

/** How large these tables are. */
export interface RetainedByTree {
  /** Containers, and znodes with a time to live. */
  readonly lifetimes: number;
  /** Different access control lists, but for the open one. */
  readonly accessLists: number;
  readonly quotas: number;
  /** Removed znodes that are still to be taken out of the map of paths. */
  readonly removedZnodes: number;
  readonly dataBytes: number;
}

/** Looks at the tables. */
export function retainedBy({ lifetimes, acls, quotas, buried, store }: Tree): RetainedByTree {
  return {
    lifetimes: lifetimes.size,
    accessLists: acls.size,
    quotas: quotas.size,
    removedZnodes: buried,
    dataBytes: store.bytes,
  };
}
