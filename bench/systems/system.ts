/** What can be measured: a system of which a cluster can be started on this machine, or one that runs. */
import type { LoadOperation, Target } from "../load/driver.ts";

/** A cluster that runs. */
export interface Running {
  readonly target: Target;
  /** Processes of the servers; empty where they are not known. */
  readonly pids: readonly number[];
  /** Stops it and removes its data. */
  destroy(): Promise<void>;
}

export interface System {
  readonly name: string;
  /** What it can do of what the load does. */
  readonly operations: readonly LoadOperation[];
  start(servers: number): Promise<Running>;
}
