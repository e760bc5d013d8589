/** setAcl: the access control list of a znode is replaced. */
import { forbidden, keptAcl } from "../access.ts";
import { pathProblem } from "../paths.ts";
import type { Decide } from "./decision.ts";
import { badAclVersion, badPath, noNode } from "./refusals.ts";

/** Check order: path → list → exists → ADMIN → version of the list. */
export const decideSetAcl: Decide<"setAcl"> = (view, { path, acl, version }) => {
  const problem = pathProblem(path);
  if (problem !== undefined) return badPath(path, problem);
  const kept = keptAcl(path, acl, view.identities);
  if (kept.failure !== undefined) return kept;
  const znode = view.znode(path);
  if (znode === undefined) return noNode(path);
  const refused = forbidden(znode, "admin", view.identities);
  if (refused !== undefined) return refused;
  if (version !== -1 && version !== znode.aversion) return badAclVersion(znode, version);
  return { type: "setAcl", path, acl: kept.acl };
};
