/**
 * What a leader knows of one peer: `nextIndex` and `matchIndex` (Figure 2), and how it sends.
 *
 * - `probe`: where the logs agree is not known yet. One AppendEntries is sent, then its reply awaited.
 * - `replicate`: it is known. Entries go out ahead of the replies, `nextIndex` moves on as they are sent, and up to a
 *   window of messages is in flight.
 * - `snapshot`: the entries that the peer lacks are no more in the log. The state machine's checkpoint is sent instead
 *   (§7); no entries until it is installed.
 *
 * A refusal or a broken stream leads from `replicate` back to `probe`; so does, from `snapshot`, a reply that shows that the
 * peer has what is no more in the log.
 */
import { present } from "../base/assert.ts";
import type { Index, ServerId } from "./types.ts";

export interface Progress {
  readonly id: ServerId;
  /** The peer's log is durable and equal to the leader's up to here. Never goes back. */
  matchIndex: Index;
  /** Next entry to send; always above `matchIndex`. */
  nextIndex: Index;
  state: "probe" | "replicate" | "snapshot";
  /** In `probe`: entries were sent and their reply is awaited. */
  probeSent: boolean;
  /** In `replicate`: last index of each AppendEntries with entries that is not acknowledged, rising. */
  inFlight: Index[];
  /** When the newest of these was sent, monotonic milliseconds. */
  sentAt: number;
  /** When the peer last replied in this term, at first when the leader began to ask it; CheckQuorum counts it. */
  lastHeard: number;
  /** Whether the peer has replied in this term; `broken`: its stream broke, and it has not been heard since. */
  contact: "none" | "heard" | "broken";
  /** Newest read round that the peer confirmed (thesis §6.4), and the newest that was sent to it. */
  ackedRound: number;
  sentRound: number;
  /** The newest `leaderCommit` that was sent to it. */
  sentCommit: Index;
}

/** Knows nothing yet: `nextIndex` begins behind the leader's last entry (Figure 2). */
export function newProgress(id: ServerId, lastIndex: Index, now: number): Progress {
  return {
    id,
    matchIndex: 0,
    nextIndex: lastIndex + 1,
    state: "probe",
    probeSent: false,
    inFlight: [],
    sentAt: 0,
    lastHeard: now,
    contact: "none",
    ackedRound: 0,
    sentRound: 0,
    sentCommit: 0,
  };
}

/** The peer's log is known to equal the leader's up to `index`, durably. */
export function matched(progress: Progress, index: Index): void {
  if (index > progress.matchIndex) progress.matchIndex = index;
  while ((progress.inFlight[0] ?? Number.POSITIVE_INFINITY) <= index) progress.inFlight.shift();
  if (progress.state === "probe" && index >= progress.nextIndex - 1) progress.state = "replicate";
  if (index >= progress.nextIndex) progress.nextIndex = index + 1;
}

/** The peer replied, in this term. */
export function heardFrom(progress: Progress, now: number): void {
  progress.lastHeard = now;
  progress.contact = "heard";
}

/** Whether the peer seems to run: it was heard within `timeoutMs`, and its stream has not broken since. */
export function isActive(progress: Progress, now: number, timeoutMs: number): boolean {
  return progress.contact === "heard" && now - progress.lastHeard < timeoutMs;
}

/** Whether the leader, just elected, cannot say yet if the peer runs: it has asked for less than `timeoutMs`. */
export function isAwaited(progress: Progress, now: number, timeoutMs: number): boolean {
  return progress.contact === "none" && now - progress.lastHeard < timeoutMs;
}

/** Starts over from `nextIndex`: whatever is in flight is not counted on. */
export function probeFrom(progress: Progress, nextIndex: Index): void {
  progress.state = "probe";
  progress.nextIndex = Math.max(nextIndex, progress.matchIndex + 1);
  progress.probeSent = false;
  progress.inFlight.length = 0;
}

/** The peer needs what is no more in the log. */
export function needsSnapshot(progress: Progress): void {
  progress.state = "snapshot";
  progress.probeSent = false;
  progress.inFlight.length = 0;
}

/** Whether entries may be sent now. */
export function mayAppend(progress: Progress, appendsInFlightMax: number): boolean {
  if (progress.state === "snapshot") return false;
  return progress.state === "probe" ? !progress.probeSent : progress.inFlight.length < appendsInFlightMax;
}

/** Takes note that entries up to `lastIndex` were sent, at `now`. */
export function appended(progress: Progress, lastIndex: Index, now: number): void {
  if (progress.state === "probe") {
    progress.probeSent = true;
    return;
  }
  progress.inFlight.push(lastIndex);
  progress.sentAt = now;
  progress.nextIndex = lastIndex + 1;
}

/** What a leader knows of a peer; undefined if it has no such one. */
export function findPeer({ peers }: { readonly peers: readonly Progress[] }, id: ServerId): Progress | undefined {
  for (const peer of peers) if (peer.id === id) return peer;
  return undefined;
}

/** What a leader knows of a member: it has a record of each. */
export function progressOf(leader: { readonly peers: readonly Progress[] }, id: ServerId): Progress {
  return present(findPeer(leader, id), "what the leader knows of a member");
}
