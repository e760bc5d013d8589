/** RequestVote RPC, receiver (Figure 2, §5.2, §5.4.1), and PreVote with the same rules (thesis §9.6). */
import { diskHangs } from "./disk.ts";
import type { Log } from "./log.ts";
import { isOpenTo } from "./loyalty.ts";
import type { RequestVote } from "./messages.ts";
import type { RaftState } from "./state.ts";
import { becomeFollower } from "./term.ts";
import type { Index, ServerId, Term } from "./types.ts";

/**
 * Answers a request for a vote, whose term has been looked at already (`term.ts`). Whoever is asked answers, voter or
 * not: a candidate's configuration may be newer than the own one (§6), and only the votes of its voters are counted.
 */
export function handleRequestVote(state: RaftState, from: ServerId, request: RequestVote): void {
  if (!isOpenTo(state, request)) {
    reply(state, from, request, false);
  } else if (request.preVote) {
    const granted = couldVote(state, from, request) && !diskHangs(state);
    // While everybody looks for a new leader, whoever asks first gets a head start.
    if (granted && state.role.name === "follower" && state.electionTimer.eager) state.electionTimer.restart(state.now);
    reply(state, from, request, granted);
  } else {
    const granted = couldVote(state, from, request);
    if (granted) vote(state, from);
    reply(state, from, request, granted);
  }
}

/**
 * Whether this server would vote for `from` in `request.term`: the term is not over, the vote in it is not given to
 * somebody else, and the candidate's log is up to date.
 */
export function couldVote(state: RaftState, from: ServerId, request: RequestVote): boolean {
  if (request.term < state.currentTerm) return false;
  const free = request.term > state.currentTerm || state.votedFor === 0 || state.votedFor === from;
  return free && isUpToDate(state.log, request.lastLogTerm, request.lastLogIndex);
}

/**
 * §5.4.1: whether a candidate's log is at least as up to date as this one: the later last term wins, and with equal
 * terms the longer log. Whoever wins an election by this rule has all committed entries.
 */
export function isUpToDate(log: Log, lastLogTerm: Term, lastLogIndex: Index): boolean {
  if (lastLogTerm !== log.lastTerm) return lastLogTerm > log.lastTerm;
  return lastLogIndex >= log.lastIndex;
}

function vote(state: RaftState, candidate: ServerId): void {
  if (state.role.name !== "follower") becomeFollower(state, state.currentTerm, undefined);
  if (state.votedFor === 0) {
    state.votedFor = candidate;
    state.durability.hardStateChanged();
  }
  state.electionTimer.restart(state.now);
}

/**
 * A refusal carries the voter's own term, so that a candidate that is behind catches up: with PreVote it would
 * otherwise ask for a past term for ever. A granted PreVote carries the term asked for, since the voter has not entered it.
 */
function reply(state: RaftState, to: ServerId, request: RequestVote, voteGranted: boolean): void {
  const term = voteGranted && request.preVote ? request.term : state.currentTerm;
  state.outbox.send(to, { type: "RequestVoteReply", term, voteGranted, preVote: request.preVote });
}
