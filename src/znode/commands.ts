/** Commands of the state machine: what the log's entries mean. See `proto/log.proto` for their bytes. */
import type { Acl, ClientIdentity } from "../base/acl.ts";
import type { Failure, Operation, Result, SessionId, Zxid } from "../base/operations.ts";
import type { ChangeType } from "../base/watch-rules.ts";
import type { Crossing } from "./quotas.ts";

export interface Command {
  /** The leader's clock when it appended the command, Unix ms, never going back: the only time known here. */
  readonly timeMs: number;
  /** The server that proposed it and answers its client. */
  readonly origin: number;
  /** The origin's number for the proposal. */
  readonly proposal: number;
  readonly body: CommandBody;
}

export type CommandBody = CreateSession | AttachSession | CloseSession | ExpireSessions | RemoveUnused | Write;

/** Opens a session whose id is the entry's index. Repeated with the same password it answers with the first. */
export interface CreateSession {
  readonly type: "createSession";
  readonly password: Uint8Array;
  readonly timeoutMs: number;
  /** The number of the client that holds it. */
  readonly holder: number;
}

/**
 * Moves a session to a new connection; this entry's index becomes its attachment. Refused unless it comes from the
 * session's holder, or takes the session over: a client that hung and comes back must not go on with what is another's.
 */
export interface AttachSession {
  readonly type: "attachSession";
  readonly sessionId: SessionId;
  readonly password: Uint8Array;
  readonly timeoutMs: number;
  /** The number of the client that attaches. */
  readonly holder: number;
  /** Whether it becomes the holder. */
  readonly takeover?: boolean;
}

/** Ends a session and removes its ephemerals. */
export interface CloseSession {
  readonly type: "closeSession";
  readonly sessionId: SessionId;
  readonly attachment: Zxid;
  /** Position among the session's writes. */
  readonly requestId: number;
}

/** Ends silent sessions; an item counts only while the session's attachment is the one named. */
export interface ExpireSessions {
  readonly type: "expireSessions";
  readonly sessions: readonly { readonly sessionId: SessionId; readonly attachment: Zxid }[];
}

/** Removes znodes that nobody uses (`base/znode-kinds.ts`); a path counts only if what is there is unused when this is applied. */
export interface RemoveUnused {
  readonly type: "removeUnused";
  readonly paths: readonly string[];
}

/** A change of the tree. */
export interface Write {
  readonly type: "write";
  readonly sessionId: SessionId;
  /** The attachment through which it was sent. */
  readonly attachment: Zxid;
  /** The session's writes are numbered 1, 2, 3 …: applied in this order, once each. */
  readonly requestId: number;
  /** The client has the answers up to here. */
  readonly ackedRequestId: number;
  readonly operation: Operation;
  /**
   * Why the origin refuses it with DISK_FULL (`node/peers/disk-room.ts`): it takes its number and changes nothing. The data and
   * lists of the operation are left out. Left out or empty: it is not refused.
   */
  readonly diskFull?: string;
  /** Who the client had shown to be when the request came. Left out: nobody in particular. */
  readonly identities?: readonly ClientIdentity[];
}

/** What applying one command did. */
export interface Applied {
  readonly zxid: Zxid;
  readonly outcome: Outcome;
  /** In the order in which watches are to fire. */
  readonly changes: readonly Change[];
  /** Sessions that ended with this command. */
  readonly ended: readonly SessionId[];
  /** Soft limits of quotas that it went beyond; left out: none. */
  readonly crossed?: readonly Crossing[];
}

export type Outcome =
  | {
      readonly type: "attached";
      readonly sessionId: SessionId;
      readonly attachment: Zxid;
      readonly timeoutMs: number;
      readonly password: Uint8Array;
      readonly lastRequestId: number;
    }
  /** createSession or attachSession was refused: SESSION_EXPIRED, SESSION_TAKEN, AUTH_FAILED, OVERLOADED. */
  | { readonly type: "refused"; readonly failure: Failure }
  /** The write's result; `zxid` is that of its first application, also for a duplicate. */
  | {
      readonly type: "written";
      readonly sessionId: SessionId;
      readonly requestId: number;
      readonly zxid: Zxid;
      readonly result: Result;
      readonly duplicate: boolean;
    }
  /** The write had no effect, since an earlier one of the session is missing: to be proposed again after it. */
  | { readonly type: "gap"; readonly sessionId: SessionId; readonly requestId: number; readonly expected: number }
  /**
   * The write had no effect: SESSION_EXPIRED, SESSION_MOVED, PROTOCOL_ERROR (a duplicate whose answer was acknowledged),
   * or TOO_MANY_REQUESTS, after which it may come again.
   */
  | { readonly type: "dropped"; readonly sessionId: SessionId; readonly requestId: number; readonly failure: Failure }
  | { readonly type: "closed"; readonly sessionId: SessionId; readonly requestId: number }
  | { readonly type: "expired" }
  | { readonly type: "unusedRemoved" };

/** One change of one path, as watches see it. */
export interface Change {
  readonly type: ChangeType;
  readonly path: string;
  readonly zxid: Zxid;
  /** The znode's access control list behind the change, or the last that it had. Left out: the open one, as nearly always. */
  readonly acl?: Acl;
}
