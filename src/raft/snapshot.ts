/**
 * Snapshots (§7, Figure 13). The log is compacted behind the state machine's checkpoint; a follower that needs what is
 * gone gets the checkpoint instead. Raft decides who needs one, who may send one and whether it is installed; the bytes
 * are the caller's concern.
 */
import { assert } from "../base/assert.ts";
import { commitUpTo } from "./commit.ts";
import { follow, include } from "./follower.ts";
import type { InstallSnapshot, InstallSnapshotReply } from "./messages.ts";
import { heardFrom } from "./progress.ts";
import type { Leader, RaftState } from "./state.ts";
import type { Index, LogBase, ServerId, Term } from "./types.ts";

/**
 * InstallSnapshot RPC, receiver. Returns whether the chunk is to be staged: not if it comes from a past term (rule 1),
 * nor if this server has what the snapshot holds.
 */
export function handleInstallSnapshot(state: RaftState, from: ServerId, message: InstallSnapshot): boolean {
  const { term, snapshotId, lastIncludedIndex, lastIncludedTerm } = message;
  if (term < state.currentTerm) {
    state.outbox.send(from, { type: "InstallSnapshotReply", term: state.currentTerm, snapshotId, position: 0 });
    return false;
  }
  const role = follow(state, from, term);
  if (!covers(state, lastIncludedIndex, lastIncludedTerm)) return true;
  commitUpTo(state, lastIncludedIndex);
  role.appended = include(role.appended, lastIncludedIndex, 0);
  return false;
}

/**
 * A snapshot that is staged on this server's disk takes the place of its log, all of it (rules 6 and 7): what the log
 * has behind that point follows no entry of the leader's. False if the log has come to hold what the snapshot holds;
 * then it is not installed.
 */
export function installSnapshot(state: RaftState, base: LogBase): boolean {
  if (covers(state, base.index, base.term)) {
    commitUpTo(state, base.index);
    return false;
  }
  const { role } = state;
  assert(role.name !== "leader", "a leader's log holds all that is committed (§5.4)");
  assert(base.index > state.commitIndex, "a snapshot never takes the state back");
  assert(base.term <= state.currentTerm, "a snapshot is not of a later term than currentTerm");
  state.log.reset(base);
  state.durability.installed(base, state.lastApplied);
  state.commitIndex = base.index;
  if (role.name === "follower") role.appended = include(role.appended, base.index, 0);
  return true;
}

/** A snapshot that was installed has become durable: says up to where it reaches, once. */
export function takeInstalled(state: RaftState): Index | undefined {
  const { index } = state.log.base;
  if (state.lastApplied >= index || state.durability.durableIndex < index) return undefined;
  state.lastApplied = index;
  return index;
}

/** Leader: a sign of life. How far the follower is concerns who sends the chunks (`src/node/snapshots/snapshot-sender.ts`). */
export function handleInstallSnapshotReply(state: RaftState, leader: Leader, from: ServerId): void {
  for (const peer of leader.peers) if (peer.id === from) heardFrom(peer, state.now);
}

/** Sends a chunk, if this server leads. One that was deposed a moment ago still has chunks in hand, and no term for them. */
export function sendSnapshot(state: RaftState, to: ServerId, chunk: Omit<InstallSnapshot, "type" | "term">): void {
  if (state.role.name !== "leader") return;
  state.outbox.send(to, { type: "InstallSnapshot", term: state.currentTerm, ...chunk });
}

/** Tells the leader how far its snapshot is on this server's disk. */
export function sendSnapshotReply(state: RaftState, reply: Omit<InstallSnapshotReply, "type" | "term">): void {
  const { role, currentTerm } = state;
  if (role.name !== "follower" || role.leader === undefined) return;
  state.outbox.send(role.leader, { type: "InstallSnapshotReply", term: currentTerm, ...reply });
}

/** Whether this server has everything up to the entry of that index and term: then its log is the leader's up to it. */
function covers(state: RaftState, index: Index, term: Term): boolean {
  if (index <= state.commitIndex) return true;
  return index <= state.log.lastIndex && state.log.termAt(index) === term;
}

/** A peer that needs a snapshot, and up to where it has the log. */
export interface SnapshotPeer {
  readonly id: ServerId;
  readonly matchIndex: Index;
  /** Whether it has replied within the last election timeout. */
  readonly heard: boolean;
}

const noPeers: readonly SnapshotPeer[] = [];

/** Leader: the peers that lack what is no more in the log, sorted; empty on a server that does not lead. */
export function snapshotPeers({ role, now, options }: RaftState): readonly SnapshotPeer[] {
  if (role.name !== "leader") return noPeers;
  let peers: SnapshotPeer[] | undefined;
  for (const { id, state, lastHeard, matchIndex } of role.peers) {
    if (state !== "snapshot") continue;
    const heard = now - lastHeard < options.electionTimeoutMs;
    if (peers === undefined) peers = [{ id, matchIndex, heard }];
    else peers.push({ id, matchIndex, heard });
  }
  return peers ?? noPeers;
}
