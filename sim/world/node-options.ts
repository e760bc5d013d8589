/** The options of a simulated server's node. */
import type { NodeOptions } from "../../src/node/options.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { Plan } from "../plan/plan.ts";

/** The cluster id of all simulated clusters. */
export const clusterId = "simulated";

/** How often servers tell the leader from which sessions they have heard, milliseconds. */
export const sessionTickMs = 250;

export function nodeOptions(id: ServerId, config: Plan["config"]): NodeOptions {
  const { electionTimeoutMs, heartbeatMs } = config;
  const { appendBytesMax, appendsInFlightMax, appendHoldMs, undurableBytesMax } = config;
  const { uncommittedBytesMax, unappliedBytesMax } = config;
  return {
    id,
    clusterId,
    electionTimeoutMs,
    heartbeatMs,
    campaignDelayMaxMs: Math.max(1, Math.floor(electionTimeoutMs / 30)),
    sessionTickMs,
    proposalRetryMs: Math.max(1, Math.floor(electionTimeoutMs / 2)),
    raftLimits: {
      ...{ appendBytesMax, appendsInFlightMax, appendHoldMs },
      ...{ uncommittedBytesMax, undurableBytesMax, unappliedBytesMax },
    },
    checkpoints: config.checkpoints,
    readWork: config.readWork,
    applyWork: config.applyWork,
    changeHistoryMax: config.changeHistoryMax,
    forwardedBytesMax: config.forwardedBytesMax,
    proposedWindowBytes: config.proposedWindowBytes,
    stagedBytesMax: config.stagedBytesMax,
    snapshotPace: config.snapshotPace,
  };
}
