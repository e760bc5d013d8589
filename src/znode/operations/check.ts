/** check: a znode is there, with a certain version. Nothing changes; as a part of a multi it is what the others depend on. */
import { forbidden } from "../access.ts";
import type { Decide } from "./decision.ts";
import { badVersion, noNodeAt } from "./refusals.ts";

/** Check order: path → exists → READ → version. */
export const decideCheck: Decide<"check"> = (view, { path, version }) => {
  const znode = view.znode(path);
  if (znode === undefined) return noNodeAt(path);
  const refused = forbidden(znode, "read", view.identities);
  if (refused !== undefined) return refused;
  return version !== -1 && version !== znode.version ? badVersion(znode, version) : { type: "check" };
};
