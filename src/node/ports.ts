/** What a server needs from the world. Production and simulator each bring their own. */

import type { SessionId } from "../base/operations.ts";
import type { Random } from "../base/random.ts";
import type { ServerMessage } from "../protocol/client-messages.ts";
import type { Effects } from "../raft/effects.ts";
import type { RaftMessage } from "../raft/messages.ts";
import type { ServerId } from "../raft/types.ts";

export type { Disk } from "../storage/disk.ts";

import type { Disk } from "../storage/disk.ts";

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
 * What the sender's wall clock shows, for the leader, whose stamps have to agree with most clocks (`cluster-clock.ts`);
 * and whether its disk has room.
 */
export interface WallClock {
  readonly type: "WallClock";
  /** Unix milliseconds. */
  readonly wallClockMs: number;
  /** The sender's disk is almost full (`disk-room.ts`). */
  readonly diskLow: boolean;
}

/** The leader's answer to a {@link WallClock} while disks of the cluster are almost full (`disk-room.ts`). */
export interface DiskFull {
  readonly type: "DiskFull";
}

/** A server that is not admitted yet says who it is (`admission.ts`). */
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
}

/** Messages to peers may be lost, doubled, reordered and late: the port promises nothing. */
export interface Network {
  send(to: ServerId, messages: readonly PeerMessage[]): void;
}

export interface Clock {
  /** Monotonic milliseconds, with fractions. */
  now(): number;
  /** Unix milliseconds, an integer; may jump. */
  wallClock(): number;
}

/** A client's stream, as its adapter numbers it; never reused within a process. */
export type ConnectionId = number;

/** Streams to clients: in order and reliable until they break. */
export interface Clients {
  send(connection: ConnectionId, messages: readonly ServerMessage[]): void;
  /** Ends a stream; what was sent before still goes out. The node will not use the id again. */
  close(connection: ConnectionId): void;
  /**
   * Whether so much waits for the client to read it that reads had better wait too. The node is told when it has read
   * enough (`Node.clientReady`). Left out: never.
   */
  isCongested?(connection: ConnectionId): boolean;
}

export interface Ports {
  readonly disk: Disk;
  readonly network: Network;
  readonly clock: Clock;
  readonly clients: Clients;
  /** For timeouts, delays, and numbers of transfers and read requests. */
  readonly random: Random;
  /** `length` bytes that nobody can guess: for session passwords, and the first of the numbers of proposals. */
  readonly secret: (length: number) => Uint8Array;
  /** Asks the host to call `Node.flush` soon: at the end of this turn. May be called many times a turn. */
  readonly requestFlush: () => void;
  /** What Raft wants written, sent and applied in this turn, before any of it happens: for those who watch. */
  readonly effectsTaken?: (effects: Effects) => void;
  /** A checkpoint took so much of a turn, milliseconds: for the metrics. */
  readonly checkpointTook?: (durationMs: number) => void;
  /** The server cannot go on (a failed write, corruption): it must stop and not write again. */
  readonly fatal: (error: Error) => void;
}
