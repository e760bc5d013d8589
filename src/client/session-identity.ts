/**
 * Who the session is: what it says of itself to every server, and whether the server that answers knows this very session.
 */

import type { Credential } from "../base/acl.ts";
import { bytesEqual, emptyBytes } from "../base/bytes.ts";
import type { SessionId, Zxid } from "../base/operations.ts";
import { type Connect, type Connected, protocolVersion, type RequestBody } from "../protocol/client-messages.ts";
import type { SessionCredentials } from "./session-options.ts";

/**
 * What is wrong with the server that answered. `violation`: it breaks the protocol. `astray`: it is of another cluster, or of
 * another life of it. `anotherPast`: its log is not the one that the session has seen, as after a restoration from a backup.
 */
export interface WrongServer {
  readonly type: "violation" | "astray" | "anotherPast";
  readonly what: string;
}

/** Who the session is, for others to read. */
export type IdentityView = Pick<SessionIdentity, "sessionId" | "password" | "instance" | "timeoutMs" | "lastZxid">;

export class SessionIdentity {
  readonly #holder: number;
  #sessionId: SessionId;
  #password: Uint8Array;
  #instance: number;
  #timeoutMs: number;
  #lastZxid: Zxid;
  /** What was shown to servers and accepted: to be shown to each new one before anything is asked of it. */
  #credentials: readonly Credential[];

  constructor(
    timeoutMs: number,
    holder: number,
    resume: SessionCredentials | undefined,
    credentials: readonly Credential[] = [],
  ) {
    this.#credentials = credentials;
    this.#timeoutMs = timeoutMs;
    this.#holder = holder;
    this.#sessionId = resume?.sessionId ?? 0;
    this.#password = resume?.password ?? emptyBytes;
    this.#instance = resume?.instance ?? 0;
    this.#lastZxid = resume?.lastZxid ?? 0;
  }

  /** 0 until a new session is attached for the first time. */
  get sessionId(): SessionId {
    return this.#sessionId;
  }

  get password(): Uint8Array {
    return this.#password;
  }

  /** The life of the cluster that the session belongs to; 0 before it is known. */
  get instance(): number {
    return this.#instance;
  }

  /** Wished, then negotiated; milliseconds. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** Newest zxid seen: no server may show anything older. */
  get lastZxid(): Zxid {
    return this.#lastZxid;
  }

  /** Something of this zxid was seen. */
  see(zxid: Zxid): void {
    if (zxid > this.#lastZxid) this.#lastZxid = zxid;
  }

  /**
   * A server has taken a request well. If it was a credential, that is shown to the next server with the first word; until
   * then it goes there in its place among the requests.
   */
  showed(body: RequestBody): void {
    if (body.type !== "auth") return;
    const { scheme, auth } = body.credential;
    if (this.#credentials.some((known) => known.scheme === scheme && bytesEqual(known.auth, auth))) return;
    this.#credentials = [...this.#credentials, body.credential];
  }

  /** The first message to a server. `takeover`: from whoever holds the session. */
  connect(takeover: boolean): Connect {
    return {
      type: "connect",
      protocol: protocolVersion,
      sessionId: this.#sessionId,
      password: this.#password,
      timeoutMs: this.#timeoutMs,
      lastZxid: this.#lastZxid,
      holder: this.#holder,
      takeover,
      instance: this.#instance,
      ...(this.#credentials.length === 0 ? {} : { credentials: this.#credentials }),
    };
  }

  /** What is wrong with a server that gives this answer; undefined if it may be trusted with the session. */
  strangerBehind(answer: Connected): WrongServer | undefined {
    // A session never turns into another one behind its user's back.
    if (this.#sessionId !== 0 && answer.sessionId !== this.#sessionId)
      return { type: "violation", what: "another session id" };
    if (answer.sessionId === 0 || answer.timeoutMs <= 0)
      return { type: "violation", what: "connected without a session" };
    if (this.#instance !== 0 && answer.instance !== 0 && answer.instance !== this.#instance)
      return {
        type: "astray",
        what: `${answer.clusterId} is another cluster than the session's, or another life of it`,
      };
    // An attachment goes through the log, behind all that the session has seen.
    if (answer.zxid < this.#lastZxid) return { type: "anotherPast", what: "it is behind what this session has seen" };
    return undefined;
  }

  /** Takes in what the server says of the session. */
  attached(answer: Connected): void {
    this.#sessionId = answer.sessionId;
    this.#password = answer.password;
    this.#timeoutMs = answer.timeoutMs;
    if (answer.instance !== 0) this.#instance = answer.instance;
    this.see(answer.zxid);
  }
}
