/** create: a new znode under a parent that is there. */

import { type Acl, initialAcl } from "../../base/acl.ts";
import { limits } from "../../base/limits.ts";
import type { CreateOperation } from "../../base/operations.ts";
import { forbidden, keptAcl } from "../access.ts";
import { type Refusal, refusal } from "../failures.ts";
import { configPath, parentPath, pathProblem, sequenceSuffix } from "../paths.ts";
import type { InsertEdit, View } from "./decision.ts";
import { overQuota } from "./over-quota.ts";
import { badPath, dataTooLarge, noNode, serversAlone } from "./refusals.ts";

/**
 * Check order: size → list → parent exists → CREATE on the parent → the servers' own → (sequence number appended) → path →
 * exists already → ephemeral parent → too many → quota. `wantedAcl`: the list as it was asked for; left out: the one that
 * the path has anyway.
 */
export function decideCreate(
  view: View,
  { path: wanted, data, ephemeral, sequential }: CreateOperation,
  wantedAcl?: Acl,
): Refusal | InsertEdit {
  if (data.length > limits.dataBytesMax) return dataTooLarge(data);
  const parentName = parentPath(wanted);
  if (parentName === undefined) return badPath(wanted, 'it does not start with "/"');
  const kept = wantedAcl === undefined ? undefined : keptAcl(wanted, wantedAcl, view.identities);
  if (kept?.failure !== undefined) return kept;
  const parent = view.znode(parentName);
  if (parent === undefined) return noNode(parentName);
  const refused = forbidden(parent, "create", view.identities);
  if (refused !== undefined) return refused;
  if (parentName === configPath) return serversAlone(wanted);
  const path = sequential ? wanted + sequenceSuffix(parent.childCounter) : wanted;
  const problem = pathProblem(path);
  if (problem !== undefined) return badPath(path, problem);
  if (view.znode(path) !== undefined) return refusal("NODE_EXISTS", `the znode ${path} exists already`);
  if (parent.ephemeralOwner !== 0)
    return refusal("NO_CHILDREN_FOR_EPHEMERALS", `the znode ${parentName} is ephemeral and can have no children`);
  if (ephemeral && view.ephemerals() >= limits.ephemeralsPerSessionMax)
    return refusal(
      "TOO_MANY_EPHEMERALS",
      `session ${view.sessionId} owns ${limits.ephemeralsPerSessionMax} ephemerals already`,
    );
  const over = overQuota(view, path, 1, data.length);
  if (over !== undefined) return over;
  const ephemeralOwner = ephemeral ? view.sessionId : 0;
  const acl = kept?.acl ?? initialAcl(path);
  return { type: "insert", parent: parentName, path, data, ephemeralOwner, acl, timeMs: view.timeMs };
}
