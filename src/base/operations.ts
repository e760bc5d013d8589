/**
 * The vocabulary that clients, codecs and the state machine share: the changes of the tree that may be asked for, each with
 * a row of what all rooms have to know of it, and what requests answer. Names are ZooKeeper's. Reads: `reads.ts`.
 */
import { type Acl, aclText } from "./acl.ts";
import { emptyBytes } from "./bytes.ts";
import type { ErrorCode } from "./errors.ts";

/** Zxid: the index of the log entry that made a change. */
export type Zxid = number;
/** Session id: the index of the log entry that created it. */
export type SessionId = number;

/** The changes of the tree that may be asked for, by their names. What a room has to know of each is in a table of this shape. */
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

interface Traits<O> {
  /** The data that it brings along; none for those that bring none. */
  readonly data: (operation: O) => Uint8Array;
  /** The version that the znode has to have; -1 = any. */
  readonly version: (operation: O) => number;
  /**
   * What goes through the log in its place when it is refused for want of disk: itself without its data and its list.
   * Left out: it takes no room, and is never refused.
   */
  readonly withoutData?: (operation: O) => O;
  /** What it asks for, in words; `data` as they are to be shown. */
  readonly words: (operation: O, data: string) => string;
}

/** What all rooms have to know of each; what follows from it for whole operations: `operation-traits.ts`. */
export const operationTraits: { readonly [N in PartName]: Traits<MultiParts[N]> } = {
  create: {
    data: ({ data }) => data,
    version: () => -1,
    withoutData: (operation) => ({ ...operation, data: emptyBytes }),
    words: ({ path, ephemeral, sequential }, data) =>
      `create ${ephemeral ? "ephemeral " : ""}${sequential ? "sequential " : ""}${path}${data}`,
  },
  createContainer: {
    data: ({ data }) => data,
    version: () => -1,
    withoutData: (operation) => ({ ...operation, data: emptyBytes }),
    words: ({ path }, data) => `create container ${path}${data}`,
  },
  createTtl: {
    data: ({ data }) => data,
    version: () => -1,
    withoutData: (operation) => ({ ...operation, data: emptyBytes }),
    words: ({ path, sequential, ttlMs }, data) =>
      `create ${sequential ? "sequential " : ""}${path}${data} for ${ttlMs} ms`,
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
  setAcl: {
    data: () => emptyBytes,
    version: ({ version }) => version,
    withoutData: (operation) => ({ ...operation, acl: [] }),
    words: ({ path, acl, version }) =>
      `setAcl ${path} ${aclText(acl)}${version < 0 ? "" : ` if the version of its list is ${version}`}`,
  },
  createWithAcl: {
    data: ({ create }) => create.data,
    version: () => -1,
    withoutData: (operation) => ({ ...operation, acl: [], create: { ...operation.create, data: emptyBytes } }),
    words: ({ acl, create }, data) => `${operationTraits[create.op].words(create as never, data)} for ${aclText(acl)}`,
  },
  check: {
    data: () => emptyBytes,
    version: ({ version }) => version,
    words: ({ path, version }) => `check ${path}${condition(version)}`,
  },
  unsupported: {
    data: () => emptyBytes,
    version: () => -1,
    words: () => "an operation that is not known here",
  },
};

function condition(version: number): string {
  return version < 0 ? "" : ` if its version is ${version}`;
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
