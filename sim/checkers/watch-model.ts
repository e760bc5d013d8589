/**
 * What the checker of watches goes by: the rules of ZooKeeper's one-shot watches, stated a second time. They are written
 * from ZooKeeper's description and not from `src/base/watch-rules.ts`, so that a slip there is noticed here.
 */
import type { Result, Zxid } from "../../src/base/operations.ts";
import type { WatchKind } from "../../src/base/reads.ts";
import type { Invocation } from "../world/history.ts";
import { changeBetween } from "./model-tree.ts";
import type { ReferenceModel } from "./reference-model.ts";

/** What happened to a znode, as watches tell it. */
export interface WatchedChange {
  readonly type: "created" | "deleted" | "dataChanged" | "childrenChanged";
  readonly zxid: Zxid;
}

/** Which watches tell of which change. */
const watchedKinds: { readonly [type in WatchedChange["type"]]: readonly WatchKind[] } = {
  created: ["data", "exist"],
  deleted: ["data", "exist", "children"],
  dataChanged: ["data", "exist"],
  childrenChanged: ["children"],
};

/** The first change after `zxid` of what a watch of `kind` on `path` looks at. */
export function firstChange(
  model: ReferenceModel,
  path: string,
  kind: WatchKind,
  zxid: Zxid,
): WatchedChange | undefined {
  for (const change of changesAfter(model, path, kind, zxid)) return change;
  return undefined;
}

/** Whether a watch of `kind` on `path` could tell of `change`: a multi may change one znode several times. */
export function happened(model: ReferenceModel, path: string, kind: WatchKind, change: WatchedChange): boolean {
  for (const { type, zxid } of changesAfter(model, path, kind, change.zxid - 1)) {
    if (zxid !== change.zxid) return false;
    if (type === change.type) return true;
  }
  return false;
}

function* changesAfter(model: ReferenceModel, path: string, kind: WatchKind, zxid: Zxid): Generator<WatchedChange> {
  const versions = model.tree.versionsOf(path);
  // Nearly always nothing happened since.
  if ((versions.at(-1)?.since ?? 0) <= zxid) return;
  for (let i = 0; i < versions.length; i++) {
    const version = versions[i];
    if (version === undefined || version.since <= zxid) continue;
    const type = changeBetween(versions[i - 1], version);
    if (type !== undefined && watchedKinds[type].includes(kind)) yield { type, zxid: version.since };
  }
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
    case "addWatch":
      return failure === undefined ? "persistent" : undefined;
    case "addRecursiveWatch":
      return failure === undefined ? "recursive" : undefined;
    case "sync":
    case "multiRead":
    case "getEphemerals":
    case "getAllChildrenNumber":
    case "getAcl":
    case "removeWatches":
    case "checkWatches":
      return undefined;
  }
}
