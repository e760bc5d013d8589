/** ZooKeeper's error codes, and which of them stands for which of ours. */
import type { ErrorCode } from "../base/errors.ts";

/** The codes that this door answers with, by their names in ZooKeeper. */
export const zkError = {
  OK: 0,
  SYSTEMERROR: -1,
  RUNTIMEINCONSISTENCY: -2,
  MARSHALLINGERROR: -5,
  UNIMPLEMENTED: -6,
  BADARGUMENTS: -8,
  NEWCONFIGNOQUORUM: -13,
  RECONFIGINPROGRESS: -14,
  NONODE: -101,
  NOAUTH: -102,
  BADVERSION: -103,
  NOCHILDRENFOREPHEMERALS: -108,
  NODEEXISTS: -110,
  NOTEMPTY: -111,
  SESSIONEXPIRED: -112,
  INVALIDACL: -114,
  AUTHFAILED: -115,
  SESSIONMOVED: -118,
  NOWATCHER: -121,
  RECONFIGDISABLED: -123,
  QUOTAEXCEEDED: -125,
} as const;

const codes: Partial<Record<ErrorCode, number>> = {
  NO_NODE: zkError.NONODE,
  NODE_EXISTS: zkError.NODEEXISTS,
  NOT_EMPTY: zkError.NOTEMPTY,
  NO_AUTH: zkError.NOAUTH,
  INVALID_ACL: zkError.INVALIDACL,
  NO_WATCHER: zkError.NOWATCHER,
  BAD_VERSION: zkError.BADVERSION,
  QUOTA_EXCEEDED: zkError.QUOTAEXCEEDED,
  NO_CHILDREN_FOR_EPHEMERALS: zkError.NOCHILDRENFOREPHEMERALS,
  BAD_ARGUMENTS: zkError.BADARGUMENTS,
  UNIMPLEMENTED: zkError.UNIMPLEMENTED,
  DATA_TOO_LARGE: zkError.BADARGUMENTS,
  REPLY_TOO_LARGE: zkError.MARSHALLINGERROR,
  SESSION_EXPIRED: zkError.SESSIONEXPIRED,
  SESSION_MOVED: zkError.SESSIONMOVED,
};

/** ZooKeeper's code for one of ours. What ZooKeeper knows nothing of is a SYSTEMERROR, which every client understands. */
export function zkErrorOf(code: ErrorCode): number {
  return codes[code] ?? zkError.SYSTEMERROR;
}
