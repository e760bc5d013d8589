/** What a session is opened with. */
import type { Credential } from "../base/acl.ts";
import type { SessionId, Zxid } from "../base/operations.ts";
import type { Random } from "../base/random.ts";

/** Opens the door to a session. */
export interface SessionCredentials {
  readonly sessionId: SessionId;
  readonly password: Uint8Array;
  /** Newest zxid that the session's former owner saw; the servers show nothing older. Default 0. */
  readonly lastZxid?: Zxid | undefined;
  /** The life of the cluster in which the session was opened: another one refuses it. Default 0: not known. */
  readonly instance?: number | undefined;
}

/** What a session keeps. */
export interface SessionRetained {
  /** Requests that are not answered, and the bytes that count for them. */
  readonly requests: number;
  readonly requestBytes: number;
  readonly watchers: number;
  /** Watches that the server is to disarm. */
  readonly unwanted: number;
  /** Events that wait until all is armed again. */
  readonly earlyEvents: number;
}

export interface SessionOptions {
  /** Where servers are, `host:port`. */
  readonly endpoints: readonly string[];
  /** Wished session timeout, milliseconds. */
  readonly timeoutMs: number;
  readonly random: Random;
  /** A session to go on with, which is taken over from whoever holds it; otherwise a new one is opened. */
  readonly resume?: SessionCredentials | undefined;
  /** A number, below 2^53, that no other client of the session has: drawn at random. */
  readonly holder: number;
  /** Whom the client shows to be, from its first request on. */
  readonly credentials?: readonly Credential[] | undefined;
  /** Whether to go also where servers say that members are. Default true. */
  readonly discover?: boolean | undefined;
}
