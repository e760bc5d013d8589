/** Rules for followers (Figure 2): AppendEntries RPC, receiver (§5.3). */
import { assert } from "../base/assert.ts";
import { commitUpTo } from "./commit.ts";
import { hasRoomFor } from "./disk.ts";
import { bytesOf } from "./log.ts";
import { hintFor, isContiguous, mergeEntries, prevMatches } from "./log-matching.ts";
import type { AppendEntries } from "./messages.ts";
import type { AppendOutcome, Follower, RaftState } from "./state.ts";
import { becomeFollower } from "./term.ts";
import type { ServerId, Term } from "./types.ts";

/** Takes entries, or a heartbeat, from the leader of a term. */
export function handleAppendEntries(state: RaftState, from: ServerId, message: AppendEntries): void {
  if (!isContiguous(message)) return;
  if (message.term < state.currentTerm) {
    refuse(state, from, message); // rule 1; the reply's term deposes the sender
    return;
  }
  const role = follow(state, from, message.term);
  state.toldCommit = Math.max(state.toldCommit, message.leaderCommit);
  if (!prevMatches(state.log, message.prevLogIndex, message.prevLogTerm)) {
    refuse(state, from, message); // rule 2
    return;
  }
  // As if they were lost: the leader sends them again.
  if (message.entries.length > 0 && !hasRoomFor(state, bytesOf(message.entries))) return;
  const matchIndex = mergeEntries(state, message); // rules 3 and 4
  commitUpTo(state, Math.min(message.leaderCommit, matchIndex)); // rule 5
  if (message.entries.length > 0) role.appended = include(role.appended, matchIndex, message.readRound);
  else if (!message.noReply) role.heartbeat = include(role.heartbeat, matchIndex, message.readRound);
}

/**
 * At the end of a turn: one reply for all AppendEntries with entries that it brought, which leaves once they are
 * durable, and one for all heartbeats, which leaves at once and vouches only for what is durable already. So neither
 * CheckQuorum nor a read waits for a slow disk.
 */
export function replyToLeader(state: RaftState, role: Follower): void {
  if (role.leader === undefined) return;
  if (role.heartbeat !== undefined) {
    const { matchIndex, readRound } = role.heartbeat;
    role.heartbeat = undefined;
    accept(state, role.leader, Math.min(matchIndex, state.durability.durableIndex), readRound);
  }
  if (role.appended !== undefined) {
    const { matchIndex, readRound } = role.appended;
    role.appended = undefined;
    accept(state, role.leader, matchIndex, readRound);
  }
}

/**
 * AppendEntries and InstallSnapshot come from the one leader of their term: whatever this server was, it now follows it
 * (§5.2).
 */
export function follow(state: RaftState, from: ServerId, term: Term): Follower {
  const { role } = state;
  assert(term === state.currentTerm, "a later term is taken over before a message counts (§5.1)");
  assert(role.name !== "leader", "a term has one leader (§5.2), and it is this server");
  if (role.name === "follower" && role.leader !== undefined) {
    assert(role.leader === from, "a term has one leader (§5.2)");
    role.lastHeard = state.now;
    state.electionTimer.leaderHeard(state.now);
    return role;
  }
  becomeFollower(state, term, from);
  assert(state.role.name === "follower", "becomeFollower makes a follower");
  return state.role;
}

/** Adds to what a turn's AppendEntries achieved. */
export function include(outcome: AppendOutcome | undefined, matchIndex: number, readRound: number): AppendOutcome {
  if (outcome === undefined) return { matchIndex, readRound };
  outcome.matchIndex = Math.max(outcome.matchIndex, matchIndex);
  outcome.readRound = Math.max(outcome.readRound, readRound);
  return outcome;
}

function accept(state: RaftState, leader: ServerId, matchIndex: number, readRound: number): void {
  const reply = {
    type: "AppendEntriesReply",
    term: state.currentTerm,
    success: true,
    matchIndex,
    rejectedIndex: 0,
    hintIndex: 0,
    hintTerm: 0,
    readRound,
  } as const;
  state.outbox.sendOnceDurable(leader, reply, matchIndex);
}

function refuse(state: RaftState, from: ServerId, message: AppendEntries): void {
  const hint = hintFor(state.log, message.prevLogIndex, message.prevLogTerm);
  state.outbox.send(from, {
    type: "AppendEntriesReply",
    term: state.currentTerm,
    success: false,
    matchIndex: 0,
    rejectedIndex: message.prevLogIndex,
    hintIndex: hint.index,
    hintTerm: hint.term,
    // Rounds are counted anew in each term: one of an older term is none of this term's, though the leader may be the same.
    readRound: message.term === state.currentTerm ? message.readRound : 0,
  });
}
