/**
 * Leadership transfer (thesis §3.10): the leader takes no more proposals, brings the chosen server up to date and asks
 * it to campaign at once. The others vote for it although they hear a leader (thesis §4.2.3). If it does not lead after
 * an election timeout, this server goes on leading.
 */
import { findPeer, isActive, isAwaited } from "./progress.ts";
import type { ChangeRefusal } from "./refusal.ts";
import type { Leader, RaftState } from "./state.ts";
import { becomeFollower } from "./term.ts";
import type { ServerId } from "./types.ts";

/** Begins to hand leadership over to `to`, by default to the voter that has most of the log. */
export function transferLeadership(state: RaftState, to: ServerId | undefined): "accepted" | ChangeRefusal {
  const { role, log, now } = state;
  if (role.name !== "leader") return { code: "NOT_LEADER", reason: "this server does not lead" };
  const heir = to ?? bestVoter(state, role);
  if (heir === undefined) return nobody(state, role);
  if (heir === state.id) return "accepted";
  if (!log.configuration.voters.includes(heir))
    return { code: "UNKNOWN_MEMBER", reason: `server ${heir} is not a voter of this cluster` };
  if (role.transfer?.to === heir) return "accepted";
  if (role.transfer !== undefined)
    return { code: "CHANGE_IN_PROGRESS", reason: `leadership is being transferred to server ${role.transfer.to}` };
  role.transfer = { to: heir, deadline: now + state.options.electionTimeoutMs, nextCall: now };
  return "accepted";
}

/** Leader, once a turn: asks the chosen server as soon as it has everything, or gives up. */
export function advanceTransfer(state: RaftState, leader: Leader): void {
  const { transfer } = leader;
  if (transfer === undefined) return;
  const progress = findPeer(leader, transfer.to);
  if (progress === undefined || state.now >= transfer.deadline) {
    leader.transfer = undefined;
    return;
  }
  if (progress.matchIndex < state.log.lastIndex || state.now < transfer.nextCall) return;
  state.outbox.send(transfer.to, { type: "TimeoutNow", term: state.currentTerm });
  transfer.nextCall = state.now + state.options.heartbeatMs;
}

/**
 * Gives leadership up although a quorum follows. The voter that has most of the log is asked to campaign, so that nobody
 * has to wait for an election timeout; should that fail, they do.
 */
export function resign(state: RaftState, leader: Leader): void {
  const heir = bestVoter(state, leader);
  if (heir !== undefined) state.outbox.send(heir, { type: "TimeoutNow", term: state.currentTerm });
  becomeFollower(state, state.currentTerm, undefined);
}

/** Why there is no heir. */
function nobody(state: RaftState, leader: Leader): ChangeRefusal {
  const { now, log, options } = state;
  const awaited = leader.peers.find(
    (peer) => log.configuration.voters.includes(peer.id) && isAwaited(peer, now, options.electionTimeoutMs),
  );
  if (awaited === undefined) return { code: "UNKNOWN_MEMBER", reason: "no other voter answers" };
  return {
    code: "NOT_READY",
    reason: `the leader has just been elected and has not heard of server ${awaited.id} yet`,
  };
}

function bestVoter(state: RaftState, leader: Leader): ServerId | undefined {
  let best: Leader["peers"][number] | undefined;
  for (const peer of leader.peers) {
    if (!state.log.configuration.voters.includes(peer.id)) continue;
    if (!isActive(peer, state.now, state.options.electionTimeoutMs)) continue;
    if (best === undefined || peer.matchIndex > best.matchIndex) best = peer;
  }
  return best?.id;
}
