/** Rules for leaders (Figure 2, §5.3). */
import { assert } from "../base/assert.ts";
import { advanceCommitIndex } from "./commit.ts";
import { otherMembers } from "./configuration.ts";
import { hasRoomFor } from "./disk.ts";
import { commandSize } from "./log.ts";
import { newestPossibleAgreement } from "./log-matching.ts";
import type { AppendEntriesReply } from "./messages.ts";
import { findPeer, heardFrom, matched, newProgress, type Progress, probeFrom } from "./progress.ts";
import { confirmReads } from "./read-index.ts";
import type { Leader, RaftState } from "./state.ts";
import { changeRole } from "./term.ts";
import type { ServerId } from "./types.ts";

/**
 * A quorum has voted for this server. It begins its term with a no-op (§8): only with an entry of its own term can it
 * find out what is committed (§5.4.2).
 */
export function becomeLeader(state: RaftState): void {
  assert(state.votedFor === state.id, "a leader has voted for itself");
  const { log, now } = state;
  const peers = otherMembers(log.configuration, state.id).map((id) => newProgress(id, log.lastIndex, now));
  const leader: Leader = {
    name: "leader",
    peers,
    catchUps: new Map(),
    transfer: undefined,
    termStart: log.lastIndex + 1,
    nextHeartbeat: now + state.options.heartbeatMs,
    heartbeatDue: false,
    quorumDeadline: now + state.options.electionTimeoutMs,
    readRound: 0,
    readRequests: [],
    readRounds: [],
  };
  changeRole(state, leader);
  log.append({ kind: "noop", index: log.lastIndex + 1, term: state.currentTerm });
}

/**
 * Appends a client's commands to the leader's log; they go out to the followers and to the disk together, at the end
 * of the turn. False if too much is uncommitted already, or waits for this server's own disk while others commit it; a
 * single batch, however large, always has its turn.
 */
export function appendCommands(state: RaftState, commands: readonly Uint8Array[]): boolean {
  const { log, commitIndex, options } = state;
  let bytes = 0;
  for (const command of commands) bytes += commandSize(command);
  const uncommitted = log.bytesBehind(commitIndex);
  if (uncommitted > 0 && uncommitted + bytes > options.uncommittedBytesMax) return false;
  if (!hasRoomFor(state, bytes)) return false;
  for (const data of commands) {
    log.append({ kind: "command", index: log.lastIndex + 1, term: state.currentTerm, data });
  }
  return true;
}

/** AppendEntries RPC, the leader's side: moves `nextIndex` and `matchIndex` of the follower (§5.3). */
export function handleAppendEntriesReply(
  state: RaftState,
  leader: Leader,
  from: ServerId,
  reply: AppendEntriesReply,
): void {
  const progress = findPeer(leader, from);
  if (progress === undefined) return;
  // Success or refusal, the follower answered in this term: it still knows no other leader.
  heardFrom(progress, state.now);
  progress.ackedRound = Math.max(progress.ackedRound, reply.readRound);
  if (reply.success) {
    assert(reply.matchIndex <= state.log.lastIndex, "a follower matches nothing that its leader does not have");
    matched(progress, reply.matchIndex);
    // The peer has what the log no more holds, by whatever way: entries can follow.
    if (progress.state === "snapshot" && progress.matchIndex >= state.log.base.index)
      probeFrom(progress, progress.matchIndex + 1);
    // Most replies tell of what is committed already: then there is nobody to count.
    if (progress.matchIndex > state.commitIndex) advanceCommitIndex(state, leader);
  } else {
    refused(state, progress, reply);
  }
  confirmReads(state, leader);
}

/** Heartbeats prevent elections in idle periods (§5.2); they leave at the end of the turn. */
export function heartbeatIfDue(state: RaftState, leader: Leader): void {
  if (state.now < leader.nextHeartbeat) return;
  leader.heartbeatDue = true;
  leader.nextHeartbeat = state.now + state.options.heartbeatMs;
}

/** The stream from a follower broke: what was in flight to it is probably lost. */
export function followerDisconnected(leader: Leader, peer: ServerId): void {
  const progress = findPeer(leader, peer);
  if (progress === undefined) return;
  progress.contact = "broken";
  probeFrom(progress, progress.matchIndex + 1);
}

/**
 * The logs do not agree at `rejectedIndex`: go on further back (§5.3). A refusal that a newer reply has overtaken says
 * nothing: one at or before `matchIndex`, or of another place than the one that is being probed.
 */
function refused(state: RaftState, progress: Progress, reply: AppendEntriesReply): void {
  if (progress.state === "snapshot") return;
  if (reply.rejectedIndex <= progress.matchIndex || reply.rejectedIndex >= progress.nextIndex) return;
  if (progress.state === "probe" && reply.rejectedIndex !== progress.nextIndex - 1) return;
  const hint = { index: reply.hintIndex, term: reply.hintTerm };
  const agreement = newestPossibleAgreement(state.log, reply.rejectedIndex, hint);
  // Before the base: the next turn finds that a snapshot is needed.
  probeFrom(progress, agreement === undefined ? progress.matchIndex + 1 : agreement + 1);
}
