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
 * Why nobody carries anything out though servers answer, in one error: NO_QUORUM, or NO_SERVER where a leader serves that
 * does not answer here. What fits best counts: servers that are members and have no leader tell more than one that waits
 * to be added.
 */
export function unservedError(asked: readonly AskedServer[]): TerrariumError {
  const answered = oncePerServer(asked);
  const away = leaderAway(asked, answered);
  if (away !== undefined) return away;
  const are = (condition: ServerCondition) => answered.filter((status) => serverCondition(status) === condition);
  const members = [...are("serving"), ...are("noQuorum")];
  const silent = asked.filter(({ status }) => status === undefined).map(({ endpoint }) => endpoint);
  const none = silent.length === 0 ? "" : `; no answer from ${silent.join(", ")}`;
  const because = (what: string, hint?: string) => new TerrariumError("NO_QUORUM", `${what}${none}`, hint);
  if (members.length > 0) return because(...withoutLeader(members));
  const [forming, joining, removed] = [are("forming"), are("joining"), are("removed")];
  if (forming.length > 0) {
    const waits = forming.map(({ id, reason }) => `server ${id}: ${reason}`).join("; ");
    return because(
      `the cluster has not been formed yet: ${waits}`,
      "start the other servers: nothing can be done before all have met once",
    );
  }
  if (joining.length > 0) {
    const hint = "give the endpoints of the cluster's members; `kvctl member add` adds it there";
    return because(`${servers(joining, "waits", "wait")} to be added to the cluster`, hint);
  }
  if (removed.length > 0) {
    const hint = "give the endpoints of the present members";
    return because(`${servers(removed, "is", "are")} no longer in the cluster`, hint);
  }
  return because("no quorum: no leader that a majority follows");
}

/** What the servers say, each once: two endpoints, such as a name and an address, may be of one server. */
function oncePerServer(asked: readonly AskedServer[]): ServerStatus[] {
  const answered = asked.flatMap(({ status }) => status ?? []).sort((a, b) => a.id - b.id || a.term - b.term);
  return [...new Map(answered.map((status) => [status.id, status])).values()];
}

/**
 * Servers that are ready follow a leader that was not met: a quorum serves, but the way to it does not lead from here, as
 * where addresses are translated; or the leader has just stopped.
 */
function leaderAway(asked: readonly AskedServer[], answered: readonly ServerStatus[]): TerrariumError | undefined {
  const term = Math.max(...answered.map((status) => status.term));
  const up = answered.filter((status) => serverCondition(status) === "serving" && status.term === term);
  const [follower] = up;
  const leader = follower?.leader ?? undefined;
  if (follower === undefined || leader === undefined || answered.some(({ id }) => id === leader)) return undefined;
  const address = follower.members.find(({ id }) => id === leader)?.clientAddress;
  const silent = asked.filter(({ status }) => status === undefined).map(({ endpoint }) => endpoint);
  const others = silent.filter((endpoint) => endpoint !== address);
  const none = others.length === 0 ? "" : `; no answer from ${others.join(", ")}`;
  const which =
    others.length < silent.length
      ? `which does not answer at ${address}`
      : `which is none of those that answer${address === undefined ? "" : ` (its address is ${address})`}`;
  return new TerrariumError(
    "NO_SERVER",
    `${servers(up, "follows", "follow")} server ${leader}, ${which}${none}`,
    "give an endpoint at which it answers from here; if it has just stopped, another will lead soon: try again",
  );
}

/** What happened, and what to do, where members answer and none of them leads. */
function withoutLeader(answered: readonly ServerStatus[]): [string, string?] {
  const voters = new Set(answered.flatMap(({ members }) => members.filter(({ voter }) => voter).map(({ id }) => id)));
  const up = answered.filter(({ id }) => voters.has(id)).length;
  const what = `no quorum: no leader that a majority follows; ${servers(answered, "answers", "answer")}`;
  if (voters.size === 0) return [what];
  if (up * 2 > voters.size) return [what, "a leader is being elected, or they do not reach each other: try again soon"];
  return [`${what} (${up} of ${voters.size} voters)`];
}

function servers(statuses: readonly ServerStatus[], one: string, many: string): string {
  const ids = statuses.map(({ id }) => id).sort((a, b) => a - b);
  return ids.length === 1 ? `server ${ids[0]} ${one}` : `servers ${ids.join(", ")} ${many}`;
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
