/** The state of a server (Figure 2), and the roles that it can have. */
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { Durability } from "./durability.ts";
import type { ReadReady } from "./effects.ts";
import { ElectionTimer } from "./election-timer.ts";
import { Log } from "./log.ts";
import { Outbox } from "./outbox.ts";
import type { Progress } from "./progress.ts";
import type { Index, RecoveredLog, ServerId, Term } from "./types.ts";

export interface RaftOptions {
  /** This server. */
  readonly id: ServerId;
  /**
   * T, milliseconds. A follower that heard nothing from a leader for a time drawn from [T, 2T) campaigns (§5.2); a
   * leader that heard nothing from a quorum for T steps down (thesis §6.2); a server that heard from a leader within T
   * refuses to vote for another (thesis §4.2.3).
   */
  readonly electionTimeoutMs: number;
  /** Period of heartbeats, milliseconds; several must fit in an election timeout. */
  readonly heartbeatMs: number;
  /** A follower whose stream from the leader broke campaigns after a random delay up to this, milliseconds. */
  readonly campaignDelayMaxMs: number;
  readonly random: Random;
  /** Bytes of entries in one AppendEntries; a single entry may exceed it. */
  readonly appendBytesMax?: number;
  /** AppendEntries with entries in flight to one peer. */
  readonly appendsInFlightMax?: number;
  /** How long entries that fill no AppendEntries wait for the one before to be acknowledged, milliseconds; 0 = not at all. */
  readonly appendHoldMs?: number;
  /** Bytes of entries at the leader that are not committed; beyond it proposals are refused. */
  readonly uncommittedBytesMax?: number;
  /** Bytes of entries that are not on this server's disk; beyond it none are taken, of clients or of a leader. */
  readonly undurableBytesMax?: number;
  /** Bytes of entries that are not applied, while some of them are committed; beyond it none are taken either. */
  readonly unappliedBytesMax?: number;
}

/** Everything that a server knows. Only the functions of this folder change it. */
export interface RaftState {
  readonly id: ServerId;
  readonly options: Required<RaftOptions>;
  /** Monotonic milliseconds. */
  now: number;

  // Persistent state (Figure 2).
  currentTerm: Term;
  votedFor: ServerId | 0;
  readonly log: Log;
  /** What of the persistent state is on disk. */
  readonly durability: Durability;

  // Volatile state (Figure 2).
  commitIndex: Index;
  /** Up to where leaders have said that the log is committed; this server may lack some of that yet. */
  toldCommit: Index;
  /** Figure 2's `lastApplied`, as far as Raft knows it: what was handed out to be applied. */
  lastApplied: Index;
  /** … and what the state machine has applied of that, as Raft was told. */
  toldApplied: Index;

  role: Role;
  readonly electionTimer: ElectionTimer;
  readonly outbox: Outbox;
  /** Ids of reads for which nobody was asked for an index yet. */
  readsWaiting: number[];
  /** Reads that have their index; they leave with the next effects. */
  readsReady: ReadReady[];
  /** The newest {@link AskedReads.readId}. */
  lastReadId: number;
}

/** A server is one of these at a time; what only a leader knows exists only at a leader. */
export type Role = Follower | PreCandidate | Candidate | Leader;

/** Follows a leader, or waits for one. */
export interface Follower {
  readonly name: "follower";
  /** The leader of currentTerm, once it was heard and while its stream holds. */
  readonly leader: ServerId | undefined;
  /** When the leader was heard last. */
  lastHeard: number;
  /** What this turn's AppendEntries achieved; answered with one reply at its end. */
  appended: AppendOutcome | undefined;
  /** The same for heartbeats, whose answer does not wait for the disk. */
  heartbeat: AppendOutcome | undefined;
  /** Reads for which the leader was asked and has not answered. */
  readonly askedReads: AskedReads[];
}

/** Up to where the logs match, and the leader's newest read round (thesis §6.4). */
export interface AppendOutcome {
  matchIndex: Index;
  readRound: number;
}

/** Reads that wait for one ReadIndexReply. */
export interface AskedReads {
  /** Not used before by this server; that a start does not repeat those of an earlier one is very likely, not certain. */
  readonly readId: number;
  ids: readonly number[];
  askedAt: number;
}

/** Asks whether it could win an election, before it disturbs anybody with a new term (thesis §9.6). */
export interface PreCandidate {
  readonly name: "preCandidate";
  readonly votes: Map<ServerId, boolean>;
}

