/** setData: a znode's data are replaced. */
import { limits } from "../../base/limits.ts";
import { forbidden } from "../access.ts";
import { configPath } from "../paths.ts";
import type { Decide } from "./decision.ts";
import { overQuota } from "./over-quota.ts";
import { badVersion, dataTooLarge, noNodeAt, serversAlone } from "./refusals.ts";

/** Check order: size → path → exists → WRITE → the servers' own → quota → version. */
export const decideSetData: Decide<"setData"> = (view, { path, data, version }) => {
  if (data.length > limits.dataBytesMax) return dataTooLarge(data);
  const znode = view.znode(path);
  if (znode === undefined) return noNodeAt(path);
  const refused = forbidden(znode, "write", view.identities);
  if (refused !== undefined) return refused;
  if (path === configPath) return serversAlone(path);
  const over = overQuota(view, path, 0, data.length - znode.length);
  if (over !== undefined) return over;
  if (version !== -1 && version !== znode.version) return badVersion(znode, version);
  return { type: "setData", path, data, timeMs: view.timeMs };
};
