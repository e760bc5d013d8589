/** The configuration with which every simulated cluster begins. */
import type { Configuration, Member, ServerId } from "../../src/raft/types.ts";

/** Servers 1 to `servers`, all voters. */
export function bootstrapConfiguration(servers: number): Configuration {
  const ids = Array.from({ length: servers }, (_, i) => i + 1);
  return { members: ids.map((id) => memberOf(id)), voters: ids, oldVoters: [], learners: [] };
}

/** A member with its addresses. */
export function memberOf(id: ServerId, incarnation?: number): Member {
  const addresses = { peerAddress: `n${id}:7000`, clientAddress: `n${id}:7001` };
  return incarnation === undefined ? { id, ...addresses } : { id, ...addresses, incarnation };
}
