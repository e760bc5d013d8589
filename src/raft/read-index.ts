/**
 * Linearizable reads without a log entry (ReadIndex, thesis §6.4). The leader takes its commitIndex, then makes sure
 * that it still led after the read was requested: a quorum has to answer an AppendEntries sent later. Whoever waits
 * may then read any state at or behind that index.
 *
 * All reads of a turn share one round, numbered by `readRound`, which rides on the AppendEntries of that turn. A
 * follower asks the leader for an index, once for all reads of a turn, and asks again when the answer stays away.
 */
import type { ReadIndex, ReadIndexReply } from "./messages.ts";
import { progressOf } from "./progress.ts";
import { quorumValue } from "./quorum.ts";
import type { AskedReads, Follower, Leader, RaftState } from "./state.ts";
import type { Index, ServerId } from "./types.ts";

/** ReadIndex requests of a follower that wait for their answer; while there are so many, further reads wait. */
const requestsInFlightMax = 32;

/** At the end of a turn: sees to the reads that came in with it. */
export function seeToReads(state: RaftState): void {
  const { role } = state;
  if (role.name === "leader") startRound(state, role);
  else if (role.name === "follower" && role.leader !== undefined) askLeader(state, role, role.leader);
}

/**
 * Leader: forms a round of all that waits. Not before an entry of its own term is committed: until then a new leader
 * may not know yet what its predecessors committed (§8).
 */
function startRound(state: RaftState, leader: Leader): void {
  if (state.readsWaiting.length === 0 && leader.readRequests.length === 0) return;
  if (state.commitIndex < leader.termStart) return;
  leader.readRound++;
  leader.readRounds.push({
    round: leader.readRound,
    index: state.commitIndex,
    ids: state.readsWaiting,
    requests: leader.readRequests,
  });
  state.readsWaiting = [];
  leader.readRequests = [];
  confirmReads(state, leader); // a leader that is the only voter is its own quorum
}

/** Leader: rounds that a quorum of voters has answered are confirmed, and so are all before them. */
export function confirmReads(state: RaftState, leader: Leader): void {
  if (leader.readRounds.length === 0) return;
  const confirmed = quorumValue(state.log.configuration, (id) => ackedRound(state, leader, id));
  for (
    let first = leader.readRounds[0];
    first !== undefined && first.round <= confirmed;
    first = leader.readRounds[0]
  ) {
    leader.readRounds.shift();
    ready(state, first.ids, first.index);
    for (const { from, readId } of first.requests) {
      state.outbox.send(from, { type: "ReadIndexReply", term: state.currentTerm, readId, index: first.index });
    }
  }
}

/** Leader: a follower asks. A request that was sent twice needs one answer. */
export function handleReadIndex(leader: Leader, from: ServerId, message: ReadIndex): void {
  const { readId } = message;
  for (const request of leader.readRequests) if (request.from === from && request.readId === readId) return;
  leader.readRequests.push({ from, readId });
}

/** Follower: asks for an index for all reads that wait. */
function askLeader(state: RaftState, follower: Follower, leader: ServerId): void {
  if (state.readsWaiting.length === 0 || follower.askedReads.length >= requestsInFlightMax) return;
  state.lastReadId++;
  const asked: AskedReads = { readId: state.lastReadId, ids: state.readsWaiting, askedAt: state.now };
  state.readsWaiting = [];
  follower.askedReads.push(asked);
  sendReadIndex(state, leader, asked);
}

/** Follower: when to ask again; Infinity if nothing was asked. */
export function nextReadDeadline(state: RaftState, follower: Follower): number {
  let deadline = Number.POSITIVE_INFINITY;
  for (const asked of follower.askedReads) deadline = Math.min(deadline, asked.askedAt + patience(state));
  return deadline;
}

/** Follower: asks again for what was not answered; request or reply may be lost. */
export function askAgain(state: RaftState, follower: Follower): void {
  if (follower.leader === undefined) return;
  for (const asked of follower.askedReads) {
    if (state.now < asked.askedAt + patience(state)) continue;
    asked.askedAt = state.now;
    sendReadIndex(state, follower.leader, asked);
  }
}

/**
 * Follower: the answer. It may be a late one, from a leader of an older term, and is right all the same: the readId
 * was never used for another request, so the index was taken after the reads were requested, by a server that was
 * leader then; and a committed index stays committed. An answer to what is not asked, or no longer, is ignored.
 */
export function handleReadIndexReply(state: RaftState, follower: Follower, message: ReadIndexReply): void {
  const at = follower.askedReads.findIndex((asked) => asked.readId === message.readId);
  const [asked] = at < 0 ? [] : follower.askedReads.splice(at, 1);
  if (asked !== undefined) ready(state, asked.ids, message.index);
}

/** The role ends: its unanswered reads wait for whoever leads next. Followers that asked here will ask again. */
export function releaseReads(state: RaftState): void {
  let released: readonly number[] = [];
  for (const reads of readsInHand(state)) released = released.concat(reads.ids);
  if (released.length > 0) state.readsWaiting = released.concat(state.readsWaiting);
}

/** Nobody waits for the read any more. */
export function cancelRead(state: RaftState, id: number): void {
  state.readsWaiting = state.readsWaiting.filter((other) => other !== id);
  for (const reads of readsInHand(state)) reads.ids = reads.ids.filter((other) => other !== id);
}

/** How many reads were requested here and are not ready. */
export function countReads(state: RaftState): number {
  let count = state.readsWaiting.length;
  for (const reads of readsInHand(state)) count += reads.ids.length;
  return count;
}

/** The batches of this server's own reads that its role is seeing to, oldest first. */
function readsInHand(state: RaftState): readonly { ids: readonly number[] }[] {
  const { role } = state;
  if (role.name === "leader") return role.readRounds;
  return role.name === "follower" ? role.askedReads : [];
}

function ready(state: RaftState, ids: readonly number[], index: Index): void {
  for (const id of ids) state.readsReady.push({ id, index });
}

function sendReadIndex(state: RaftState, leader: ServerId, asked: AskedReads): void {
  state.outbox.send(leader, { type: "ReadIndex", term: state.currentTerm, readId: asked.readId });
}

/** How long a follower waits for an answer, milliseconds: the leader's next heartbeat would have brought it. */
function patience(state: RaftState): number {
  return 2 * state.options.heartbeatMs;
}

function ackedRound(state: RaftState, leader: Leader, id: ServerId): number {
  if (id === state.id) return leader.readRound;
  return progressOf(leader, id).ackedRound;
}
