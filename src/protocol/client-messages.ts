/** What clients and servers say to each other on a session stream. See `proto/client.proto` for the wire. */
import type { ClientIdentity, Credential } from "../base/acl.ts";
import type { Failure, Operation, Result, SessionId, Zxid } from "../base/operations.ts";
import type { Read, WatchEvent, WatchSpec } from "../base/reads.ts";

/** Version of the session protocol. */
export const protocolVersion = 1;

export type ClientMessage = Connect | Request | SetWatches | Ping | Disarm;

/** First message of a stream. */
export interface Connect {
  readonly type: "connect";
  readonly protocol: number;
  /** 0 asks for a new session. */
  readonly sessionId: SessionId;
  /** Empty for a new session. */
  readonly password: Uint8Array;
  readonly timeoutMs: number;
  /** Newest zxid that the client has seen. */
  readonly lastZxid: Zxid;
  /** A number that the client has drawn for itself: it tells the holder that comes back from another client. */
  readonly holder: number;
  /** Takes the session over from whoever held it: their later attempts to attach are refused. */
  readonly takeover: boolean;
  /** The life of the cluster in which the session was opened (see {@link Connected}); 0: not known. */
  readonly instance: number;
  /** What the client has shown, and was accepted, before: from the first request on it is who these show. */
  readonly credentials?: readonly Credential[];
}

/** Answered in the order sent. */
export interface Request {
  readonly type: "request";
  /** The client's number for the exchange, echoed in the reply; rises by one. */
  readonly xid: number;
  /** Writes and close: position among the session's writes, from 1; reads: 0. */
  readonly requestId: number;
  /** All writes up to here were answered to the client. */
  readonly ackedRequestId: number;
  readonly body: RequestBody;
}

export type RequestBody =
  | { readonly type: "write"; readonly operation: Operation }
  | { readonly type: "read"; readonly read: Read }
  | { readonly type: "close" }
  /** Shows who the client is, for as long as the stream lasts. */
  | { readonly type: "auth"; readonly credential: Credential };

/** Arms a session's watches again on its new server; changes after `relativeZxid` fire at once. */
export interface SetWatches {
  readonly type: "setWatches";
  readonly relativeZxid: Zxid;
  readonly watches: readonly WatchSpec[];
}

export interface Ping {
  readonly type: "ping";
  readonly number: number;
}

/** Nobody waits for these watches any more. Not answered. */
export interface Disarm {
  readonly type: "disarm";
  readonly watches: readonly WatchSpec[];
}

/**
 * What a node hears of its clients. Their doors have looked at the credentials: the node, which runs in simulators and
 * browsers too and has no hash, is told whom they show.
 */
export type AdmittedMessage = Exclude<ClientMessage, Connect | Request> | AdmittedConnect | AdmittedRequest;

export interface AdmittedConnect extends Connect {
  /** Who the client is as it comes. Left out: nobody in particular. */
  readonly identities?: readonly ClientIdentity[];
}

export interface AdmittedRequest extends Omit<Request, "body"> {
  readonly body: AdmittedBody;
}

/** A credential that no door has looked at, `auth`, is refused. */
export type AdmittedBody =
  | RequestBody
  /** Who the client is from here on, all of them. */
  | { readonly type: "shown"; readonly identities: readonly ClientIdentity[] }
  /** It has shown nothing, for this reason. */
  | { readonly type: "notShown"; readonly failure: Failure };

export type ServerMessage = Connected | Refused | Reply | Event | Pong | Heard | Members;

/** The session is attached to this connection. */
export interface Connected {
  readonly type: "connected";
  readonly sessionId: SessionId;
  readonly password: Uint8Array;
  readonly timeoutMs: number;
  readonly serverId: number;
  /** The session's newest applied write. */
  readonly lastRequestId: number;
  /** Zxid of the attachment. */
  readonly zxid: Zxid;
  /** Name of the cluster. */
  readonly clusterId: string;
  /** Which life of the cluster this is: one begun anew, or from a backup, has another number. 0: not known. */
  readonly instance: number;
}

/** The server closes the stream after this. */
export interface Refused {
  readonly type: "refused";
  readonly failure: Failure;
}

export interface Reply {
  readonly type: "reply";
  readonly xid: number;
  /** The write's own zxid; for a read the newest one applied when it was answered. */
  readonly zxid: Zxid;
  readonly result: Result;
}

export interface Event {
  readonly type: "event";
  readonly event: ToldEvent;
}

/** An event on its way to the door, which decides whether its client is told, and how. */
export interface ToldEvent extends WatchEvent {
  /** Its client may not read what it tells of. */
  readonly unreadable?: true;
}

export interface Pong {
  readonly type: "pong";
  readonly number: number;
  /** False while the server knows no leader that a majority follows. */
  readonly quorum: boolean;
}

/** The leader has heard of the session after the ping was sent: it lives for its timeout from then on, at least. */
export interface Heard {
  readonly type: "heard";
  readonly ping: number;
}

/** The members of the cluster: behind Connected, and when they have changed. */
export interface Members {
  readonly type: "members";
  readonly members: readonly MemberEndpoint[];
}

export interface MemberEndpoint {
  readonly id: number;
  /** host:port. */
  readonly clientAddress: string;
}
