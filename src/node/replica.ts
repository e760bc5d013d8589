import type { ZnodeMachine } from "../znode/machine.ts";

/** This server's copy of the state: another one after a snapshot has taken its place. */
export interface Replica {
  readonly machine: ZnodeMachine;
}
