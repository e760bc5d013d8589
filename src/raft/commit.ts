/** When entries are committed (§5.3, §5.4), and when they may be applied. */
import { limits } from "../base/limits.ts";
import { progressOf } from "./progress.ts";
import { quorumValue } from "./quorum.ts";
import type { Leader, RaftState } from "./state.ts";
import type { Entry, Index, ServerId } from "./types.ts";

/**
 * Leaders, last rule of Figure 2: if a quorum stores an entry durably, and it is of the leader's own term, it is
 * committed, and all before it. An entry of an older term is never committed by counting alone: though stored by a
 * majority, it could still be overwritten (§5.4.2, Figure 8).
 */
export function advanceCommitIndex(state: RaftState, leader: Leader): void {
  const stored = quorumValue(state.log.configuration, (id) => durableMatch(state, leader, id));
  if (stored <= state.commitIndex || state.log.termAt(stored) !== state.currentTerm) return;
  commitUpTo(state, stored);
}

/** Takes note that entries up to `index` are committed. Commitment is never taken back, so older news changes nothing. */
export function commitUpTo(state: RaftState, index: Index): void {
  if (index > state.commitIndex) state.commitIndex = index;
}

/**
 * All servers, first rule of Figure 2: the entries that may be applied now and were not handed out before. They are
 * committed, and on this server's own disk too, so that what was applied is there after a crash. At most
 * `appliedPerTurnMax` at a time: after a restart the whole log may be due.
 */
export function takeCommitted(state: RaftState): readonly Entry[] {
  if (state.lastApplied < state.log.base.index) return nothing; // a snapshot is on its way to the disk: takeInstalled
  const last = Math.min(state.commitIndex, state.durability.durableIndex, state.lastApplied + limits.appliedPerTurnMax);
  if (last <= state.lastApplied) return nothing;
  const entries = state.log.slice(state.lastApplied + 1, last);
  state.lastApplied = last;
  return entries;
}

const nothing: readonly Entry[] = [];

/**
 * Up to where a voter stores the leader's log durably. The leader sends entries before they are on its own disk
 * (thesis §10.2.1), and like any voter counts only from then on.
 */
function durableMatch(state: RaftState, leader: Leader, id: ServerId): Index {
  if (id === state.id) return state.durability.durableIndex;
  return progressOf(leader, id).matchIndex;
}
