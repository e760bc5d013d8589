/** What everything in a run works with. */
import type { Plan } from "../plan/plan.ts";
import type { SimConnections } from "./connections.ts";
import type { Kernel } from "./kernel.ts";
import type { SimNetwork } from "./network.ts";

export interface RunParts {
  readonly kernel: Kernel;
  readonly plan: Plan;
  readonly network: SimNetwork;
  readonly connections: SimConnections;
}
