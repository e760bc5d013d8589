/** Where the endpoints that a client knows lead: each to a server, and the one of a load balancer to any. */
import type { ServerId } from "../../src/raft/types.ts";
import { memberOf } from "./configuration.ts";
import type { Draws } from "./random.ts";

/** The one endpoint of clients that know no other. */
export const balancer = "balancer:7001";

/** The load balancer as one client meets it. */
export class LoadBalancer {
  readonly #draws: Draws;
  /** The server of the last connection. */
  #behind: ServerId = 0;
  /** Those that it may choose from. */
  #among: readonly ServerId[];

  constructor(draws: Draws, among: readonly ServerId[]) {
    this.#draws = draws;
    this.#among = among;
  }

  /** From now on it leads to these. */
  leadTo(servers: readonly ServerId[]): void {
    if (servers.length > 0) this.#among = servers;
  }

  /** The server behind `n4:7001`; the balancer leads to the same one again, or to another. */
  serverAt(endpoint: string): ServerId {
    if (endpoint !== balancer) return Number.parseInt(endpoint.slice(1), 10);
    if (!this.#among.includes(this.#behind) || this.#draws.chance(0.4)) this.#behind = this.#draws.pick(this.#among);
    return this.#behind;
  }
}

/** The ids of so many servers, from 1. */
export function serverIds(count: number): readonly ServerId[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}

/** Their endpoints for clients. */
export function addressesOf(servers: readonly ServerId[]): readonly string[] {
  return servers.map((id) => memberOf(id).clientAddress);
}
