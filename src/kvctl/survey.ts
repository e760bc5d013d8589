/** Asking every server of the cluster how it stands. */
import type { ServerStatus } from "../client/index.ts";
import { checkOneCluster, unservedError } from "../client/server-state.ts";
import { describe } from "./failures.ts";
import type { Cluster } from "./ports.ts";

/** A server that is down answers "refused" at once; one that hangs is not worth more than this, ms. */
const probeTimeoutMs = 2_000;

/** What one server answered. */
export interface Probe {
  readonly endpoint: string;
  readonly status: ServerStatus | undefined;
  /** Why there is no status. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** A look before a change, which is not to be held up by a server that hangs, ms. */
const glanceTimeoutMs = 500;

/** Asks all endpoints, or those given, at once. Never rejects. */
export function survey(cluster: Cluster, timeoutMs: number, endpoints = cluster.endpoints): Promise<Probe[]> {
  return Promise.all(endpoints.map((endpoint) => probe(cluster, endpoint, timeoutMs)));
}

/** Asks one server. Never rejects. */
export async function probe(cluster: Cluster, endpoint: string, timeoutMs: number): Promise<Probe> {
  try {
    return { endpoint, status: await cluster.status(endpoint, Math.min(timeoutMs, probeTimeoutMs)) };
  } catch (error) {
    const { code, message } = describe(error);
    return { endpoint, status: undefined, error: { code, message } };
  }
}

/** Before the cluster is changed: USAGE if the endpoints are of more than one. Returns those that answered. */
export async function checkEndpointsAgree(cluster: Cluster, timeoutMs: number): Promise<readonly string[]> {
  const probes = await survey(cluster, Math.min(timeoutMs, glanceTimeoutMs));
  checkOneCluster(probes);
  return probes.filter(({ status }) => status !== undefined).map(({ endpoint }) => endpoint);
}

/** The statuses that came. */
export function answers(probes: readonly Probe[]): ServerStatus[] {
  return probes.flatMap(({ status }) => status ?? []);
}

/**
 * Id and term of the leader that serves. One that was not asked, or that leads and is not ready itself, as with a disk that
 * hangs, counts on the word of a server that is ready to follow it; one that was asked and is silent does not.
 */
export function leaderOf(probes: readonly Probe[]): { readonly id: number; readonly term: number } | undefined {
  const up = answers(probes);
  const leaders = up.filter(({ role, ready }) => role === "leader" && ready).sort((a, b) => b.term - a.term);
  if (leaders[0] !== undefined) return leaders[0];
  const follower = up.find(
    ({ ready, leader, term }) =>
      ready && up.every((other) => other.id !== leader || (other.role === "leader" && other.term === term)),
  );
  if (follower === undefined || follower.leader === null) return undefined;
  const { leader: id, term } = follower;
  const others = new Set(follower.members.filter((member) => member.id !== id).map((member) => member.clientAddress));
  const silent = probes.filter(({ status, error }) => status === undefined && error?.code !== "PROTOCOL_ERROR");
  return silent.every(({ endpoint }) => others.has(endpoint)) ? { id, term } : undefined;
}

/** Why no server would open a session, told with what the servers say of themselves; `error` if they say nothing. */
export async function explainNoQuorum(cluster: Cluster, timeoutMs: number, error: unknown): Promise<unknown> {
  const probes = await survey(cluster, timeoutMs);
  return answers(probes).some(({ ready }) => !ready) && leaderOf(probes) === undefined ? unservedError(probes) : error;
}
