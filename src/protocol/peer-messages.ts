/** What servers say to each other: Raft's messages, and those of the node around it (`proto/raft.proto`). */
import type { SessionId } from "../base/operations.ts";
import type { RaftMessage } from "../raft/messages.ts";

/** What servers say to each other: Raft's messages and the node's own. */
export type PeerMessage =
  | RaftMessage
  | Forward
  | TouchSessions
  | SessionsHeard
  | WallClock
  | DiskFull
  | Hello
  | HelloReply;

/** Proposals of clients attached to the sender, for the leader's log: encoded commands without a time. */
export interface Forward {
  readonly type: "Forward";
  readonly commands: readonly Uint8Array[];
}

/** Sessions from which the sender has heard; repeated until it is answered. */
export interface TouchSessions {
  readonly type: "TouchSessions";
  /** The sender's number for it. */
  readonly round: number;
  readonly sessionIds: readonly SessionId[];
}

/** The leader has heard of the sessions of a round, and led after it had. */
export interface SessionsHeard {
  readonly type: "SessionsHeard";
  readonly round: number;
}

/**
 * What the sender's wall clock shows, for the leader, whose stamps have to agree with most clocks (`src/node/peers/cluster-clock.ts`);
 * and whether its disk has room.
 */
export interface WallClock {
  readonly type: "WallClock";
  /** Unix milliseconds. */
  readonly wallClockMs: number;
  /** The sender's disk is almost full (`src/node/peers/disk-room.ts`). */
  readonly diskLow: boolean;
}

/** The leader's answer to a {@link WallClock} while disks of the cluster are almost full (`src/node/peers/disk-room.ts`). */
export interface DiskFull {
  readonly type: "DiskFull";
}

/** A server that is not admitted yet says who it is (`src/node/peers/admission.ts`). */
export interface Hello {
  readonly type: "Hello";
  /** Of the sender's data directory. */
  readonly incarnation: number;
}

export interface HelloReply {
  readonly type: "HelloReply";
  /** Echo of the Hello's incarnation. */
  readonly asker: number;
  /** The incarnation under which the asker is known here; 0 = not known. */
  readonly known: number;
  /** Of the replying server. */
  readonly incarnation: number;
  /** The instance of the cluster that the replying server has on its disk; 0: none yet. */
  readonly instance: number;
  /** The replying server takes part. */
  readonly admitted: boolean;
  /** What its data began with: 0 with nothing, else a number of the backup that they were restored from. */
  readonly origin: number;
}
