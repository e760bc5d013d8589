/** How one server is set up. */
import type { ServerId } from "../raft/types.ts";

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
}

/** Settings of a production server on a local network. */
export const defaultNodeOptions = {
  electionTimeoutMs: 1000,
  heartbeatMs: 100,
  campaignDelayMaxMs: 30,
  sessionTickMs: 200,
  proposalRetryMs: 500,
} as const satisfies Partial<NodeOptions>;
