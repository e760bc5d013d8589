/** What Raft tells of itself, for humans and for tests. */
import { diskHangs } from "./disk.ts";
import { isActive } from "./progress.ts";
import { countReads } from "./read-index.ts";
import { knownLeader, type RaftState } from "./state.ts";
import type { Configuration, Index, ServerId, Term } from "./types.ts";

/** Names of the roles; `preCandidate` asks whether an election could be won (thesis §9.6). */
export type RoleName = "follower" | "preCandidate" | "candidate" | "leader";

export interface RaftStatus {
  readonly id: ServerId;
  readonly role: RoleName;
  readonly currentTerm: Term;
  /** 0 = nobody. */
  readonly votedFor: ServerId | 0;
  /** The leader that this server follows (itself, if it leads). */
  readonly leader: ServerId | undefined;
  readonly commitIndex: Index;
  readonly lastIndex: Index;
  /** The log up to here is on this server's disk. */
  readonly durableIndex: Index;
  /** For how long this server's disk has owed a completion and made no progress, milliseconds; 0 when it owes none. */
  readonly diskStalledMs: number;
  /** That is an election timeout or more: the server neither campaigns nor goes on leading. */
  readonly diskHangs: boolean;
  /** The newest one in the log, committed or not. */
  readonly configuration: Configuration;
  /** What a leader knows of its peers, sorted by id; empty on other servers. */
  readonly peers: readonly PeerStatus[];
  /** Reads requested here that are not ready yet. */
  readonly readsWaiting: number;
}

export interface PeerStatus {
  readonly id: ServerId;
  /** The peer's log is durable and equal to the leader's up to here. */
  readonly matchIndex: Index;
  /** Next entry to send. */
  readonly nextIndex: Index;
  /** How entries are sent to it. */
  readonly state: "probe" | "replicate" | "snapshot";
  /** Whether it answered within the last election timeout. */
  readonly active: boolean;
}

/** The status as of now. */
export function raftStatus(state: RaftState): RaftStatus {
  return {
    id: state.id,
    role: state.role.name,
    currentTerm: state.currentTerm,
    votedFor: state.votedFor,
    leader: knownLeader(state),
    commitIndex: state.commitIndex,
    lastIndex: state.log.lastIndex,
    durableIndex: state.durability.durableIndex,
    diskStalledMs: state.durability.stalledMs(state.now),
    diskHangs: diskHangs(state),
    configuration: state.log.configuration,
    peers: peerStatus(state),
    readsWaiting: countReads(state),
  };
}

function peerStatus({ role, now, options }: RaftState): PeerStatus[] {
  if (role.name !== "leader") return [];
  return role.peers.map((peer) => ({
    id: peer.id,
    matchIndex: peer.matchIndex,
    nextIndex: peer.nextIndex,
    state: peer.state,
    active: isActive(peer, now, options.electionTimeoutMs),
  }));
}
