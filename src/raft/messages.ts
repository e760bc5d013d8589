/**
 * What Raft servers say to each other. What Figure 2 names keeps its name; `candidateId` and `leaderId` are missing, since
 * the stream says who speaks. See `proto/raft.proto` for the wire.
 */
import type { Entry, Index, ServerId, Term } from "./types.ts";

export type RaftMessage =
  | RequestVote
  | RequestVoteReply
  | AppendEntries
  | AppendEntriesReply
  | InstallSnapshot
  | InstallSnapshotReply
  | ReadIndex
  | ReadIndexReply
  | TimeoutNow;

/** RequestVote RPC (§5.2), and PreVote (thesis §9.6) with the same fields. */
export interface RequestVote {
  readonly type: "RequestVote";
  /** Candidate's term; in a PreVote the term that it would campaign in. */
  readonly term: Term;
  readonly lastLogIndex: Index;
  readonly lastLogTerm: Term;
  readonly preVote: boolean;
  /** The leader asked for this election (thesis §3.10): it may disrupt. */
  readonly leadershipTransfer: boolean;
}

export interface RequestVoteReply {
  readonly type: "RequestVoteReply";
  /** The voter's currentTerm; for a granted PreVote the term asked for. */
  readonly term: Term;
  readonly voteGranted: boolean;
  readonly preVote: boolean;
}

/** AppendEntries RPC (§5.3); without entries, the heartbeat. */
export interface AppendEntries {
  readonly type: "AppendEntries";
  readonly term: Term;
  readonly prevLogIndex: Index;
  readonly prevLogTerm: Term;
  /** Contiguous from `prevLogIndex + 1`. */
  readonly entries: readonly Entry[];
  readonly leaderCommit: Index;
  /** The leader's newest round of leadership confirmation (thesis §6.4). */
  readonly readRound: number;
  /** Without entries: only `leaderCommit` is new, and success needs no reply. False for heartbeats, which ask for one. */
  readonly noReply: boolean;
}

export interface AppendEntriesReply {
  readonly type: "AppendEntriesReply";
  readonly term: Term;
  readonly success: boolean;
  /** On success: durable and equal to the leader's log up to here. */
  readonly matchIndex: Index;
  /** On refusal: the `prevLogIndex` refused. */
  readonly rejectedIndex: Index;
  /** On refusal: the newest position where the logs may agree, and the follower's term there (§5.3). */
  readonly hintIndex: Index;
  readonly hintTerm: Term;
  /**
   * Newest read round among the requests that this answers; 0 when it refuses a request of an older term, whose rounds are
   * counted apart.
   */
  readonly readRound: number;
}

/** InstallSnapshot RPC (§7, Figure 13): one chunk of the leader's checkpoint. */
export interface InstallSnapshot {
  readonly type: "InstallSnapshot";
  readonly term: Term;
  /** The leader's number for this transfer: chunks of another one do not fit together with these. */
  readonly snapshotId: number;
  readonly lastIncludedIndex: Index;
  readonly lastIncludedTerm: Term;
  /** Position of the chunk before this one; 0 for the first. */
  readonly previous: number;
  /** Position of this chunk; rises, but for the last chunk, which has that of the one before. */
  readonly position: number;
  /** A segment of the checkpoint; of the last chunk its head, with the configuration in it. Raft never looks inside. */
  readonly data: Uint8Array;
  /** Whether this is the last chunk. */
  readonly done: boolean;
}

/** How far the chunks of a snapshot are on the follower's disk. Its installation is told by an AppendEntriesReply. */
export interface InstallSnapshotReply {
  readonly type: "InstallSnapshotReply";
  readonly term: Term;
  readonly snapshotId: number;
  /** The newest chunk that is durable, and all before it; 0 if none is, so that the transfer has to begin anew. */
  readonly position: number;
}

/** A follower asks the leader for a read index (thesis §6.4). */
export interface ReadIndex {
  readonly type: "ReadIndex";
  readonly term: Term;
  /** The follower's number for this batch of reads. */
  readonly readId: number;
}

export interface ReadIndexReply {
  readonly type: "ReadIndexReply";
  readonly term: Term;
  readonly readId: number;
  /** The batch may be answered once this index is applied. */
  readonly index: Index;
}

/** The leader asks an up-to-date follower to campaign at once (thesis §3.10). */
export interface TimeoutNow {
  readonly type: "TimeoutNow";
  readonly term: Term;
}

/** A message and where it goes. */
export interface Envelope {
  readonly to: ServerId;
  readonly message: RaftMessage;
}