/** Campaigns in currentTerm (§5.2). */
export interface Candidate {
  readonly name: "candidate";
  readonly votes: Map<ServerId, boolean>;
}

/** Leads in currentTerm. */
export interface Leader {
  readonly name: "leader";
  /** Progress of every other member, sorted by id; also of those that leave, until they can know it. */
  peers: readonly Progress[];
  /** How far those have come that are to vote once they have caught up (thesis §4.2.1). */
  readonly catchUps: Map<ServerId, CatchUpRound>;
  /** Leadership is being handed over (thesis §3.10). */
  transfer: LeadershipTransfer | undefined;
  /** Index of the no-op with which the term began (§8). */
  readonly termStart: Index;
  /** When the peers are due a sign of life, if nothing else goes out before; monotonic milliseconds. */
  nextHeartbeat: number;
  /** It is time: this turn sends one to every peer. */
  heartbeatDue: boolean;
  /** CheckQuorum: not before this time can the leader find that a quorum is silent. */
  quorumDeadline: number;
  /** Newest round of leadership confirmation (thesis §6.4). */
  readRound: number;
  /** Requests of followers that are in no round yet. */
  readRequests: ReadRequest[];
  /** Reads waiting for their round to be confirmed, in order of rounds. */
  readonly readRounds: ReadRound[];
}

/** One round of catching up: the entries that the log held when it began. */
export interface CatchUpRound {
  readonly end: Index;
  readonly startedAt: number;
}

/** To whom leadership goes, and until when the leader waits for that. */
export interface LeadershipTransfer {
  readonly to: ServerId;
  readonly deadline: number;
  /** When TimeoutNow is to be sent again, should it have been lost. */
  nextCall: number;
}

/** A follower's ReadIndex. */
export interface ReadRequest {
  readonly from: ServerId;
  readonly readId: number;
}

/** Reads that become ready at `index` once a quorum has confirmed `round`. */
export interface ReadRound {
  readonly round: number;
  readonly index: Index;
  ids: readonly number[];
  readonly requests: readonly ReadRequest[];
}

/** A follower of `leader`, heard just now; or of nobody, as a server begins (§5.2). */
export function newFollower(leader: ServerId | undefined, now: number): Follower {
  return {
    name: "follower",
    leader,
    lastHeard: leader === undefined ? Number.NEGATIVE_INFINITY : now,
    appended: undefined,
    heartbeat: undefined,
    askedReads: [],
  };
}

/** The state of a server that has just started, with what it found on its disk. */
export function newState(options: RaftOptions, recovered: RecoveredLog, now: number): RaftState {
  const log = new Log(recovered);
  // What the checkpoint holds was committed and applied.
  const applied = Math.max(log.base.index, recovered.appliedIndex ?? 0);
  return {
    id: options.id,
    options: {
      ...options,
      appendBytesMax: options.appendBytesMax ?? limits.appendBytesMax,
      appendsInFlightMax: options.appendsInFlightMax ?? limits.appendsInFlightMax,
      appendHoldMs: options.appendHoldMs ?? limits.appendHoldMs,
      uncommittedBytesMax: options.uncommittedBytesMax ?? limits.uncommittedBytesMax,
      undurableBytesMax: options.undurableBytesMax ?? limits.undurableBytesMax,
      unappliedBytesMax: options.unappliedBytesMax ?? limits.unappliedBytesMax,
    },
    now,
    currentTerm: recovered.hardState.currentTerm,
    votedFor: recovered.hardState.votedFor,
    log,
    durability: new Durability(log.lastIndex),
    commitIndex: applied,
    toldCommit: applied,
    lastApplied: applied,
    toldApplied: applied,
    role: newFollower(undefined, now),
    electionTimer: new ElectionTimer(options, now),
    outbox: new Outbox(),
    readsWaiting: [],
    readsReady: [],
    lastReadId: firstReadId(options.random, now),
  };
}

/** The leader that a server knows of: itself, the one it follows, or none. */
export function knownLeader(state: RaftState): ServerId | undefined {
  if (state.role.name === "leader") return state.id;
  return state.role.name === "follower" ? state.role.leader : undefined;
}

/**
 * Where a server begins to count its ReadIndex requests. A late reply to a request from before a restart must not
 * answer one from after it, so each start begins at a place of its own, with room for a million requests.
 */
function firstReadId(random: Random, now: number): number {
  const start = (Math.floor(random() * 2 ** 32) + Math.floor(now * 1000)) % 2 ** 32;
  return start * 2 ** 20;
}
