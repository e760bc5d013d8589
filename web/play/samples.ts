/** What the playground's menu has besides the scenes: clusters to play with, with and without a goal. */
import { checkPlan, type Plan } from "../../sim/plan/plan.ts";

/** A cluster of five with two clients that ask for little, and a spare server; nothing goes wrong by itself. */
export function sandbox(servers = 5): Plan {
  return checkPlan({
    seed: 20,
    config: {
      servers,
      spares: 1,
      clients: 2,
      horizonMs: 120_000,
      electionTimeoutMs: 300,
      heartbeatMs: 75,
      sessionTimeoutMs: 4_000,
      networkUs: { min: 3_000, typical: 5_000, max: 15_000 },
      clientUs: { min: 2_000, typical: 3_000, max: 8_000 },
      diskUs: { min: 1_000, typical: 2_000, max: 8_000 },
      lateFlush: 0,
    },
    workload: { perSecond: 0.4, paths: 6 },
  });
}
