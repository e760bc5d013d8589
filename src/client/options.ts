/** What callers of the client pass in and get back. */
import type { Acl, AclItem } from "../base/acl.ts";
import type { SessionId, Stat, Zxid } from "../base/operations.ts";
import type { WatchEvent } from "../base/reads.ts";
import type { SessionCredentials } from "./session.ts";

/** How to reach a cluster. */
export interface ClientOptions {
  /**
   * `host:port` of the servers' client ports; an IPv6 host stands in brackets. One is enough, several are better: those
   * that are down when the client starts cannot tell of the others.
   */
  readonly endpoints: readonly string[];
  /** Wished session timeout, milliseconds (default 10,000); the server clamps it to 2,000 – 60,000. */
  readonly sessionTimeoutMs?: number | undefined;
  /**
   * Whether to go also to the members of the cluster that servers tell of (default true), if none of the endpoints helps.
   * `false` where their addresses do not lead there from here: behind a load balancer or an address translation.
   */
  readonly discover?: boolean | undefined;
  /** How long a request waits for its answer unless it says otherwise, milliseconds (default 10,000). */
  readonly requestTimeoutMs?: number | undefined;
  /** How long `connect` tries, milliseconds (default 10,000). */
  readonly connectTimeoutMs?: number | undefined;
  /** Gives up `connect`; without effect afterwards. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Resumes a session, here or from another process, instead of opening a new one. It is taken over from the client that
   * held it: what that one still tries fails with SESSION_TAKEN.
   */
  readonly session?: SessionCredentials | undefined;
  /** Whom the client shows to be, before it asks for anything: see `addAuth`. */
  readonly auth?: readonly Auth[] | undefined;
}

/** What shows who a client is. */
export interface Auth {
  /** "digest" is all there is so far. */
  readonly scheme: string;
  /** For digest, `user:password`; at most 1,024 bytes. */
  readonly auth: string | Uint8Array;
}

/** Options of every request. */
export interface RequestOptions {
  /**
   * Milliseconds until the promise rejects with the reason why there is no answer: NO_QUORUM, NO_SERVER, OVERLOADED,
   * PROTOCOL_ERROR or TIMEOUT. Default: the client's `requestTimeoutMs`; `Infinity` waits for ever.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Rejects the promise with ABORTED, whose `cause` is the signal's reason; a write that was sent already may still take
   * effect, once. Ends the watch of a read too, also when the answer has come.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What kind of znode `create` makes; by default a persistent one of the name given. */
export interface CreateOptions extends RequestOptions {
  /** Removed when the session ends; can have no children. */
  readonly ephemeral?: boolean | undefined;
  /** The parent's counter is appended to the name, ten digits. */
  readonly sequential?: boolean | undefined;
  /** Removed some time after its last child is gone; neither ephemeral nor sequential. Until it has had a child it stays. */
  readonly container?: boolean | undefined;
  /**
   * Time to live, 1 to 2^40 - 1 milliseconds: removed some time after it was not set for so long, unless it has children;
   * neither ephemeral nor a container. It counts by the stamps of the cluster.
   */
  readonly ttlMs?: number | undefined;
  /** Who may do what with it: see `acl` and `parseAcl`. Default: everybody everything. The lists of others, above and below, are their own. */
  readonly acl?: readonly AclItem[] | undefined;
}

/** Answer of `getAcl`. */
export interface NodeAcl {
  /** For whom has not ADMIN, the hashes of digests are `x`. */
  readonly acl: Acl;
  readonly stat: Stat;
  /** Newest zxid applied when the server answered. */
  readonly zxid: Zxid;
}

/** A change that depends on the version of the znode's list. */
export interface AclVersionOptions extends RequestOptions {
  /** The version expected, `stat.aversion`, or -1 (the default) for any; otherwise BAD_VERSION. */
  readonly version?: number | undefined;
}

/** A change that depends on the znode's version. */
export interface VersionOptions extends RequestOptions {
  /**
   * The version expected, or -1 (the default) for any; otherwise BAD_VERSION. After 2147483647 versions go on from
   * -2147483648, and from -2 to 0.
   */
  readonly version?: number | undefined;
}

/** How a read is answered, and whether its znode is watched. */
export interface ReadOptions extends RequestOptions {
  /** Answered by the attached server at once: sequentially consistent, maybe stale. Otherwise linearizable. */
  readonly local?: boolean | undefined;
  /**
   * Called once, at the next change of what was read, or with `resync` when there may have been one. Not called when the
   * session ends first.
   */
  readonly watch?: ((event: WatchEvent) => void) | undefined;
}

/** Options of `childPages`. */
export interface ChildPagesOptions extends ReadOptions {
  /** Names of a page at most. The server has a limit of its own (10,000), which is the default, and one for their bytes. */
  readonly limit?: number | undefined;
  /** Begins behind this name, be it there or not. Default: with the first. */
  readonly after?: string | undefined;
}

/** Options of `countBelow`. */
export type CountOptions = RequestOptions & Pick<ReadOptions, "local">;

/** Options of `ephemerals`. */
export interface EphemeralsOptions extends CountOptions {
  /** What the paths are to begin with; need be no path of a znode. Default "/": all. */
  readonly prefix?: string | undefined;
}

/** Answer of `countBelow`. */
export interface NodeCount {
  readonly count: number;
  /** Of the state that was counted. */
  readonly zxid: Zxid;
}

/** Answer of `ephemerals`. */
export interface OwnEphemerals {
  readonly paths: readonly string[];
  /** Of the state that shows them. */
  readonly zxid: Zxid;
}

/** Options of `addWatch`. */
export interface AddWatchOptions extends RequestOptions {
  /** Whether to watch all below the path, too. */
  readonly recursive?: boolean | undefined;
}

/** Options of `watch`. */
export interface WatchOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined;
}

/** Answer of `create`. */
export interface Created {
  /** With its sequence number, if it is sequential. */
  readonly path: string;
  readonly stat: Stat;
  /** Of the create. */
  readonly zxid: Zxid;
}

/** Answer of `get`. */
export interface NodeData {
  readonly data: Uint8Array;
  readonly stat: Stat;
  /** Newest zxid applied when the server answered. */
  readonly zxid: Zxid;
}

/** Answer of `children`. */
export interface NodeChildren {
  /** Names without the parent's path, sorted by code unit. */
  readonly children: readonly string[];
  /** Of the parent. */
  readonly stat: Stat;
  /** Newest zxid applied when the server answered. */
  readonly zxid: Zxid;
}

/** One page of `childPages`: of one state, that at `zxid`. Another page may show a later one. */
export interface ChildPage extends NodeChildren {
  /** Whether names follow behind these. */
  readonly more: boolean;
}

/** What tells one session from others, and how it stands. */
export interface SessionInfo extends SessionCredentials {
  readonly sessionId: SessionId;
  readonly password: Uint8Array;
  /** Negotiated, milliseconds. */
  readonly timeoutMs: number;
}
