/**
 * What a leader sends at the end of a turn (§5.3): to each peer the entries that it lacks, in as few messages as the
 * limits allow, and a message without entries where there is nothing else to carry news.
 */
import { isLearner } from "./configuration.ts";
import { appended, mayAppend, needsSnapshot, type Progress } from "./progress.ts";
import type { Leader, RaftState } from "./state.ts";
import type { Entry, Index } from "./types.ts";

/** Sends to every peer what is due. */
export function replicate(state: RaftState, leader: Leader): void {
  for (const progress of leader.peers) {
    if (progress.nextIndex <= state.log.base.index && progress.state !== "snapshot") needsSnapshot(progress);
    // First, so that it does not stand behind bulk data. It goes out however busy or silent the peer is, and names the
    // newest entry that was sent: a peer that lost it will say so.
    if (leader.heartbeatDue) sendAppendEntries(state, leader, progress, noEntries);
    sendEntries(state, leader, progress);
    if (progress.sentRound < leader.readRound) sendAppendEntries(state, leader, progress, noEntries);
    if (hasNews(state, progress)) sendAppendEntries(state, leader, progress, noEntries, true);
  }
  leader.heartbeatDue = false;
}

/**
 * The last entry that a peer may be sent: a learner gets what is committed, and no more. It does not campaign; so if its log
 * ended with what only a leader that is gone had, it would refuse its vote to all those who can, once a majority of the
 * next configuration needs it.
 */
export function lastFor({ log, commitIndex }: RaftState, { id }: Progress): Index {
  return isLearner(log.configuration, id) ? commitIndex : log.lastIndex;
}

function sendEntries(state: RaftState, leader: Leader, progress: Progress): void {
  const { appendBytesMax, appendsInFlightMax } = state.options;
  const last = lastFor(state, progress);
  while (progress.nextIndex <= last && mayAppend(progress, appendsInFlightMax)) {
    if (state.now < heldUntil(state, progress)) return;
    const entries = state.log.sliceOfBytes(progress.nextIndex, last, appendBytesMax);
    sendAppendEntries(state, leader, progress, entries);
    appended(progress, progress.nextIndex + entries.length - 1, state.now);
  }
}

/**
 * Nagle's rule, as in TCP (RFC 896): what fills no message waits until nothing is unacknowledged. The peer's disk is busy
 * with that anyway; and what comes meanwhile goes in one message, one write and one reply, which is most of what a small
 * entry costs. Never for longer than `appendHoldMs`, since the peer may be far away, or its reply lost. Monotonic
 * milliseconds; in the past if nothing is held.
 */
function heldUntil({ log, options }: RaftState, progress: Progress): number {
  if (progress.inFlight.length === 0) return Number.NEGATIVE_INFINITY;
  if (log.bytesBehind(progress.nextIndex - 1) >= options.appendBytesMax) return Number.NEGATIVE_INFINITY;
  return progress.sentAt + options.appendHoldMs;
}

/** When the first entries that are held go out in any case, monotonic milliseconds; Infinity if none are. */
export function nextSendDeadline(state: RaftState, { peers }: Leader): number {
  const { base } = state.log;
  let deadline = Number.POSITIVE_INFINITY;
  for (const progress of peers) {
    if (progress.nextIndex > lastFor(state, progress) || !mayAppend(progress, state.options.appendsInFlightMax))
      continue;
    if (progress.nextIndex <= base.index) continue; // compacted since: the next turn finds that a snapshot is needed
    const until = heldUntil(state, progress);
    if (until > state.now) deadline = Math.min(deadline, until);
  }
  return deadline;
}

/** Whether the peer should learn at once that entries were committed: its clients wait for them. */
function hasNews(state: RaftState, progress: Progress): boolean {
  return progress.state === "replicate" && progress.sentCommit < state.commitIndex;
}

function sendAppendEntries(
  state: RaftState,
  leader: Leader,
  progress: Progress,
  entries: readonly Entry[],
  noReply = false,
): void {
  // All logs agree before their beginning: a heartbeat that says so is a sign of life and claims nothing else.
  const prevLogIndex = progress.state === "snapshot" ? 0 : progress.nextIndex - 1;
  state.outbox.send(progress.id, {
    type: "AppendEntries",
    term: state.currentTerm,
    prevLogIndex,
    prevLogTerm: prevLogIndex === 0 ? 0 : state.log.termAt(prevLogIndex),
    entries,
    leaderCommit: state.commitIndex,
    readRound: leader.readRound,
    noReply,
  });
  progress.sentRound = leader.readRound;
  progress.sentCommit = state.commitIndex;
}

const noEntries: readonly Entry[] = [];
