/** Who hears a leader, and stays loyal to it (thesis §4.2.3): it takes part in no election, whatever the term. */
import type { RequestVote } from "./messages.ts";
import type { RaftState } from "./state.ts";
import type { ServerId } from "./types.ts";

/** Whether this server leads, or heard from the leader within the minimum election timeout (thesis §4.2.3). */
export function hearsLeader(state: RaftState): boolean {
  const { role } = state;
  if (role.name === "leader") return true;
  if (role.name !== "follower" || role.leader === undefined) return false;
  return state.now - role.lastHeard < state.options.electionTimeoutMs;
}

/**
 * Whether a request for a vote concerns this server: not while it hears a leader, unless it is that leader who wants the
 * election (thesis §3.10).
 */
export function isOpenTo(state: RaftState, request: RequestVote): boolean {
  return request.leadershipTransfer || !hearsLeader(state);
}

/**
 * Whether the leader that this server follows asks for votes itself: so it leads no more. A leader never asks for votes
 * in a later term than its own while it leads, and what it asked as a candidate was for this term or an earlier one.
 */
export function isFromDeposedLeader({ role, currentTerm }: RaftState, from: ServerId, { term }: RequestVote): boolean {
  return role.name === "follower" && role.leader === from && term > currentTerm;
}
