/** What operations come to in the model's tree: the words for it, and the rules that several of them have in common. */
import type { ErrorCode } from "../../src/base/errors.ts";
import type { Success } from "../../src/base/operations.ts";
import { firstList, kept, may } from "../access-rules.ts";
import { statOf } from "./model-stat.ts";
import { type MadeZnode, type ModelEntry, type ModelTree, parentOf } from "./model-tree.ts";

/** What comes of an operation: an error's code or "ok", and what a success answers. */
export interface Done {
  readonly code: ErrorCode | "ok";
  readonly success: Success;
  /** multi: the part for whose sake nothing was done, from 0. */
  readonly failedPart?: number;
}

/** It goes well. */
export function ok(success: Success): Done {
  return { code: "ok", success };
}

/** It comes to nothing. */
export function refused(code: ErrorCode): Done {
  return { code, success: {} };
}

/** No znode holds more, bytes. */
export const dataBytesMax = 1024 * 1024;

/** All kinds of znodes come to be alike. */
export function createRule(
  tree: ModelTree,
  entry: ModelEntry,
  wanted: { readonly path: string; readonly sequential: boolean } & Omit<MadeZnode, "path">,
): Done {
  if (wanted.data.length > dataBytesMax) return refused("DATA_TOO_LARGE");
  const acl = wanted.acl === undefined ? undefined : kept(wanted.acl, entry.identities);
  if (wanted.acl !== undefined && acl === undefined) return refused("INVALID_ACL");
  const parent = tree.now(parentOf(wanted.path));
  if (parent === undefined) return refused("NO_NODE");
  if (!may(parent.acl, ["CREATE"], entry.identities)) return refused("NO_AUTH");
  if (parentOf(wanted.path) === "/zookeeper/config") return refused("BAD_ARGUMENTS");
  const path = wanted.path + (wanted.sequential ? String(parent.childrenMade).padStart(10, "0") : "");
  if (!/^(?:\/[^/]+)+$/.test(path)) return refused("BAD_ARGUMENTS");
  if (tree.now(path) !== undefined) return refused("NODE_EXISTS");
  if (parent.owner !== 0) return refused("NO_CHILDREN_FOR_EPHEMERALS");
  if (tree.exceeds(path, { count: 1, bytes: wanted.data.length })) return refused("QUOTA_EXCEEDED");
  return ok({ path, stat: statOf(tree.add(entry, { ...wanted, path, acl: acl ?? firstList(path) })) });
}
