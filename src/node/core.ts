import type { Raft } from "../raft/raft.ts";
import type { ServerId } from "../raft/types.ts";
import type { ZnodeMachine } from "../znode/machine.ts";
import type { Ports } from "./ports.ts";

/** This server's copy of the state: another one after a snapshot has taken its place. */
export interface Replica {
  readonly machine: ZnodeMachine;
}

/** What all parts of a node stand on. */
export interface Core {
  readonly id: ServerId;
  readonly raft: Raft;
  readonly replica: Replica;
  readonly ports: Ports;
}
