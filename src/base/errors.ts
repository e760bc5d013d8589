/**
 * Every coded error in one place (but those of HTTP: `http/server.ts`). A code is stable: gRPC and `--json` carry it. The
 * message says what happened, the hint what to do about it.
 */

import { printable } from "./printable.ts";

/** What kvctl's exit code tells: refused (1), usage (2), unavailable (3). */
export type ErrorClass = "refused" | "usage" | "unavailable";

const errors = {
  // Refused by the state of the tree.
  NO_NODE: ["refused", "the znode does not exist", "check the path, or create the znode and its parents first"],
  NODE_EXISTS: [
    "refused",
    "the znode exists already",
    "set its data instead, or create a sequential one for a fresh name",
  ],
  NO_WATCHER: ["refused", "there is no such watch", "it fired, was given up, or was armed on another connection"],
  NOT_EMPTY: ["refused", "the znode has children", "delete its children first"],
  BAD_VERSION: [
    "refused",
    "the znode's version is not the expected one",
    "read it again and decide with its present version, or give version -1 for any",
  ],
  NO_AUTH: [
    "refused",
    "the access control list of the znode does not allow it",
    "show who you are (kvctl --auth digest:USER:PASSWORD, addAuth of the client), or have somebody with ADMIN change the list",
  ],
  INVALID_ACL: [
    "refused",
    "the access control list is none",
    "give items like world:anyone:r, digest:USER:HASH:cdrwa, ip:10.0.0.0/8:rw, or auth::cdrwa behind an --auth",
  ],
  NO_CHILDREN_FOR_EPHEMERALS: [
    "refused",
    "an ephemeral znode can have no children",
    "create the child under a persistent znode",
  ],
  BAD_ARGUMENTS: ["refused", "the request is malformed", "mend what the message names"],
  TOO_MANY_EPHEMERALS: [
    "refused",
    "the session owns as many ephemerals as one may",
    "open another session for more: a session's ephemerals all go at once when it ends, which has to be done in a moment",
  ],
  DATA_TOO_LARGE: [
    "refused",
    "the data is over the limit of a znode",
    "keep at most 1 MiB in a znode; store large data elsewhere and its address here",
  ],
  QUOTA_EXCEEDED: [
    "refused",
    "the quota of the znode, or of one above it, leaves no room for it",
    "delete what is not needed below the path that the message names, or raise its quota: kvctl quota",
  ],
  MULTI_TOO_LARGE: [
    "refused",
    "the transaction is over its limits",
    "make several of it: at most 1,000 operations, of at most 2 MiB, are done together",
  ],
  UNIMPLEMENTED: [
    "refused",
    "the server does not know the operation",
    "bring all servers to the version of the client, or do without the operation",
  ],
  DISK_FULL: [
    "refused",
    "a disk of the cluster is almost full, so that it takes no creates, no new data and no new lists",
    "make room on the disk that the message names, raise its quota, or delete znodes, which goes on; then try again",
  ],
  REPLY_TOO_LARGE: [
    "refused",
    "the reply would not fit in a frame",
    "ask for the names page by page: childPages of the client",
  ],
  // The session.
  SESSION_EXPIRED: [
    "refused",
    "the session is gone: it expired or was closed",
    "open a new session; its ephemerals were removed",
  ],
  SESSION_MOVED: ["refused", "the session has moved to another connection", "use the newer connection"],
  SESSION_TAKEN: [
    "refused",
    "another client has taken the session over",
    "open a new session; a session is held by one client at a time",
  ],
  AUTH_FAILED: ["refused", "the session's password is wrong", "give the password that came with the session id"],
  WRONG_CLUSTER: [
    "refused",
    "the server belongs to another cluster, or to another life of it, than the session",
    "give the endpoints of one cluster only; where it was restored from a backup or begun anew, open a new session",
  ],
  SESSION_CLOSED: ["refused", "the client is closed", "open a new client"],
  // The connection.
  PROTOCOL_ERROR: [
    "refused",
    "the peer does not follow the protocol",
    "check that the address is a Terrarium port of the right kind and version",
  ],
  TOO_MANY_REQUESTS: [
    "refused",
    "too many requests are outstanding on the connection",
    "wait for answers before sending more",
  ],
  // No answer.
  NO_QUORUM: [
    "unavailable",
    "no quorum: the cluster has no leader that a majority follows",
    "start servers until a majority of them runs, then try again",
  ],
  NO_SERVER: [
    "unavailable",
    "no server answers at the endpoints given",
    "check the endpoints, and that the servers run",
  ],
  TIMEOUT: ["unavailable", "no answer came in time", "try again; a write may still take effect, once"],
  ABORTED: ["unavailable", "the request was aborted by its caller", "a write already sent may still take effect, once"],
  OVERLOADED: [
    "unavailable",
    "the server has reached a limit and takes no more for now",
    "try again a little later, or another server",
  ],
  // Changing the cluster.
  NOT_LEADER: ["unavailable", "the server does not lead", "send the request to the leader"],
  NOT_READY: ["unavailable", "the leader has just been elected", "try again in a moment"],
  CHANGE_IN_PROGRESS: [
    "refused",
    "another change of the membership is not complete",
    "wait for it, or remove the member that cannot catch up",
  ],
  ID_IN_USE: [
    "refused",
    "the id or address is that of another member",
    "choose an id that was never used, such as the next higher one",
  ],
  UNKNOWN_MEMBER: ["refused", "no such member", "look at the members that a server's status lists"],
  WOULD_LOSE_QUORUM: [
    "refused",
    "too few of the voters would be running",
    "start those that are down or replace them first, or force it",
  ],
  WRONG_SERVER: [
    "refused",
    "another server answers at the address",
    "start the new server with --join and this id, and give its addresses as HOST:PEERPORT/CLIENTPORT",
  ],
  TRANSFER_FAILED: [
    "unavailable",
    "the other server did not become leader in time",
    "check that it runs and keeps up, then try again; the old leader goes on leading",
  ],
  WIPED: [
    "usage",
    "the server has lost its data and must not come back under its old id",
    "replace it: start it empty with a new --id and --join, then `kvctl member replace OLD NEW HOST:PORTS`",
  ],
  // Starting a server.
  USAGE: ["usage", "the command is malformed", "see --help"],
  NOT_A_MEMBER: [
    "usage",
    "the server's id is not in the cluster's membership",
    "start it with an id that is in --members",
  ],
  WRONG_DATA_DIR: [
    "usage",
    "the data directory belongs to another server or cluster",
    "point --data-dir at this server's own directory; or give the --members or --cluster-id that the cluster began with",
  ],
  DATA_DIR_UNUSABLE: [
    "usage",
    "the data directory cannot be used",
    "make it writable, and see that no other server has it open",
  ],
  CORRUPT: [
    "usage",
    "what was safely on disk is damaged",
    "do not start it again with this data, nor with an older copy of it: replace this server with an empty one under a new id (docs/damage.md)",
  ],
  DISK_FAILED: ["usage", "a write to disk failed", "check the disk's space and health, then start the server again"],
  BACKUP_UNUSABLE: [
    "usage",
    "the file is no backup that can be used",
    "take the backup again, or use another copy of the file",
  ],
  INCOMPLETE: [
    "refused",
    "not all that was to be moved is there",
    "mend what is named for each znode, then give the command again: what is there already is left alone",
  ],
  ADDRESS_IN_USE: ["usage", "the address to listen on is taken", "stop what listens there, or choose another port"],
} as const satisfies Record<string, readonly [ErrorClass, string, string]>;

/** A stable error code. */
export type ErrorCode = keyof typeof errors;

/** All codes. */
export const errorCodes = Object.keys(errors) as readonly ErrorCode[];

/** Whether `code` is one of {@link errorCodes}. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errors, code);
}

/** The sentence that says what happened, without particulars. */
export function errorMessage(code: ErrorCode): string {
  return errors[code][1];
}

/** The sentence that says what to do. */
export function errorHint(code: ErrorCode): string {
  return errors[code][2];
}

/** Which kind of failure a code stands for. */
export function errorClass(code: ErrorCode): ErrorClass {
  return errors[code][0];
}

/** An error that a user can act on. Control characters in its sentences, of a path or a damaged file, are shown as escapes. */
export class TerrariumError extends Error {
  override readonly name = "TerrariumError";
  readonly code: ErrorCode;
  /** What to do about it: a sentence. */
  readonly hint: string;

  /** `options.cause`: what led to it, such as the reason of an abort signal. */
  constructor(
    code: ErrorCode,
    message: string = errorMessage(code),
    hint: string = errorHint(code),
    options: { readonly cause?: unknown } = {},
  ) {
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = printable(hint);
  }
}
