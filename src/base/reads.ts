/** What clients may look at in the tree, and the watches that tell them of changes. Names are ZooKeeper's. */
import type { Zxid } from "./operations.ts";

export type ReadKind =
  | "getData"
  | "exists"
  | "getChildren"
  | "sync"
  | "multiRead"
  | "getEphemerals"
  | "getAllChildrenNumber"
  /** The access control list; what digests are hashed to is left out for who may not change it. */
  | "getAcl"
  /** Reads nothing: arms a persistent watch, or a recursive one, whether or not there is a znode. */
  | "addWatch"
  | "addRecursiveWatch"
  /** Disarms those of `watches` that the connection has, and answers NO_WATCHER if it has none of them. */
  | "removeWatches"
  /** The same, but leaves them armed. */
  | "checkWatches";

/**
 * A read. `sync`, `multiRead`, `removeWatches` and `checkWatches` have the path "/". `getEphemerals` asks for the paths of the
 * session's own ephemerals that begin with `path`, which need be none of a znode; `getAllChildrenNumber` for how many znodes
 * there are below one. None of these arms a watch.
 */
export interface Read {
  readonly kind: ReadKind;
  readonly path: string;
  /**
   * Arms a one-shot watch: data for getData, existence for exists, children for getChildren. Always there for addWatch and
   * addRecursiveWatch, and never for removeWatches and checkWatches.
   */
  readonly watch: boolean;
  /** Answered from the attached server at once; otherwise linearizable. */
  readonly local: boolean;
  /**
   * getChildren: a page of at most so many names; a server has a limit of its own (`limits.childrenPageMax`), and one for
   * their bytes. 0 or left out: all names in one answer, or REPLY_TOO_LARGE.
   */
  readonly limit?: number;
  /** The page begins behind this name, be it there or not. Empty or left out: with the first name. */
  readonly after?: string;
  /** multiRead: what to read, of one state; at most `limits.multiPartsMax`. */
  readonly parts?: readonly ReadPart[];
  /** removeWatches, checkWatches: which; at most `limits.multiPartsMax`. */
  readonly watches?: readonly WatchSpec[];
}

/** One of the reads that a multiRead answers together, none of which arms a watch. */
export interface ReadPart {
  readonly kind: ReadPartKind;
  readonly path: string;
}

export type ReadPartKind = "getData" | "getChildren";

/**
 * Kinds of watches. One-shot ones: `data` is armed by getData, `exist` by exists (on a missing node too), `children` by
 * getChildren. Those that stay armed: `persistent` tells of whatever happens to a path, `recursive` of all znodes at and
 * below it that come, go or are set.
 */
export type WatchKind = "data" | "exist" | "children" | "persistent" | "recursive";

/** Kinds of watches that are armed no more once they have fired. */
export type OneShotKind = Exclude<WatchKind, "persistent" | "recursive">;

/** What happened. `resync`: something may have changed, too long ago to say what; read again. */
export type WatchEventType = "created" | "deleted" | "dataChanged" | "childrenChanged" | "resync";

/** A watch that fired; if it is a one-shot watch, it is armed no more. */
export interface WatchEvent {
  readonly type: WatchEventType;
  /** Of what changed; for a `recursive` watch it may lie below the watch's own. */
  readonly path: string;
  /** Of the change; of the re-arming for `resync`. */
  readonly zxid: Zxid;
  readonly kind: WatchKind;
}

/** A watch to arm. */
export interface WatchSpec {
  readonly kind: WatchKind;
  readonly path: string;
}
