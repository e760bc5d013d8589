/** What faults act upon, and what those of one kind need of them all. */
import type { ServerTarget } from "../plan/actions.ts";
import type { ClientFaults } from "../world/clients.ts";
import type { RunParts } from "../world/parts.ts";
import type { Draws } from "../world/random.ts";
import type { SimServer } from "../world/server.ts";
import type { Operator } from "./operator.ts";
import type { Targets } from "./targets.ts";

export interface FaultParts extends RunParts {
  /** Sorted by id. */
  readonly allServers: readonly SimServer[];
  readonly clients: ClientFaults;
  readonly targets: Targets<SimServer>;
  readonly operator: Operator;
}

export interface FaultTools {
  readonly parts: FaultParts;
  /** The server that a target stands for now, which is noted with the fault. */
  server(target: ServerTarget): SimServer | undefined;
  /** Asks the leader, if there is one. */
  atLeader(ask: (leader: SimServer) => void): void;
  /** Until its time is over, `undo` is owed. */
  lasts(fault: number, forMs: number, undo: () => void): void;
  /** Whether a lasting fault has not ended. */
  isInForce(fault: number): boolean;
  /**
   * The draws of one fault. Keyed by when it strikes, not by its place in the plan: the others keep theirs when it is
   * taken out.
   */
  draws(purpose: string, fault: number): Draws;
}
