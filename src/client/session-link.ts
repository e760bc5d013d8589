/** The session's connection: what state it is in and when to worry about it. */
import type { Zxid } from "../base/operations.ts";
import { sessionLimits } from "./session-limits.ts";

export type Link = Down | Attaching | Attached | Ended;

/** All endpoints were tried; the next round starts at `retryAt`. */
export interface Down {
  readonly type: "down";
  readonly retryAt: number;
}

/** Connect was sent on this stream and is not answered. */
export interface Attaching {
  readonly type: "attaching";
  readonly stream: number;
  readonly endpoint: number;
  /** When to try another server. */
  readonly deadline: number;
}

/** The session lives on this stream. Times are monotonic milliseconds. */
export interface Attached {
  readonly type: "attached";
  readonly stream: number;
  readonly endpoint: number;
  /** Of the attachment. */
  readonly zxid: Zxid;
  readonly since: number;
  lastSent: number;
  lastReceived: number;
  lastPing: number;
  /** Pings sent on this stream. */
  pings: number;
  /** Since when the server says that it has no quorum. */
  noQuorumSince: number | undefined;
  /** How many requests may be outstanding. */
  window: number;
  /** Whether the server has answered something that it got after SetWatches: then no event of the past is to come. */
  rearmed: boolean;
}

/** The session expired or the client is closed: for good. */
export interface Ended {
  readonly type: "ended";
}

/** A fresh attachment. The window is small at first, so that a server that breaks under many requests answers some. */
export function attached(stream: number, endpoint: number, zxid: Zxid, now: number): Attached {
  return {
    type: "attached",
    stream,
    endpoint,
    zxid,
    since: now,
    lastSent: now,
    lastReceived: now,
    lastPing: now,
    pings: 0,
    noQuorumSince: undefined,
    window: sessionLimits.firstWindow,
    rearmed: false,
  };
}

/** How long to wait for an attachment: a session that looks for a server must find one well within its timeout. */
export function attachTimeoutMs(timeoutMs: number, endpoints: number): number {
  return Math.max(sessionLimits.attachMinMs, timeoutMs / (endpoints + 1));
}

/**
 * When to ping: after a third of the timeout without a word in either direction, so that the session stays alive and the
 * server has another third to show that it does. Sooner while somebody waits, to learn whether there is a quorum.
 */
export function pingAt(link: Attached, timeoutMs: number, busy: boolean): number {
  const interval =
    busy || link.noQuorumSince !== undefined ? Math.min(timeoutMs / 3, sessionLimits.probeMs) : timeoutMs / 3;
  return Math.max(link.lastPing, Math.min(link.lastSent, link.lastReceived)) + interval;
}

/** When a server that says nothing counts as dead; a third of the timeout is left to find another. */
export function silentAt(link: Attached, timeoutMs: number): number {
  return link.lastReceived + (timeoutMs * 2) / 3;
}

/** When to leave a server that has no quorum for one that may: an election is over long before. */
export function leaveAt(link: Attached, timeoutMs: number): number {
  return link.noQuorumSince === undefined ? Number.POSITIVE_INFINITY : link.noQuorumSince + timeoutMs / 4;
}
