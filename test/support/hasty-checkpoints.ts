/** Options of a node that makes a checkpoint at every turn. */
import { defaultCheckpointOptions } from "../../src/node/options.ts";

/** Nothing stays of the log behind a checkpoint: who is behind needs a snapshot. */
export const hastyCheckpoints = {
  ...defaultCheckpointOptions,
  logBytes: 1,
  dirtyBytes: 1,
  tailBytes: 0,
  awayBytes: 0,
  heldBytes: 0,
};
