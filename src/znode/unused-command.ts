/** The command that removes znodes that nobody uses. */
import type { Applied, RemoveUnused } from "./commands.ts";
import { makeEdit, type Target } from "./edits.ts";
import { isUnused } from "./lifetimes.ts";
import { changed } from "./outcomes.ts";

/**
 * Removes those of the named znodes that are unused, by the entry's stamp `timeMs`. Since the leader looked, one may have
 * been set or have got a child, or be another one by now: each is looked at again, in order, and one that is used stays.
 */
export function removeUnused(target: Target, { paths }: RemoveUnused, timeMs: number): Applied {
  const { tree, zxid, changes } = target;
  for (const path of paths) {
    const znode = tree.get(path);
    if (znode !== undefined && isUnused(znode, timeMs)) makeEdit(target, { type: "remove", path });
  }
  return changed(zxid, { type: "unusedRemoved" }, changes);
}
