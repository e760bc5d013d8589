/** How far a cluster that is being formed has come, as its servers' disks tell it. */
import type { ServerId } from "../../src/raft/types.ts";
import { admissionKey, identityKey } from "../../src/storage/layout.ts";
import { decodeAdmission, decodeIdentity } from "../../src/storage/records.ts";
import { keyText } from "./disk.ts";
import type { SimServer } from "./server.ts";

/**
 * Whether a first member has written down that it met data of another one that were emptied since: then they never form
 * a cluster, and say so (docs/decisions/0005, Limit). Data of a backup that it does not have it should not have met.
 */
export function neverAgree(servers: readonly SimServer[]): boolean {
  const whole = servers.filter(({ disk }) => !disk.damaged);
  const gone = new Map<ServerId, SimServer>();
  for (const server of whole) if (server.emptied && !server.admitted) gone.set(server.id, server);
  return whole.some(({ disk }) => {
    const row = disk.rows.get(keyText(admissionKey));
    if (row === undefined) return false;
    return [...decodeAdmission(row.value).acquaintances].some(([id, met]) => {
      const server = gone.get(id);
      return server !== undefined && incarnationOf(server) !== met && !server.strange.has(met);
    });
  });
}

/** Of the data that it has now; undefined if it has none. */
function incarnationOf({ disk }: SimServer): number | undefined {
  const row = disk.rows.get(keyText(identityKey));
  return row === undefined ? undefined : decodeIdentity(row.value).incarnation;
}
