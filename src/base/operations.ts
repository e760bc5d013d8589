/**
 * The vocabulary that clients, codecs and the state machine share: what may be asked of the tree and what it answers.
 * Names are ZooKeeper's.
 */
import type { ErrorCode } from "./errors.ts";

/** Zxid: the index of the log entry that made a change. */
export type Zxid = number;
/** Session id: the index of the log entry that created it. */
export type SessionId = number;

/** The changes of the tree that may be asked for, by their names. What each room has to know of one is in a table of this shape. */
export interface Operations extends SingleOperations {
  readonly multi: MultiOperation;
}

/** Those that change one znode: each may be asked for alone, and as a part of a multi. */
export interface SingleOperations {
  readonly create: CreateOperation;
  readonly createContainer: CreateContainerOperation;
  readonly createTtl: CreateTtlOperation;
  readonly delete: DeleteOperation;
  readonly setData: SetDataOperation;
  readonly setAcl: SetAclOperation;
  readonly createWithAcl: CreateWithAclOperation;
}

/** What a multi may consist of. */
export interface MultiParts extends SingleOperations {
  readonly check: CheckOperation;
  readonly unsupported: UnsupportedOperation;
}

export type OperationName = keyof Operations;
export type PartName = keyof MultiParts;

/** The operations of one name. */
export type OperationOf<N extends OperationName> = { readonly [M in N]: Operations[M] & { readonly op: M } }[N];

/** The parts of one name. */
export type PartOf<N extends PartName> = { readonly [M in N]: MultiParts[M] & { readonly op: M } }[N];

/** A change of the tree. */
export type Operation = Operations[OperationName];

/** A part of a multi. */
export type MultiPart = MultiParts[PartName];

export interface CreateOperation {
  readonly op: "create";
  readonly path: string;
  readonly data: Uint8Array;
  /** Removed when its session ends; has no children. */
  readonly ephemeral: boolean;
  /** The parent's child counter is appended to the name, ten digits. */
  readonly sequential: boolean;
}

/** A znode that goes once it has had children and has none any more: see `znode-kinds.ts`. */
export interface CreateContainerOperation {
  readonly op: "createContainer";
  readonly path: string;
  readonly data: Uint8Array;
}

/** A znode that goes once it has not been set for a time and has no children: see `znode-kinds.ts`. */
export interface CreateTtlOperation {
  readonly op: "createTtl";
  readonly path: string;
  readonly data: Uint8Array;
  /** As for create. */
  readonly sequential: boolean;
  /** From `limits.ttlMinMs` to `limits.ttlMaxMs`. */
  readonly ttlMs: number;
}

export interface DeleteOperation {
  readonly op: "delete";
  readonly path: string;
  /** Expected version; -1 = any. */
  readonly version: number;
}

export interface SetDataOperation {
  readonly op: "setData";
  readonly path: string;
  readonly data: Uint8Array;
  /** Expected version; -1 = any. */
  readonly version: number;
}

/** Who may do what with a znode: an item of its access control list. See `acl.ts`. */
export interface AclItem {
  /** Sum of permissions; a signed 32-bit integer. */
  readonly perms: number;
  readonly scheme: string;
  /** Who, in the terms of the scheme. */
  readonly id: string;
}

/** An access control list: a client may do what any of the items gives to one of those that it is. Never empty where it is kept. */
export type Acl = readonly AclItem[];

/** One of those that a client has shown to be, as lists name them: `digest`, `ip`, or `super`, who may do everything. */
export interface ClientIdentity {
  readonly scheme: string;
  readonly id: string;
}

/** What shows who a client is. Only doors look at it: what is behind them is told {@link ClientIdentity}s. */
export interface Credential {
  /** Such as `digest`. */
  readonly scheme: string;
  /** Such as `user:password`. */
  readonly auth: Uint8Array;
}

/** The access control list of a znode is replaced. */
export interface SetAclOperation {
  readonly op: "setAcl";
  readonly path: string;
  readonly acl: Acl;
  /** Expected version of the list; -1 = any. */
  readonly version: number;
}

/** The creates that leave a znode to everybody. */
export type PlainCreate = CreateOperation | CreateContainerOperation | CreateTtlOperation;

/**
 * A create whose znode has a list from the beginning. An operation of its own: a server that passed over the list of
 * another one would let everybody in.
 */
export interface CreateWithAclOperation {
  readonly op: "createWithAcl";
  readonly acl: Acl;
  readonly create: PlainCreate;
}

/** Several changes: all of them, in this order, or none. Each is decided on what those before it leave. One zxid. */
export interface MultiOperation {
  readonly op: "multi";
  /** At most `limits.multiPartsMax`, of at most `limits.multiBytesMax` together; none at all is a success. */
  readonly parts: readonly MultiPart[];
}

/** Changes nothing: the znode has to be there, with this version. */
export interface CheckOperation {
  readonly op: "check";
  readonly path: string;
  /** Expected version; -1 = any. */
  readonly version: number;
}

/** One that this version does not know: the multi that has it is refused. */
export interface UnsupportedOperation {
  readonly op: "unsupported";
}

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

/** As in ZooKeeper. Times are Unix milliseconds, lengths bytes. */
export interface Stat {
  /** Zxid of the create. */
  readonly czxid: Zxid;
  /** Zxid of the last change of the data. */
  readonly mzxid: Zxid;
  /** Zxid of the last create or delete of a child (at first the create of the node). */
  readonly pzxid: Zxid;
  readonly ctime: number;
  readonly mtime: number;
  /** Changes of the data. */
  readonly version: number;
  /** Changes of the children: creates and deletes. */
  readonly cversion: number;
  /** Changes of the ACL. */
  readonly aversion: number;
  /** The session that owns an ephemeral; 0 for others. */
  readonly ephemeralOwner: SessionId;
  readonly dataLength: number;
  readonly numChildren: number;
  /** Whether it is a container; left out: it is none. */
  readonly container?: boolean;
  /** Its time to live; left out or 0: it has none. */
  readonly ttlMs?: number;
}

/** Why a request was refused. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** multi: the part for whose sake nothing was done, from 0. */
  readonly failedPart?: number;
}

/** What a request answers. Which fields are there depends on the request. */
export interface Success {
  readonly failure?: never;
  /** create: the path, with its sequence number. */
  readonly path?: string;
  readonly stat?: Stat;
  readonly data?: Uint8Array;
  /** getChildren: names, getEphemerals: paths; sorted by code unit. */
  readonly children?: readonly string[];
  /** getChildren: whether names follow that the page has no room for. Left out: no. */
  readonly more?: boolean;
  /** getAllChildrenNumber: how many znodes are below. */
  readonly count?: number;
  /** getAcl. */
  readonly acl?: Acl;
  /** multi, multiRead: an answer for each part, in order. */
  readonly results?: readonly PartResult[];
}

/** What one part answers. `failure`: of a multiRead alone, whose parts fail each for itself; then nothing else is there. */
export interface PartResult extends Pick<Success, "path" | "stat" | "data" | "children"> {
  readonly failure?: Failure;
}

export type Result = Success | { readonly failure: Failure };

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
