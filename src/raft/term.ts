/** Terms (§5.1), and the changes of role that follow from them. */
import { assert } from "../base/assert.ts";
import { isFromDeposedLeader, isOpenTo } from "./loyalty.ts";
import type { RaftMessage } from "./messages.ts";
import { releaseReads } from "./read-index.ts";
import { newFollower, type RaftState, type Role } from "./state.ts";
import type { ServerId, Term } from "./types.ts";

/**
 * The rule of terms (§5.1, Figure 2 "All servers"), in front of every handler: whoever sees a higher term takes it over and
 * is a follower in it. A lower one makes a message stale; each handler says what it answers then (rule 1 of the RPCs).
 *
 * Two kinds of messages speak of a term without anybody's being in it: a PreVote, and one that is granted (thesis §9.6).
 * And who hears a leader does not let an election disturb it, be its term as high as it may (thesis §4.2.3).
 */
export function takeTerm(state: RaftState, from: ServerId, message: RaftMessage): void {
  if (message.type === "RequestVote") {
    if (isFromDeposedLeader(state, from, message)) loseLeader(state);
    if (message.preVote || !isOpenTo(state, message)) return;
  }
  if (message.type === "RequestVoteReply" && message.preVote && message.voteGranted) return;
  if (message.term <= state.currentTerm) return;
  const isLeaders = message.type === "AppendEntries" || message.type === "InstallSnapshot";
  becomeFollower(state, message.term, isLeaders ? from : undefined);
}

/** The leader is gone, by all that one can tell: an election is due very soon. */
export function loseLeader(state: RaftState): void {
  becomeFollower(state, state.currentTerm, undefined);
  state.electionTimer.leaderBroke(state.now);
}

/** Moves to a new term, in which this server votes for `votedFor` (0: for nobody yet). */
export function enterTerm(state: RaftState, term: Term, votedFor: ServerId | 0): void {
  assert(term > state.currentTerm, "currentTerm only rises");
  state.currentTerm = term;
  state.votedFor = votedFor;
  state.durability.hardStateChanged();
}

/**
 * All servers, §5.1: a message with a higher term makes its receiver a follower in that term. The same step makes a
 * candidate follow the leader of its own term (§5.2) and a leader give up (thesis §6.2).
 *
 * This step lets the election timer of a server that was no leader run on, unless it has heard of the leader
 * (§5.2).
 */
export function becomeFollower(state: RaftState, term: Term, leader: ServerId | undefined): void {
  if (term > state.currentTerm) enterTerm(state, term, 0);
  if (leader !== undefined) state.electionTimer.leaderHeard(state.now);
  else if (state.role.name === "leader") state.electionTimer.steppedDown(state.now);
  changeRole(state, newFollower(leader, state.now));
}

/** Takes on a role; reads that the old one was seeing to wait for a leader again. */
export function changeRole(state: RaftState, role: Role): void {
  releaseReads(state);
  state.role = role;
}
