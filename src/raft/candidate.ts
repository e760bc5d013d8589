/** Rules for candidates (Figure 2, §5.2), and for pre-candidates (thesis §9.6). */
import { isVoter, otherVoters } from "./configuration.ts";
import { diskHangs } from "./disk.ts";
import { becomeLeader } from "./leader.ts";
import type { RequestVoteReply } from "./messages.ts";
import { voteResult } from "./quorum.ts";
import type { Candidate, PreCandidate, RaftState } from "./state.ts";
import { becomeFollower, changeRole, enterTerm } from "./term.ts";
import type { ServerId } from "./types.ts";

/**
 * The election timer ran out. A voter first asks whether it could win: a server that is cut off does so for ever and
 * never raises its term, so it disturbs nobody when it comes back (thesis §9.6). Others only forget the leader.
 */
export function campaign(state: RaftState): void {
  if (!mayCampaign(state) || diskHangs(state)) {
    // A learner that is cut off, a server that was removed, one whose vote would wait for its disk: it must not claim to
    // know a leader.
    becomeFollower(state, state.currentTerm, undefined);
    state.electionTimer.restart(state.now);
    return;
  }
  state.electionTimer.campaignStarted(state.now);
  const role: PreCandidate = { name: "preCandidate", votes: new Map([[state.id, true]]) };
  changeRole(state, role);
  requestVotes(state, true, false);
  settle(state, role);
}

/**
 * Voters may campaign, and so may a server that its newest configuration leaves out, as long as that may not be
 * committed: nobody else might have a log long enough to win (thesis §4.2.2). Its own vote does not count then.
 */
function mayCampaign({ log, commitIndex, id }: RaftState): boolean {
  if (isVoter(log.configuration, id)) return true;
  return log.configurationIndex > commitIndex && isVoter(log.previousConfiguration, id);
}

/**
 * A quorum would vote for this server: it enters a new term, votes for itself and asks for votes (§5.2). The outbox
 * keeps the requests until the new term and the vote are on disk.
 */
function startElection(state: RaftState, leadershipTransfer: boolean): void {
  enterTerm(state, state.currentTerm + 1, state.id);
  state.electionTimer.campaignStarted(state.now);
  changeRole(state, { name: "candidate", votes: new Map() });
  requestVotes(state, false, leadershipTransfer);
}

/** The leader wants this server to lead: no need to ask first, and the others need not be loyal (thesis §3.10). */
export function handleTimeoutNow(state: RaftState): void {
  if (state.role.name !== "follower" || !isVoter(state.log.configuration, state.id) || diskHangs(state)) return;
  startElection(state, true);
}

/** The disk has completed a write: the candidate's own vote counts once it is durable, as any vote does. */
export function countOwnVote(state: RaftState, role: Candidate): void {
  if (!state.durability.hardStateIsDurable || role.votes.has(state.id)) return;
  role.votes.set(state.id, true);
  settle(state, role);
}

/** RequestVote RPC, the candidate's side. */
export function handleRequestVoteReply(state: RaftState, from: ServerId, reply: RequestVoteReply): void {
  const { role } = state;
  if (reply.preVote && role.name === "preCandidate") {
    if (reply.voteGranted && reply.term !== state.currentTerm + 1) return; // granted for another term
    // Rounds for one term look alike: a refusal from an earlier one must not hide what was granted since.
    role.votes.set(from, reply.voteGranted || role.votes.get(from) === true);
    settle(state, role);
  } else if (!reply.preVote && role.name === "candidate") {
    if (reply.term !== state.currentTerm) return; // of an earlier election
    // An older request may have been refused in this term since.
    role.votes.set(from, reply.voteGranted || role.votes.get(from) === true);
    settle(state, role);
  }
}

function settle(state: RaftState, role: PreCandidate | Candidate): void {
  const result = voteResult(state.log.configuration, role.votes);
  // Having lost, it waits for the rest of its election timeout before it tries again.
  if (result === "lost") becomeFollower(state, state.currentTerm, undefined);
  else if (result === "won" && role.name === "preCandidate") startElection(state, false);
  else if (result === "won") becomeLeader(state);
}

function requestVotes(state: RaftState, preVote: boolean, leadershipTransfer: boolean): void {
  const term = preVote ? state.currentTerm + 1 : state.currentTerm;
  const { lastIndex: lastLogIndex, lastTerm: lastLogTerm } = state.log;
  for (const peer of otherVoters(state.log.configuration, state.id)) {
    state.outbox.send(peer, {
      type: "RequestVote",
      term,
      lastLogIndex,
      lastLogTerm,
      preVote,
      leadershipTransfer,
    });
  }
}
