/** check: a znode is there, with a certain version. Nothing changes; as a part of a multi it is what the others depend on. */
import type { Decide } from "./decision.ts";
import { badVersion, noNodeAt } from "./refusals.ts";

/** Check order: path → exists → version. */
export const decideCheck: Decide<"check"> = (view, { path, version }) => {
  const znode = view.znode(path);
  if (znode === undefined) return noNodeAt(path);
  return version !== -1 && version !== znode.version ? badVersion(znode, version) : { type: "check" };
};
