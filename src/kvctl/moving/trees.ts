/** Trees that znodes are moved from and to: that of a Terrarium cluster, that of ZooKeeper servers, lines of a file. */

import { type Acl, aclEqual, openAcl } from "../../base/acl.ts";
import { TerrariumError } from "../../base/errors.ts";
import type { ZnodeKind } from "../../base/znode-kinds.ts";

/** What a list shows in place of hashes to who may not change it. */
const hiddenHash = /^[^:]*:x$/;

/** A znode's list as it is moved: undefined if it is the open one. */
export function movedAcl(acl: Acl): Acl | undefined {
  if (aclEqual(acl, openAcl)) return undefined;
  if (acl.some(({ scheme, id }) => scheme === "digest" && hiddenHash.test(id)))
    throw new ZnodeRefusal("its access control list hides hashes from who may not change it: show who may");
  return acl;
}

/** What is moved of a znode. */
export interface MovedZnode {
  readonly path: string;
  readonly data: Uint8Array;
  /** Undefined: its server does not tell. */
  readonly kind: ZnodeKind | undefined;
  /** Milliseconds; 0 unless it has a time to live. */
  readonly ttlMs: number;
  /** Undefined: everybody may do everything. */
  readonly acl: Acl | undefined;
}

/** A znode as it is seen on the way, without its data. */
export interface SeenZnode extends Omit<MovedZnode, "data" | "path"> {
  readonly dataBytes: number;
  /** How many there are. */
  readonly numChildren: number;
  /** Their names, or the first of them. */
  readonly children: readonly string[];
  /** Whether there are more behind these. */
  readonly more: boolean;
  /** How many children it ever had: the next one of a sequence has this number. */
  readonly everHad: number;
}

/** Where znodes come from. Reads of what is gone meanwhile give undefined; they reject with {@link ZnodeRefusal} or for good. */
export interface SourceTree {
  /** How many znodes there are below one; undefined: it is not known. */
  count(path: string): Promise<number | undefined>;
  look(path: string): Promise<SeenZnode | undefined>;
  /** Further children, behind one. */
  moreChildren(path: string, after: string): Promise<Pick<SeenZnode, "children" | "more"> | undefined>;
  data(path: string): Promise<Uint8Array | undefined>;
}

/** What has the name already. */
export interface ThereZnode extends Omit<MovedZnode, "path"> {
  readonly version: number;
  /** Of the list. */
  readonly aversion: number;
  /** See {@link SeenZnode}. */
  readonly everHad: number;
}

/** Where znodes go to. All reject with {@link ZnodeRefusal}, or for good. */
export interface TargetTree {
  /** "missing": its parent. */
  create(znode: MovedZnode): Promise<"created" | "exists" | "missing">;
  read(path: string): Promise<ThereZnode | undefined>;
  /** New data, if the version is that one; whether it was. */
  set(path: string, data: Uint8Array, version: number): Promise<boolean>;
  /** Another list, if the version of the present one is that one; whether it was. Undefined: everybody may do everything. */
  setAcl(path: string, acl: Acl | undefined, aversion: number): Promise<boolean>;
  /** Makes children of a znode and removes them again, so many: its next number of a sequence is higher by that. */
  countOn(path: string, by: number): Promise<void>;
}

/** One znode cannot be read, or made: the others may. The message says why, as a sentence without the path. */
export class ZnodeRefusal extends Error {
  override readonly name = "ZnodeRefusal";
}

/** How many children a znode ever had, by its Stat: it counts creates and deletes together. */
export function everHadOf({
  cversion,
  numChildren,
}: {
  readonly cversion: number;
  readonly numChildren: number;
}): number {
  return Math.max(0, Math.floor((cversion + numChildren) / 2));
}

/** The name of a child that is made and removed for the sake of its parent's counter. */
export const counting = "kvctl-counts-on";

/** The znode at which a move begins has to be there. */
export function missingRoot(text: string): TerrariumError {
  return new TerrariumError("NO_NODE", `there is no znode ${text}`, "check the path: nothing was moved");
}

/** The path of what is at `path` below `root`, below another root. */
export function rerooted(path: string, root: string, other: string): string {
  const below = root === "/" ? path.slice(1) : path.slice(root.length + 1);
  if (path === root || below === "") return other;
  return other === "/" ? `/${below}` : `${other}/${below}`;
}

/** Whether a path is `root` or below it. */
export function isWithin(path: string, root: string): boolean {
  return path === root || root === "/" || path.startsWith(`${root}/`);
}
