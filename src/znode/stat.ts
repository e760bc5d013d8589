/** The znode record and what clients see of it. */
import { type Acl, openAcl } from "../base/acl.ts";
import type { SessionId, Stat, Zxid } from "../base/operations.ts";
import type { Holder } from "./data-store.ts";
import type { SortedNames } from "./sorted-names.ts";

/** What there is to see of a znode: a `Znode` of the tree, or what it will be once an edit is made. */
export interface ZnodeView extends Readonly<Holder> {
  readonly path: string;
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  /** Unix ms. */
  readonly ctime: number;
  readonly mtime: number;
  /** Signed 32-bit; see {@link nextVersion}. */
  readonly version: number;
  /** Changes of the list, likewise. */
  readonly aversion: number;
  /** Who may do what. */
  readonly acl: Acl;
  /** Children ever created, signed 32-bit: the number that the next sequential child gets. */
  readonly childCounter: number;
  /** 0 unless ephemeral. */
  readonly ephemeralOwner: SessionId;
  /** See `base/znode-kinds.ts`. */
  readonly container: boolean;
  /** Milliseconds; 0: it has no time to live. */
  readonly ttlMs: number;
  /** Names; `undefined` stands for none, since most znodes are leaves. */
  readonly children: { readonly size: number } | undefined;
}

/**
 * One znode. There may be a million of them, so the record is flat and without accessors. Only `Tree` changes
 * what is replicated of one; `dirty`, `frozen`, `segment` and `rowBytes` are the bookkeeping of checkpoints.
 */
export class Znode implements Holder, ZnodeView {
  readonly path: string;
  // The data and where in `bytes` they are: see `DataStore`.
  bytes: Uint8Array;
  start = 0;
  length: number;
  readonly czxid: Zxid;
  mzxid: Zxid;
  pzxid: Zxid;
  readonly ctime: number;
  mtime: number;
  version = 0;
  aversion = 0;
  /** In a tree: one array for all that have the same, see `AclTable`. */
  acl: Acl;
  childCounter = 0;
  readonly ephemeralOwner: SessionId;
  readonly container: boolean;
  readonly ttlMs: number;
  children: SortedNames | undefined = undefined;
  /** Changed since the last checkpoint, and on the list of those; see `Tree.takeDirty`. */
  dirty = false;
  /** A checkpoint under way has still to write it as it is now: see `Tree.takeDirty`. */
  frozen = false;
  /** In the tree no more. */
  removed = false;
  /** Where the checkpoint keeps it: the caller's number, 0 = nowhere. No part of the replicated state. */
  segment = 0;
  /** What its row takes there, bytes. */
  rowBytes = 0;

  /** `data` are the caller's until the znode gets into a tree, which keeps a copy. */
  constructor(
    path: string,
    data: Uint8Array,
    ephemeralOwner: SessionId,
    zxid: Zxid,
    timeMs: number,
    container = false,
    ttlMs = 0,
    acl: Acl = openAcl,
  ) {
    this.path = path;
    this.bytes = data;
    this.length = data.length;
    this.czxid = zxid;
    this.mzxid = zxid;
    this.pzxid = zxid;
    this.ctime = timeMs;
    this.mtime = timeMs;
    this.ephemeralOwner = ephemeralOwner;
    this.container = container;
    this.ttlMs = ttlMs;
    this.acl = acl;
  }
}

/**
 * The Stat of a znode. The visible cversion counts creates and deletes of children: each create raised the counter by
 * one, and each child that is gone stands for one delete, hence 2 × counter − numChildren: so it is in ZooKeeper.
 */
export function statOf(znode: ZnodeView): Stat {
  const numChildren = znode.children === undefined ? 0 : znode.children.size;
  const stat = {
    czxid: znode.czxid,
    mzxid: znode.mzxid,
    pzxid: znode.pzxid,
    ctime: znode.ctime,
    mtime: znode.mtime,
    version: znode.version,
    cversion: (2 * znode.childCounter - numChildren) | 0,
    aversion: znode.aversion,
    ephemeralOwner: znode.ephemeralOwner,
    dataLength: znode.length,
    numChildren,
  };
  if (znode.container) return { ...stat, container: true };
  return znode.ttlMs > 0 ? { ...stat, ttlMs: znode.ttlMs } : stat;
}

/**
 * The version after a change: one more, as a signed 32-bit integer that overflows into the negative numbers. -1 is left
 * out, as in ZooKeeper since 3.9: a condition on it would mean "any".
 */
export function nextVersion(version: number): number {
  return version === -2 ? 0 : (version + 1) | 0;
}
