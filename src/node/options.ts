/** How one server is set up. */
import { limits } from "../base/limits.ts";
import type { RaftOptions } from "../raft/raft.ts";
import type { ServerId } from "../raft/types.ts";
import type { CheckpointerOptions } from "../storage/checkpointer.ts";
import type { ReadWork } from "./clients/read-turns.ts";

/** Settings of a {@link Node}; times are milliseconds. */
export interface NodeOptions {
  readonly id: ServerId;
  readonly clusterId: string;
  /** Followers campaign after a silence drawn from [T, 2T); a leader without a majority for T steps down. */
  readonly electionTimeoutMs: number;
  /** A leader speaks to each peer at least this often. */
  readonly heartbeatMs: number;
  /** Longest random delay before a follower pre-campaigns when the stream from its leader breaks. */
  readonly campaignDelayMaxMs: number;
  /** How often a server tells the leader which sessions it heard from, and the leader looks for silent ones. */
  readonly sessionTickMs: number;
  /** First wait before a proposal without effect is proposed again; doubles with each try. */
  readonly proposalRetryMs: number;
  /** How much Raft sends and holds at once; by default as in `limits`. */
  readonly raftLimits?: Pick<
    RaftOptions,
    | "appendBytesMax"
    | "appendsInFlightMax"
    | "appendHoldMs"
    | "uncommittedBytesMax"
    | "undurableBytesMax"
    | "unappliedBytesMax"
  >;
  /** Bytes of its own clients' commands on their way into the log, beyond which a server refuses more; as in `limits`. */
  readonly proposedBytesMax?: number;
  /** Bytes of these that are on their way to another server at a time; as in `limits`. */
  readonly proposedWindowBytes?: number;
  /** When checkpoints are made and what stays of the log; by default as in `limits`. */
  readonly checkpoints?: CheckpointOptions;
  /** Bytes of commands that other servers forwarded and the log has no room for, beyond which they are lost; as in `limits`. */
  readonly forwardedBytesMax?: number;
  /** Bytes of a snapshot's chunks on their way to the disk, beyond which further ones are lost; as in `limits`. */
  readonly stagedBytesMax?: number;
  /** How much of what is committed is applied, and told of, in one turn; by default as in `limits`. */
  readonly applyWork?: number;
  /** How many changes a server remembers, to tell of them to clients that were elsewhere; as in `limits`. */
  readonly changeHistoryMax?: number;
  /** How many reads are answered at a time; by default as in `limits`. */
  readonly readWork?: ReadWork;
  /** How fast a snapshot leaves; by default as in `limits`. */
  readonly snapshotPace?: SnapshotPace;
}

/** A snapshot takes its time, so that it does not take the disks and processors from everybody else. */
export interface SnapshotPace {
  /** Bytes a second … */
  readonly bytesPerSecond: number;
  /** … but more if it would take longer than this, and without a limit after it: the log that grows has to be kept. ms */
  readonly pacedMsMax: number;
}

/** The pace of a production server. */
export const defaultSnapshotPace: SnapshotPace = {
  bytesPerSecond: limits.snapshotBytesPerSecond,
  pacedMsMax: limits.snapshotPacedMsMax,
};

/** Settings of checkpoints and of the log behind them; all in bytes. */
export interface CheckpointOptions extends CheckpointerOptions {
  /** A checkpoint is due when so much of the state has changed since the last one … */
  readonly dirtyBytes: number;
  /** … or when so much of the log was applied. */
  readonly logBytes: number;
  /** What stays of the log behind a checkpoint while nobody needs it … */
  readonly tailBytes: number;
  /** … while the leader misses a server, if that is more … */
  readonly awayBytes: number;
  /** … and at most for followers that are there and catch up. */
  readonly heldBytes: number;
}

/** Checkpoints of a production server. */
export const defaultCheckpointOptions: CheckpointOptions = {
  dirtyBytes: limits.checkpointDirtyBytes,
  logBytes: limits.checkpointLogBytes,
  tailBytes: limits.logTailBytes,
  awayBytes: limits.logAwayBytes,
  heldBytes: limits.logHeldBytes,
  segmentBytes: limits.segmentBytes,
  cleanBytes: limits.checkpointCleanBytes,
  slackBytes: limits.checkpointSlackBytes,
};

/** Settings of a production server on a local network. */
export const defaultNodeOptions = {
  electionTimeoutMs: 1000,
  heartbeatMs: 100,
  campaignDelayMaxMs: 30,
  sessionTickMs: 200,
  proposalRetryMs: 500,
} as const satisfies Partial<NodeOptions>;
