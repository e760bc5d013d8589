/**
 * What the checker of watches goes by: the rules of ZooKeeper's one-shot watches, stated a second time. They are written
 * from ZooKeeper's description and not from `src/base/watch-rules.ts`, so that a slip there is noticed here.
 */
import type { Result, WatchKind, Zxid } from "../../src/base/operations.ts";
import type { Invocation } from "../world/history.ts";
import type { ZnodeVersion } from "./model-tree.ts";
import type { ReferenceModel } from "./reference-model.ts";

/** What happened to a znode, as watches tell it. */
export interface Change {
  readonly type: "created" | "deleted" | "dataChanged" | "childrenChanged";
  readonly zxid: Zxid;
}

/** Which watches tell of which change. */
const watchedKinds: { readonly [type in Change["type"]]: readonly WatchKind[] } = {
  created: ["data", "exist"],
  deleted: ["data", "exist", "children"],
  dataChanged: ["data", "exist"],
  childrenChanged: ["children"],
};

/** The first change after `zxid` of what a watch of `kind` on `path` looks at. */
export function firstChange(model: ReferenceModel, path: string, kind: WatchKind, zxid: Zxid): Change | undefined {
  const versions = model.tree.versionsOf(path);
  // Nearly always nothing happened since.
  if ((versions.at(-1)?.since ?? 0) <= zxid) return undefined;
  for (let i = 0; i < versions.length; i++) {
    const version = versions[i];
    if (version === undefined || version.since <= zxid) continue;
    const type = changeBetween(versions[i - 1], version);
    if (watchedKinds[type].includes(kind)) return { type, zxid: version.since };
  }
  return undefined;
}

/** The kind of watch that a request leaves, given its answer; `{}`: if all goes well. */
export function armedBy(invocation: Invocation, { failure }: Result): WatchKind | undefined {
  if (invocation.type !== "read" || !invocation.read.watch) return undefined;
  switch (invocation.read.kind) {
    case "getData":
      return failure === undefined ? "data" : undefined;
    case "getChildren":
      return failure === undefined ? "children" : undefined;
    case "exists":
      return failure === undefined || failure.code === "NO_NODE" ? "exist" : undefined;
    case "sync":
      return undefined;
  }
}

function changeBetween(before: ZnodeVersion | undefined, after: ZnodeVersion): Change["type"] {
  if (!after.exists) return "deleted";
  if (before === undefined || !before.exists) return "created";
  return after.mzxid === after.since ? "dataChanged" : "childrenChanged";
}
