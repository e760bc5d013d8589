/** Reads of the tree. They change nothing; which watch they arm is in `watches.ts`. */
import type { Read, Result, Success } from "../base/operations.ts";
import { dataOf } from "./data-store.ts";
import { noNodeAt } from "./operations.ts";
import { statOf } from "./stat.ts";
import type { Tree } from "./tree.ts";

const synced: Success = {};

/**
 * Answers a read from the present state: NO_NODE for a missing znode (`exists` too), BAD_ARGUMENTS for a malformed path.
 * The data are not to be written into.
 */
export function answer(tree: Tree, read: Read): Result {
  if (read.kind === "sync") return synced;
  const znode = tree.get(read.path);
  if (znode === undefined) return noNodeAt(read.path);
  switch (read.kind) {
    case "getData":
      return { data: dataOf(znode), stat: statOf(znode) };
    case "exists":
      return { stat: statOf(znode) };
    case "getChildren":
      return { children: tree.childNames(znode), stat: statOf(znode) };
  }
}
