/** create: a new znode under a parent that is there. */
import { limits } from "../../base/limits.ts";
import { refusal } from "../failures.ts";
import { configPath, parentPath, pathProblem, sequenceSuffix } from "../paths.ts";
import type { Decide } from "./decision.ts";
import { badPath, dataTooLarge, noNode, serversAlone } from "./refusals.ts";

/**
 * Check order: size → parent exists → the servers' own → (sequence number appended) → path → exists already → ephemeral
 * parent → too many.
 */
export const decideCreate: Decide<"create"> = (view, { path: wanted, data, ephemeral, sequential }) => {
  if (data.length > limits.dataBytesMax) return dataTooLarge(data);
  const parentName = parentPath(wanted);
  if (parentName === undefined) return badPath(wanted, 'it does not start with "/"');
  const parent = view.znode(parentName);
  if (parent === undefined) return noNode(parentName);
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
  const ephemeralOwner = ephemeral ? view.sessionId : 0;
  return { type: "insert", parent: parentName, path, data, ephemeralOwner, timeMs: view.timeMs };
};
