/**
 * Learners that are to vote catch up first (thesis §4.2.1): a new voter with an empty log would hold up every commit.
 * Replication goes in rounds: each brings what the log held when it began. A learner has caught up when a round took
 * less than an election timeout, so that what it still lacks delays nobody longer than an election would.
 */
import { findPeer } from "./progress.ts";
import type { Leader, RaftState } from "./state.ts";
import type { ServerId } from "./types.ts";

/** Whether the learner has caught up by now; begins its next round when one is over and took too long. */
export function hasCaughtUp(state: RaftState, leader: Leader, id: ServerId): boolean {
  const round = leader.catchUps.get(id);
  if (round === undefined) {
    beginRound(state, leader, id);
    return false;
  }
  const progress = findPeer(leader, id);
  if (progress === undefined || progress.matchIndex < round.end) return false;
  if (state.now - round.startedAt < state.options.electionTimeoutMs) return true;
  beginRound(state, leader, id);
  return false;
}

function beginRound(state: RaftState, leader: Leader, id: ServerId): void {
  leader.catchUps.set(id, { end: state.log.lastIndex, startedAt: state.now });
}
