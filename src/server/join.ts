/** Finding the cluster that a server is to join. */

import type { DoorLog } from "../doors/door-log.ts";
import { introduction, type ServerIntroduction } from "../rpc/probe.ts";

const patienceMs = 2000;

/** What the first of the servers at `addresses` (host:port of client ports) says that answers; undefined if none does. */
export async function findCluster(addresses: readonly string[], log: DoorLog): Promise<ServerIntroduction | undefined> {
  for (const address of addresses) {
    try {
      const found = await introduction(address, patienceMs);
      if (found.members.length > 0) return found;
    } catch (error) {
      log.warn(
        { address, reason: error instanceof Error ? error.message : String(error) },
        "a server to join is silent",
      );
    }
  }
  return undefined;
}
