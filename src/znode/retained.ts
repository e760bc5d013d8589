/** What a tree keeps in tables beside the one of its znodes, and has to let go of along with them: for checkers of leaks. */
import type { AclTable } from "./acl-table.ts";
import type { Lifetimes } from "./lifetimes.ts";
import type { Znode } from "./stat.ts";

/** Tables of a tree that are its own. */
export interface TablesBeside {
  readonly lifetimes: Pick<Lifetimes, "size" | "unused">;
  readonly acls: Pick<AclTable, "size">;
  /** Removed, and still in the map of paths. */
  readonly buried: readonly Znode[];
}

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

/** A tree, as far as its tables go. */
interface Tables {
  beside(): TablesBeside;
  readonly quotas: { readonly size: number };
  readonly store: { readonly bytes: number };
}

/** Looks at them. */
export function retainedBy(tree: Tables): RetainedByTree {
  const { lifetimes, acls, buried } = tree.beside();
  return {
    lifetimes: lifetimes.size,
    accessLists: acls.size,
    quotas: tree.quotas.size,
    removedZnodes: buried.length,
    dataBytes: tree.store.bytes,
  };
}
