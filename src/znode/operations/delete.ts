/** delete: a znode without children goes. */
import { type Refusal, refusal } from "../failures.ts";
import { isBuiltIn, parentPath } from "../paths.ts";
import type { Decide, View } from "./decision.ts";
import { badPath, badVersion, noNode } from "./refusals.ts";

/** Check order: built-in → parent exists → exists → version → no children. */
export const decideDelete: Decide<"delete"> = (view, { path, version }) => {
  if (isBuiltIn(path)) return badPath(path, "a built-in znode is never deleted");
  const znode = view.znode(path);
  if (znode === undefined) return missing(view, path);
  if (version !== -1 && version !== znode.version) return badVersion(znode, version);
  if (znode.children !== undefined) return refusal("NOT_EMPTY", `the znode ${path} has children`);
  return { type: "remove", path };
};

/** Why a delete finds no znode: the path is none, or the znode or its parent does not exist. */
function missing(view: View, path: string): Refusal {
  const parentName = parentPath(path);
  if (parentName === undefined) return badPath(path, 'it does not start with "/"');
  return noNode(view.znode(parentName) === undefined ? parentName : path);
}
