/** What a server's status means for those who want something of the cluster. */
import { TerrariumError } from "../base/errors.ts";
import type { ServerStatus } from "./server-status.ts";

/**
 * `serving`: it leads or follows a leader that a majority follows. `joining`: it waits to be added. `forming`: the
 * cluster has never had a quorum. `removed`: it is no member any more. `noQuorum`: it knows no leader.
 */
export type ServerCondition = "serving" | "joining" | "forming" | "removed" | "noQuorum";

/** How the server of this status stands. */
export function serverCondition(status: ServerStatus): ServerCondition {
  if (status.ready) return "serving";
  if (status.joining === true) return "joining";
  if (status.reason?.startsWith("forming") === true) return "forming";
  if (status.members.length > 0 && status.members.every(({ id }) => id !== status.id)) return "removed";
  return "noQuorum";
}

/** A server that was asked: its status, or undefined if it gave none. */
export interface AskedServer {
  readonly endpoint: string;
  readonly status: ServerStatus | undefined;
}

/**
 * Why nobody carries anything out though servers answer, in one error: NO_QUORUM. What fits best counts: servers that are
 * members and have no leader tell more than one that waits to be added.
 */
export function noQuorumError(asked: readonly AskedServer[]): TerrariumError {
  const answered = asked.flatMap(({ status }) => status ?? []).sort((a, b) => a.id - b.id);
  const silent = asked.filter(({ status }) => status === undefined).map(({ endpoint }) => endpoint);
  const none = silent.length === 0 ? "" : `; no answer from ${silent.join(", ")}`;
  const are = (condition: ServerCondition) => answered.filter((status) => serverCondition(status) === condition);
  if (are("noQuorum").length + are("serving").length === 0) {
    const forming = are("forming");
    if (forming.length > 0) {
      const waits = forming.map(({ id, reason = "" }) => `server ${id} is ${reason}`).join("; ");
      const hint = "start the other servers of --members; nothing can be done before all have met once";
      return new TerrariumError("NO_QUORUM", `the cluster is only forming: ${waits}`, hint);
    }
    const joining = are("joining");
    if (joining.length > 0) {
      const hint = "give the endpoints of the cluster's members, and add it there with `kvctl member add`";
      return new TerrariumError("NO_QUORUM", `${servers(joining)} waits to be added to a cluster${none}`, hint);
    }
    if (answered.length > 0) {
      const hint = "give the endpoints of the present members";
      return new TerrariumError("NO_QUORUM", `${servers(answered)} is no member of the cluster any more${none}`, hint);
    }
  }
  const members = new Set(answered.flatMap((status) => status.members.filter((m) => m.voter).map(({ id }) => id)));
  const of = members.size > 0 ? ` of ${members.size} voters` : "";
  const who = `only ${servers(answered)}${of} answers${none}`;
  return new TerrariumError("NO_QUORUM", `no quorum: no leader that a majority follows; ${who}`);
}

function servers(statuses: readonly ServerStatus[]): string {
  const ids = statuses.map(({ id }) => id).join(", ");
  return statuses.length === 1 ? `server ${ids}` : `servers ${ids}`;
}

/** USAGE if servers of different clusters answered: whoever gives such endpoints means one of them, but which? */
export function checkOneCluster(asked: readonly AskedServer[]): void {
  const clusters = new Map<string, string[]>();
  for (const { endpoint, status } of asked) {
    if (status === undefined) continue;
    const known = clusters.get(status.clusterId);
    if (known === undefined) clusters.set(status.clusterId, [endpoint]);
    else known.push(endpoint);
  }
  if (clusters.size < 2) return;
  const list = [...clusters].map(([id, endpoints]) => `${endpoints.join(", ")} of ${id}`).join("; ");
  throw new TerrariumError(
    "USAGE",
    `the endpoints belong to different clusters: ${list}`,
    "give the endpoints of one cluster",
  );
}
