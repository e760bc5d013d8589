/** Terms (§5.1), and the changes of role that follow from them. */
import { assert } from "../base/assert.ts";
import { releaseReads } from "./read-index.ts";
import { newFollower, type RaftState, type Role } from "./state.ts";
import type { ServerId, Term } from "./types.ts";

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
  else if (state.role.name === "leader") state.electionTimer.restart(state.now);
  changeRole(state, newFollower(leader, state.now));
}

/** Takes on a role; reads that the old one was seeing to wait for a leader again. */
export function changeRole(state: RaftState, role: Role): void {
  releaseReads(state);
  state.role = role;
}
