/** What a row of a server's disk belongs to. */
import { logBlockIndex } from "../../src/storage/layout.ts";

/** "log" for a block of the log, "state" for everything else: hard state, identity, checkpoints. */
export function stateOrLog(key: Uint8Array): "log" | "state" {
  return logBlockIndex(key) === undefined ? "state" : "log";
}
