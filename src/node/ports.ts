/** What a server needs from the world. Production and simulator each bring their own. */

import type { Random } from "../base/random.ts";
import type { ServerMessage } from "../protocol/client-messages.ts";
import type { PeerMessage } from "../protocol/peer-messages.ts";
import type { Effects } from "../raft/effects.ts";
import type { ServerId } from "../raft/types.ts";
import type { Applied, Command } from "../znode/commands.ts";

export type { Disk } from "../storage/disk.ts";

import type { Disk } from "../storage/disk.ts";

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
  /** A command of the log was applied, with what it did: for those who watch. Not told of what a snapshot brought. */
  readonly applied?: (command: Command, applied: Applied) => void;
  /** A checkpoint took so much of a turn, milliseconds: for the metrics. */
  readonly checkpointTook?: (durationMs: number) => void;
  /** The server cannot go on (a failed write, corruption): it must stop and not write again. */
  readonly fatal: (error: Error) => void;
}
