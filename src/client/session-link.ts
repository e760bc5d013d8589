/** The session's connection: what state it is in and when to worry about it. Times are monotonic milliseconds. */
import type { Endpoint } from "./session-endpoints.ts";
import { sessionLimits } from "./session-limits.ts";

export type Link = DownLink | AttachingLink | AttachedLink | EndedLink;

/** All endpoints were tried; the next round starts at `retryAt`. */
export interface DownLink {
  readonly type: "down";
  readonly retryAt: number;
}

/** Connect was sent on this stream and is not answered. */
export interface AttachingLink {
  readonly type: "attaching";
  readonly stream: number;
  readonly endpoint: Endpoint;
  readonly since: number;
  /** When to try another server. */
  readonly deadline: number;
}

/** The session lives on this stream. */
export interface AttachedLink {
  readonly type: "attached";
  readonly stream: number;
  readonly endpoint: Endpoint;
  readonly since: number;
  lastSent: number;
  lastReceived: number;
  /** While requests are under way: since when some are. */
  busySince: number;
  /** Pings of whose arrival at the leader nothing is known, oldest first. */
  pings: SentPing[];
  /** Pings sent on this stream. */
  pinged: number;
  lastPing: number;
  /** Since when the server owes a pong; undefined while it owes none. */
  owesSince: number | undefined;
  /** Before this nothing is held against the server: this process stood still, and its words wait to be read. */
  graceUntil: number;
  /** Since when the server says that it has no quorum. */
  noQuorumSince: number | undefined;
}

/** A ping, and when it was sent. */
export interface SentPing {
  readonly number: number;
  readonly at: number;
  /** Whether it is answered at once, and not when watches are armed that were sent before it. */
  readonly prompt: boolean;
}

/** The session expired or the client is closed: for good. */
export interface EndedLink {
  readonly type: "ended";
}

/** A fresh attachment. */
export function attached({ stream, endpoint }: AttachingLink, now: number): AttachedLink {
  return {
    type: "attached",
    stream,
    endpoint,
    since: now,
    lastSent: now,
    lastReceived: now,
    busySince: now,
    pings: [],
    pinged: 0,
    lastPing: now,
    owesSince: undefined,
    graceUntil: now,
    noQuorumSince: undefined,
  };
}

/** How long to wait for an attachment: a session that looks for a server must find one well within its timeout. */
export function attachTimeoutMs(timeoutMs: number, endpoints: number): number {
  return Math.max(sessionLimits.attachMinMs, timeoutMs / (endpoints + 1));
}

/**
 * How long after the newest word to ping: a third of the timeout, so that the leader's word that the session lives is never
 * older than that by much. Where that word takes so long that the server would be left before it comes ({@link unprovenAt}),
 * and each other one likewise, as much sooner. `ageMs`: how old the newest word is by itself.
 */
function pingAfterMs(timeoutMs: number, proofMs: number, ageMs: number): number {
  const inTime = (timeoutMs * 2) / 3 - ageMs - 1.5 * proofMs;
  return Math.min(timeoutMs / 3, Math.max(timeoutMs / 12, inTime));
}

/**
 * When to ping, if the leader is usually known to have heard of a ping `proofMs` after it was sent. Sooner while somebody has
 * waited for a while and nothing comes, to learn whether there is a server and a quorum. That nothing came while nobody asked
 * for anything says nothing.
 */
export function pingAt(link: AttachedLink, timeoutMs: number, busy: boolean, proofMs: number): number {
  // An attachment is a word to the leader, too, as old as its request.
  const regular = link.lastPing + pingAfterMs(timeoutMs, proofMs, link.pinged === 0 ? proofMs : 0);
  if (!busy && link.noQuorumSince === undefined) return regular;
  const waits = link.noQuorumSince === undefined ? link.busySince : Number.NEGATIVE_INFINITY;
  const quiet = Math.max(link.lastPing, waits, Math.min(link.lastSent, link.lastReceived));
  return Math.min(regular, quiet + sessionLimits.probeMs);
}

/** Notes a ping that is sent now; returns its number. Of one that is not `prompt`, no answer is owed. */
export function pinged(link: AttachedLink, now: number, prompt = true): number {
  link.lastPing = now;
  if (prompt) link.owesSince ??= now;
  link.pings.push({ number: ++link.pinged, at: now, prompt });
  // Of the older ones nothing will be heard; the newest tells all that they could.
  if (link.pings.length > sessionLimits.pingsKept) link.pings.shift();
  return link.pinged;
}

/** A ping of this number, if it is still remembered. */
export function sentPing(link: AttachedLink, number: number): SentPing | undefined {
  return link.pings.find((ping) => ping.number === number);
}

/** When a server that owes a pong and says nothing counts as dead. */
export function silentAt(link: AttachedLink, patienceMs: number): number {
  if (link.owesSince === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(link.owesSince, link.lastReceived) + patienceMs;
}

/** When to leave a server that has no quorum for one that may: an election is over long before. */
export function leaveAt(link: AttachedLink, timeoutMs: number): number {
  if (link.noQuorumSince === undefined) return Number.POSITIVE_INFINITY;
  return link.noQuorumSince + Math.min(timeoutMs / 4, sessionLimits.noQuorumMs);
}

/** When to leave a server through which nothing reaches the leader, whatever it says itself. */
export function unprovenAt(provenAt: number, timeoutMs: number): number {
  return provenAt + (timeoutMs * 2) / 3;
}
