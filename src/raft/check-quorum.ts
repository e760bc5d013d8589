/**
 * Leaders that cannot lead any more step down, so that others do and clients look for them. It is checked before every
 * input, so a leader that wakes from a long pause finds out before it acts.
 *
 * - CheckQuorum (thesis §6.2): a quorum has not answered for an election timeout.
 * - Its own disk hangs, and the others can decide without it. They do already, since the leader sends entries before they
 *   are on its own disk (thesis §10.2.1), but it applies nothing of that, answers no client and ends no session.
 */
import { resign } from "./leadership-transfer.ts";
import { progressOf } from "./progress.ts";
import { quorumValue } from "./quorum.ts";
import type { Leader, RaftState } from "./state.ts";
import { becomeFollower } from "./term.ts";
import type { ServerId } from "./types.ts";

/** Election timeouts for which a leader waits for its disk. It is slow at times, and another leader has to catch up first. */
const diskPatience = 2;

/** Makes a leader without a quorum, or without a disk, a follower. Cheap while all is well. */
export function checkQuorum(state: RaftState): void {
  const { role } = state;
  if (role.name !== "leader") return;
  if (state.now >= role.quorumDeadline) {
    // Answers move the deadline on, but it is worked out anew only when the old one has come.
    const heardSince = quorumValue(state.log.configuration, (id) => lastHeard(state, role, id));
    // A sole voter has its quorum for ever, but perhaps not as the sole voter.
    role.quorumDeadline = Math.min(heardSince, state.now) + state.options.electionTimeoutMs;
    if (state.now >= role.quorumDeadline) return becomeFollower(state, state.currentTerm, undefined);
  }
  if (state.durability.stalledMs(state.now) < diskPatience * state.options.electionTimeoutMs) return;
  if (othersDecide(state, role)) resign(state, role);
}

/** Whether those that answer are a quorum without this server. If not, nobody can do better than wait for its disk. */
function othersDecide(state: RaftState, leader: Leader): boolean {
  const heardSince = quorumValue(state.log.configuration, (id) =>
    id === state.id ? Number.NEGATIVE_INFINITY : lastHeard(state, leader, id),
  );
  return state.now - heardSince < state.options.electionTimeoutMs;
}

function lastHeard(state: RaftState, leader: Leader, id: ServerId): number {
  if (id === state.id) return Number.POSITIVE_INFINITY;
  return progressOf(leader, id).lastHeard;
}
