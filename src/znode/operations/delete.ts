/** delete: a znode without children goes. */
import { forbidden } from "../access.ts";
import { refusal } from "../failures.ts";
import { isBuiltIn, parentPath } from "../paths.ts";
import type { Decide } from "./decision.ts";
import { badPath, badVersion, noNode } from "./refusals.ts";

/** Check order: built-in → parent exists → DELETE on the parent → exists → version → no children. */
export const decideDelete: Decide<"delete"> = (view, { path, version }) => {
  if (isBuiltIn(path)) return badPath(path, "a built-in znode is never deleted");
  const parentName = parentPath(path);
  if (parentName === undefined) return badPath(path, 'it does not start with "/"');
  const parent = view.znode(parentName);
  if (parent === undefined) return noNode(parentName);
  const refused = forbidden(parent, "delete", view.identities);
  if (refused !== undefined) return refused;
  const znode = view.znode(path);
  if (znode === undefined) return noNode(path);
  if (version !== -1 && version !== znode.version) return badVersion(znode, version);
  if (znode.children !== undefined) return refusal("NOT_EMPTY", `the znode ${path} has children`);
  return { type: "remove", path };
};
