/**
 * The vocabulary that clients, codecs and the state machine share: what may be asked of the tree and what it answers.
 * Names are ZooKeeper's.
 */
import { emptyBytes } from "./bytes.ts";
import type { ErrorCode } from "./errors.ts";

/** Zxid: the index of the log entry that made a change. */
export type Zxid = number;
/** Session id: the index of the log entry that created it. */
export type SessionId = number;

/** The changes of the tree that may be asked for, by their names. What each room has to know of one is in a table of this shape. */
export interface Operations {
  readonly create: CreateOperation;
  readonly delete: DeleteOperation;
  readonly setData: SetDataOperation;
}

export type OperationName = keyof Operations;

/** The operations of one name. */
export type OperationOf<N extends OperationName> = { readonly [M in N]: Operations[M] & { readonly op: M } }[N];

/** A change of the tree. */
export type Operation = Operations[OperationName];

export interface CreateOperation {
  readonly op: "create";
  readonly path: string;
  readonly data: Uint8Array;
  /** Removed when its session ends; has no children. */
  readonly ephemeral: boolean;
  /** The parent's child counter is appended to the name, ten digits. */
  readonly sequential: boolean;
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

/** What all rooms have to know of an operation. */
interface Traits<O> {
  /** The data that it brings along; none for those that bring none. */
  readonly data: (operation: O) => Uint8Array;
  /** The version that the znode has to have; -1 = any. */
  readonly version: (operation: O) => number;
  /**
   * What goes through the log in its place when it is refused for want of disk: itself without its data. Left out: it
   * takes no room, and is never refused.
   */
  readonly withoutData?: (operation: O) => O;
  /** What it asks for, in words; `data` as they are to be shown. */
  readonly words: (operation: O, data: string) => string;
}

const traits: { readonly [N in OperationName]: Traits<Operations[N]> } = {
  create: {
    data: ({ data }) => data,
    version: () => -1,
    withoutData: (operation) => ({ ...operation, data: emptyBytes }),
    words: ({ path, ephemeral, sequential }, data) =>
      `create ${ephemeral ? "ephemeral " : ""}${sequential ? "sequential " : ""}${path}${data}`,
  },
  delete: {
    data: () => emptyBytes,
    version: ({ version }) => version,
    words: ({ path, version }) => `delete ${path}${condition(version)}`,
  },
  setData: {
    data: ({ data }) => data,
    version: ({ version }) => version,
    withoutData: (operation) => ({ ...operation, data: emptyBytes }),
    words: ({ path, version }, data) => `setData ${path}${data}${condition(version)}`,
  },
};

function condition(version: number): string {
  return version < 0 ? "" : ` if its version is ${version}`;
}

/** The data that an operation brings along. */
export function dataOf<N extends OperationName>(operation: OperationOf<N>): Uint8Array {
  return traits[operation.op].data(operation);
}

/** The version that an operation expects of its znode; -1 = any. */
export function versionOf<N extends OperationName>(operation: OperationOf<N>): number {
  return traits[operation.op].version(operation);
}

/** An operation without its data, as it goes through the log to be refused for want of disk; undefined: it needs none. */
export function withoutData<N extends OperationName>(operation: OperationOf<N>): Operation | undefined {
  return traits[operation.op].withoutData?.(operation);
}

/** An operation in words: `setData /a = "x" if its version is 3`, where `shown` makes ` = "x"` of its data. */
export function inWords<N extends OperationName>(
  operation: OperationOf<N>,
  shown: (data: Uint8Array) => string,
): string {
  return traits[operation.op].words(operation, shown(dataOf(operation)));
}

/** An operation in two words: what, and where. */
export function inShort({ op, path }: Operation): string {
  return `${op} ${path}`;
}

export type ReadKind = "getData" | "exists" | "getChildren" | "sync";

/** A read. `sync` has the path "/" and never a watch. */
export interface Read {
  readonly kind: ReadKind;
  readonly path: string;
  /** Arms a one-shot watch: data for getData, existence for exists, children for getChildren. */
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
}

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
}

/** Why a request was refused. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a request answers. Which fields are there depends on the request. */
export interface Success {
  readonly failure?: never;
  /** create: the path, with its sequence number. */
  readonly path?: string;
  readonly stat?: Stat;
  readonly data?: Uint8Array;
  /** getChildren: names, sorted by code unit. */
  readonly children?: readonly string[];
  /** getChildren: whether names follow that the page has no room for. Left out: no. */
  readonly more?: boolean;
}

export type Result = Success | { readonly failure: Failure };

/**
 * Kinds of one-shot watches. `data` is armed by getData, `exist` by exists (on a missing node too), `children` by
 * getChildren.
 */
export type WatchKind = "data" | "exist" | "children";

/** What happened. `resync`: something may have changed, too long ago to say what; read again. */
export type WatchEventType = "created" | "deleted" | "dataChanged" | "childrenChanged" | "resync";

/** A watch that fired, and with it is armed no more. */
export interface WatchEvent {
  readonly type: WatchEventType;
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
