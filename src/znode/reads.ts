/** Reads of the tree. They change nothing; which watch they arm is in `watches.ts`. */
import { limits } from "../base/limits.ts";
import type { Read, Result, Success } from "../base/operations.ts";
import { dataOf } from "./data-store.ts";
import { refusal } from "./failures.ts";
import { noNodeAt } from "./operations/refusals.ts";
import { nameOverheadBytes } from "./sorted-names.ts";
import { statOf, type Znode } from "./stat.ts";
import type { Tree } from "./tree.ts";

const synced: Success = {};

/**
 * Answers a read from the present state: NO_NODE for a missing znode (`exists` too), BAD_ARGUMENTS for a malformed path,
 * REPLY_TOO_LARGE for more names of children than a frame holds, if all of them were asked for at once.
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
      return childrenOf(znode, read);
  }
}

/** Names of children that make a unit of work, and bytes of data. */
const namesPerUnit = 16;
const bytesPerUnit = 16 * 1024;

/** What a read costs to answer from the present state, about: 1 for a small one. Integer units; see `limits`. */
export function workOf(tree: Tree, read: Read): number {
  if (read.kind !== "getChildren" && read.kind !== "getData") return 1;
  const znode = tree.get(read.path);
  if (znode === undefined) return 1;
  if (read.kind === "getData") return 1 + Math.floor(znode.length / bytesPerUnit);
  const names = Math.min(znode.children?.size ?? 0, read.limit || Number.POSITIVE_INFINITY);
  return 1 + Math.floor(names / namesPerUnit);
}

/** Room of a frame for everything but the names of children. */
const frameOverheadBytes = 64 * 1024;

function childrenOf(znode: Znode, { path, after = "", limit = 0 }: Read): Result {
  const names = znode.children;
  const stat = statOf(znode);
  if (names === undefined) return { children: [], stat };
  if (limit > 0) {
    const page = names.page(after, Math.min(limit, limits.childrenPageMax), limits.childrenPageBytesMax);
    return page.more ? { children: page.names, more: true, stat } : { children: page.names, stat };
  }
  if (names.bytes + nameOverheadBytes * names.size > limits.frameBytesMax - frameOverheadBytes)
    return refusal("REPLY_TOO_LARGE", `the names of the children of ${path} fill more than a frame`);
  return { children: names.all(), stat };
}
