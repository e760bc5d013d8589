/**
 * CheckQuorum (thesis §6.2): a leader that a quorum has not answered for an election timeout steps down, so that its
 * clients look for the new one. It is checked before every input, so a leader that wakes from a long pause finds out
 * before it acts.
 */
import { quorumValue } from "./quorum.ts";
import type { Leader, RaftState } from "./state.ts";
import { becomeFollower } from "./term.ts";
import type { ServerId } from "./types.ts";

/** Makes a leader without a quorum a follower. Cheap while the deadline is ahead. */
export function checkQuorum(state: RaftState): void {
  const { role } = state;
  if (role.name !== "leader" || state.now < role.quorumDeadline) return;
  // Answers move the deadline on, but it is worked out anew only when the old one has come.
  const heardSince = quorumValue(state.log.configuration, (id) => lastHeard(state, role, id));
  // A sole voter has its quorum for ever, but perhaps not as the sole voter.
  role.quorumDeadline = Math.min(heardSince, state.now) + state.options.electionTimeoutMs;
  if (state.now >= role.quorumDeadline) becomeFollower(state, state.currentTerm, undefined);
}

function lastHeard(state: RaftState, leader: Leader, id: ServerId): number {
  if (id === state.id) return Number.POSITIVE_INFINITY;
  for (const peer of leader.peers) if (peer.id === id) return peer.lastHeard;
  return Number.NEGATIVE_INFINITY;
}
