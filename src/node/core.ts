import type { Raft } from "../raft/raft.ts";
import type { ServerId } from "../raft/types.ts";
import type { ZnodeMachine } from "../znode/machine.ts";
import type { Ports } from "./ports.ts";

/** This server's copy of the state: another one after a snapshot has taken its place. */
export interface Replica {
  readonly machine: ZnodeMachine;
  /**
   * Whether clients have been told all events of what is applied: as long as they have not, nothing is answered from the
   * state (`apply-line.ts`).
   */
  readonly allTold: boolean;
}

/** What all parts of a node stand on. */
export interface Core {
  readonly id: ServerId;
  readonly raft: Raft;
  readonly replica: Replica;
  readonly ports: Ports;
}
