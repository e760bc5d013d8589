/** The nouns of Raft (Figure 2): ids, terms, entries, configurations, what is persistent. */

/** A server of the cluster, 1 to `limits.serverIdMax`. */
export type ServerId = number;
/** A term; the first election is for term 2, since the bootstrap entry has term 1. */
export type Term = number;
/** A position in the log; the first entry has index 1, 0 means before the log. */
export type Index = number;

/** One entry of the replicated log. */
export type Entry = NoopEntry | CommandEntry | ConfigurationEntry;

interface EntryBase {
  readonly index: Index;
  /** Term of the leader that created the entry. */
  readonly term: Term;
}

/** The empty entry with which a leader begins its term (§8). */
export interface NoopEntry extends EntryBase {
  readonly kind: "noop";
}

/** A command for the state machine; Raft never looks inside. */
export interface CommandEntry extends EntryBase {
  readonly kind: "command";
  readonly data: Uint8Array;
}

/** A configuration, in effect from the moment it is in a server's log (§6). */
export interface ConfigurationEntry extends EntryBase {
  readonly kind: "configuration";
  readonly configuration: Configuration;
}

/** A member and where it listens (host:port). Raft carries the addresses and does not use them. */
export interface Member {
  readonly id: ServerId;
  readonly peerAddress: string;
  readonly clientAddress: string;
  /** Where it speaks ZooKeeper's protocol. Absent: nowhere, or that is not known. */
  readonly zookeeperAddress?: string;
  /**
   * The number that its data directory drew when it was made: a server that was wiped has another one. Absent for the
   * members that the cluster began with; those know each other by other means (`src/node/peers/admission.ts`).
   */
  readonly incarnation?: number;
}

/** Who votes and who learns; joint while `oldVoters` is not empty (§6). Id lists are sorted. */
export interface Configuration {
  readonly members: readonly Member[];
  /** C_new, or simply C when not joint. */
  readonly voters: readonly ServerId[];
  /** C_old during a joint change. */
  readonly oldVoters: readonly ServerId[];
  /** Receive the log but do not vote (thesis §4.2.1). */
  readonly learners: readonly ServerId[];
  /**
   * The voters of the next change, while those among them that are new still catch up as learners. Absent when no such
   * change waits. It is in the log so that any later leader finishes what one began.
   */
  readonly wantedVoters?: readonly ServerId[];
  /** Ids that members once had. They are never used again: an answer of theirs may still be under way. */
  readonly retired?: readonly ServerId[];
}

/** "Persistent state on all servers" besides the log (Figure 2). */
export interface HardState {
  readonly currentTerm: Term;
  /** The candidate that has this server's vote in `currentTerm`; 0 = none. */
  readonly votedFor: ServerId | 0;
}

/**
 * What must reach the disk, atomically and in order, before {@link Raft.persisted} may be called with its token. The
 * log is first cut so that it ends before `truncateFrom`, then `entries` are appended.
 */
export interface LogWrite {
  /** Rises by one with each write. */
  readonly token: number;
  readonly hardState?: HardState;
  /** A received snapshot takes the place of the whole log, which from now on begins behind it (§7). */
  readonly snapshot?: LogBase;
  readonly truncateFrom?: Index;
  readonly entries: readonly Entry[];
}

/** Where a log begins: what lies up to here is in a checkpoint or snapshot of the state machine (§7). */
export interface LogBase {
  /** The last included index; 0 for a log that is whole. */
  readonly index: Index;
  readonly term: Term;
  /** The newest configuration up to here. */
  readonly configuration: Configuration;
}

/** What a server finds on its disk when it starts. */
export interface RecoveredLog {
  readonly hardState: HardState;
  /** Contiguous, beginning at `base.index + 1`. */
  readonly entries: readonly Entry[];
  /** Where the log begins; index 0, term 0 as long as nothing was compacted. */
  readonly base: LogBase;
  /** The state machine's checkpoint holds everything up to here; at least the base's index, which it is by default. */
  readonly appliedIndex?: Index;
}
