/** What a server knows of itself and of the cluster: served at /status, by the Status RPC and to `kvctl status`. */
export interface NodeStatus {
  readonly clusterId: string;
  /** Which life of the cluster this server belongs to (`instance.ts`); 0 while it does not take part. */
  readonly instance?: number;
  readonly id: number;
  /** The number that the server's data directory drew when it was made. */
  readonly incarnation?: number;
  /** Waits to be added to a running cluster. */
  readonly joining?: boolean;
  /** Takes part. One without data does not until the others have told whether they know it (`admission.ts`). */
  readonly admitted?: boolean;
  readonly role: "follower" | "preCandidate" | "candidate" | "leader";
  readonly term: number;
  /** Id of the leader this server follows (itself, if it leads); null when it knows none. */
  readonly leader: number | null;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly lastIndex: number;
  /** Newest entry on this server's disk. */
  readonly durableIndex: number;
  /** For how long its disk has owed a completion and made no progress, milliseconds; 0 when it owes none. */
  readonly diskStalledMs?: number;
  /** Its disk is almost full: less is free than it wants, or its quota is used up. */
  readonly diskLow?: boolean;
  /** Why creates and setDatas of this server's clients are refused (DISK_FULL); left out while they are not. */
  readonly writesRefused?: string;
  /** First entry that its log still has: what was before is in its checkpoint. */
  readonly firstIndex: number;
  /** Newest entry in the checkpoint on its disk; 0 before the first one. */
  readonly checkpointIndex: number;
  readonly members: readonly MemberStatus[];
  readonly sessions: number;
  readonly znodes: number;
  /** Watches of the clients attached to this server. */
  readonly watches: number;
  /** Clients attached to this server. */
  readonly connections: number;
  readonly ready: boolean;
  /** Why not, when not ready. */
  readonly reason?: string;
  /** Where its dashboard is, and all that it serves over HTTP (host:port); left out: nowhere. */
  readonly httpAddress?: string;
  /** Where it speaks ZooKeeper's protocol (host:port); left out: nowhere. */
  readonly zookeeperAddress?: string;
}

export interface MemberStatus {
  readonly id: number;
  readonly peerAddress: string;
  readonly clientAddress: string;
  /** Where it speaks ZooKeeper's protocol, as the membership has it; left out: nowhere, or that is not known. */
  readonly zookeeperAddress?: string;
  readonly voter: boolean;
  readonly state?: MemberState;
  /** Known to the leader only: the entry up to which the member's log equals the leader's … */
  readonly matchIndex?: number;
  /** … how many entries it is behind … */
  readonly lag?: number;
  /** … and whether it answered within the last election timeout. */
  readonly active?: boolean;
  /** Known to the leader only: how far the member's wall clock is ahead of those of a majority, ms; negative if behind. */
  readonly clockSkewMs?: number;
}

/**
 * Where a member stands in the membership (§6). `joining`: it votes in the new half of a joint configuration only;
 * `leaving`: it is not in the membership that is wanted.
 */
export type MemberState = "voter" | "observer" | "catchingUp" | "joining" | "leaving";
