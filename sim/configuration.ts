/** The configuration with which every simulated cluster begins. */
import type { Configuration } from "../src/raft/types.ts";

/** Servers 1 to `servers`, all voters. */
export function bootstrapConfiguration(servers: number): Configuration {
  const ids = Array.from({ length: servers }, (_, i) => i + 1);
  return {
    members: ids.map((id) => ({ id, peerAddress: `n${id}:7000`, clientAddress: `n${id}:7001` })),
    voters: ids,
    oldVoters: [],
    learners: [],
  };
}
