/** What clients saw: the record that client-side checkers judge. Times are virtual microseconds. */
import type { ClientIdentity, Credential } from "../../src/base/acl.ts";
import type { Operation, Result, SessionId, Zxid } from "../../src/base/operations.ts";
import type { Read, WatchEvent, WatchSpec } from "../../src/base/reads.ts";
import type { ServerId } from "../../src/raft/types.ts";

/** What a client asked for. */
export type Invocation =
  | { readonly type: "write"; readonly operation: Operation }
  | { readonly type: "read"; readonly read: Read }
  | { readonly type: "close" }
  | { readonly type: "auth"; readonly credential: Credential };

/** One operation of one client. Filled in as it goes on; see `outcome`. */
export interface HistoryOperation {
  /** Rises with invocation, from 1. */
  readonly id: number;
  readonly client: number;
  /** Which of the client's sessions, from 1: a client opens another when one has ended. */
  readonly life: number;
  readonly invocation: Invocation;
  /** Who the client had shown to be when it asked, and nobody else. */
  readonly identities: readonly ClientIdentity[];
  readonly invokedUs: number;
  /** Position of a listed operation in the plan; -1 for a drawn one. */
  readonly listed: number;
  /** `answered`: with `result` and `zxid`. `lost`: the session ended first; a write may or may not have taken effect. */
  outcome: "pending" | "answered" | "lost";
  /** 0 until the session is known. */
  sessionId: SessionId;
  answeredUs: number;
  /** The server that answered; 0 until then. */
  answeredBy: ServerId;
  result: Result | undefined;
  zxid: Zxid;
}

/** One that begins. */
export function begun(
  { operations }: History,
  { client, life, identities, sessionId }: Pick<HistoryOperation, "client" | "life" | "identities" | "sessionId">,
  invocation: Invocation,
  listed: number,
  invokedUs: number,
): HistoryOperation {
  return {
    id: operations.length + 1,
    client,
    life,
    invocation,
    identities,
    invokedUs,
    listed,
    outcome: "pending",
    sessionId,
    answeredUs: 0,
    answeredBy: 0,
    result: undefined,
    zxid: 0,
  };
}

/** What happened to a client's session. */
export interface SessionEvent {
  readonly client: number;
  readonly life: number;
  readonly atUs: number;
  readonly sessionId: SessionId;
  /**
   * `connected` to `server`, with the zxid of the attachment; `disconnected`; `lost`: the session may be gone, says the
   * client's clock; `ended`: expired or closed; `watch`: one fired; `unwatched`:
   * nobody waits for it any more.
   */
  readonly type: "connected" | "disconnected" | "lost" | "ended" | "watch" | "unwatched";
  readonly server: ServerId;
  readonly zxid: Zxid;
  /** Why it ended: `expired`, `closed`, `taken` by another process, `misled` by what a server said that was not so. */
  readonly reason?: string;
  readonly event?: WatchEvent;
  /** `watch`: whom the event was told. */
  readonly watches?: readonly WatchSpec[];
  readonly watch?: WatchSpec;
}

/** Everything that clients saw, in order. */
export interface History {
  readonly operations: HistoryOperation[];
  readonly events: SessionEvent[];
}
