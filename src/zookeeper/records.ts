/** The records of ZooKeeper's protocol: what clients and servers put in their frames. */
import type { AclItem } from "../base/acl.ts";
import type { Stat } from "../base/operations.ts";
import { bool, buffer, id, int, type JuteReader, long, nothing, record, ustring, vector } from "./jute.ts";

/** The first frame of a client, but for the `readOnly` byte, which not all send. */
export interface ConnectRequest {
  readonly protocolVersion: number;
  readonly lastZxidSeen: number;
  /** Wanted session timeout, ms. */
  readonly timeOut: number;
  /** 0: a new session. Those of ZooKeeper servers use all bits. */
  readonly sessionId: bigint;
  readonly passwd: Uint8Array;
}

export const connectRequest = record<ConnectRequest>({
  protocolVersion: int,
  lastZxidSeen: long,
  timeOut: int,
  sessionId: id,
  passwd: buffer,
});

/** The answer, but for the `readOnly` byte. */
export interface ConnectResponse {
  readonly protocolVersion: number;
  /** ms; 0: there is no such session. */
  readonly timeOut: number;
  readonly sessionId: bigint;
  readonly passwd: Uint8Array;
}

export const connectResponse = record<ConnectResponse>({
  protocolVersion: int,
  timeOut: int,
  sessionId: id,
  passwd: buffer,
});

export const requestHeader = record<{ readonly xid: number; readonly opcode: number }>({ xid: int, opcode: int });

export const replyHeader = record<{ readonly xid: number; readonly zxid: number; readonly err: number }>({
  xid: int,
  zxid: long,
  err: int,
});

/** In front of each part of a multi, and of its answer; `done`: there are no more. */
export const multiHeader = record<{ readonly type: number; readonly done: boolean; readonly err: number }>({
  type: int,
  done: bool,
  err: int,
});

export const watcherEvent = record<{ readonly type: number; readonly state: number; readonly path: string }>({
  type: int,
  state: int,
  path: ustring,
});

export const stat = record<Stat>({
  czxid: long,
  mzxid: long,
  ctime: long,
  mtime: long,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: long,
  dataLength: int,
  numChildren: int,
  pzxid: long,
});

/** An item of an access control list. */
export const acl = record<AclItem>({ perms: int, scheme: ustring, id: ustring });

export interface CreateRequest {
  readonly path: string;
  readonly data: Uint8Array;
  readonly acls: readonly AclItem[];
  readonly flags: number;
}

export interface WatchRequest {
  readonly path: string;
  /** What kind of watch; of addWatch, the mode. */
  readonly type: number;
}

export interface CreateTtlRequest extends CreateRequest {
  readonly ttlMs: number;
}

const createFields = { path: ustring, data: buffer, acls: vector(acl), flags: int };

/** Bodies of requests, by the name of the operation. */
export const requests = {
  create: record<CreateRequest>(createFields),
  createTtl: record<CreateTtlRequest>({ ...createFields, ttlMs: long }),
  /** delete and check. */
  delete: record<{ readonly path: string; readonly version: number }>({ path: ustring, version: int }),
  /** exists, getData, getChildren, getChildren2. */
  read: record<{ readonly path: string; readonly watch: boolean }>({ path: ustring, watch: bool }),
  setData: record<{ readonly path: string; readonly data: Uint8Array; readonly version: number }>({
    path: ustring,
    data: buffer,
    version: int,
  }),
  /** sync, getACL, getEphemerals, getAllChildrenNumber. */
  path: record<{ readonly path: string }>({ path: ustring }),
  setAcl: record<{ readonly path: string; readonly acls: readonly AclItem[]; readonly version: number }>({
    path: ustring,
    acls: vector(acl),
    version: int,
  }),
  /** checkWatches, removeWatches, addWatch: `type` is what kind of watch. */
  watch: record<WatchRequest>({ path: ustring, type: int }),
  auth: record<{ readonly type: number; readonly scheme: string; readonly auth: Uint8Array }>({
    type: int,
    scheme: ustring,
    auth: buffer,
  }),
  setWatches: record<SetWatchesRequest>({
    relativeZxid: long,
    data: vector(ustring),
    exist: vector(ustring),
    child: vector(ustring),
  }),
  setWatches2: record<SetWatches2Request>({
    relativeZxid: long,
    data: vector(ustring),
    exist: vector(ustring),
    child: vector(ustring),
    persistent: vector(ustring),
    recursive: vector(ustring),
  }),
  reconfig: record<ReconfigRequest>({ joining: ustring, leaving: ustring, newMembers: ustring, configId: long }),
  nothing,
} as const;

/** Lists with commas between. */
export interface ReconfigRequest {
  readonly joining: string;
  readonly leaving: string;
  /** Not empty: these and no others, and the other two say nothing. */
  readonly newMembers: string;
  /** The version that the present configuration has to have; -1: any. */
  readonly configId: number;
}

/** Who somebody is, as whoAmI tells it. */
export interface ClientInfo {
  readonly scheme: string;
  readonly user: string;
}

export interface SetWatchesRequest {
  readonly relativeZxid: number;
  readonly data: readonly string[];
  readonly exist: readonly string[];
  readonly child: readonly string[];
}

export interface SetWatches2Request extends SetWatchesRequest {
  readonly persistent: readonly string[];
  readonly recursive: readonly string[];
}

/**
 * How many paths a setWatches names in its lists, `lists` of them, none of the paths decoded; of more than `max` some
 * number above it.
 * @throws JuteError
 */
export function pathsAnnounced(reader: JuteReader, lists: 3 | 5, max: number): number {
  reader.long();
  let paths = 0;
  for (let list = 0; list < lists; list++) {
    const more = reader.length();
    paths += more;
    if (paths > max) break;
    for (let i = 0; i < more; i++) reader.take(reader.length());
  }
  return paths;
}

/** Bodies of answers. */
export const replies = {
  path: record<{ readonly path: string }>({ path: ustring }),
  /** addWatch. */
  error: record<{ readonly err: number }>({ err: int }),
  pathAndStat: record<{ readonly path: string; readonly stat: Stat }>({ path: ustring, stat }),
  stat: record<{ readonly stat: Stat }>({ stat }),
  data: record<{ readonly data: Uint8Array; readonly stat: Stat }>({ data: buffer, stat }),
  children: record<{ readonly children: readonly string[] }>({ children: vector(ustring) }),
  childrenAndStat: record<{ readonly children: readonly string[]; readonly stat: Stat }>({
    children: vector(ustring),
    stat,
  }),
  acls: record<{ readonly acls: readonly AclItem[]; readonly stat: Stat }>({ acls: vector(acl), stat }),
  clientInfos: record<{ readonly clientInfos: readonly ClientInfo[] }>({
    clientInfos: vector(record<ClientInfo>({ scheme: ustring, user: ustring })),
  }),
  nothing,
} as const;
