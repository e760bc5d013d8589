/** `kvctl status`: every server at a glance. */
import { TerrariumError } from "../../base/errors.ts";
import type { ServerStatus } from "../../client/index.ts";
import { describe } from "../failures.ts";
import { result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

/** A server that is down answers "refused" at once; one that hangs is not worth more than this. */
const probeTimeoutMs = 2_000;

interface Probe {
  readonly endpoint: string;
  readonly status?: ServerStatus;
  /** Why there is no status. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** Prints a line for each server; NO_SERVER or NO_QUORUM unless one of them leads with a majority behind it. */
export async function status(context: Context): Promise<void> {
  const { out, cluster } = context;
  const timeoutMs = Math.min(context.timeoutMs, probeTimeoutMs);
  const probes = await Promise.all(cluster.endpoints.map((endpoint) => probe(context, endpoint, timeoutMs)));
  if (out.json) for (const { endpoint, status, error } of probes) showObject(context, endpoint, status, error);
  else out.write(`${table([header, ...probes.map(row)])}\n`);
  const up = probes.flatMap(({ status }) => (status === undefined ? [] : [status]));
  const leader = leaderOf(up, probes.length);
  const summary = `${up.length} of ${probes.length} servers answer${up.length === 0 ? "" : `: ${names(up)}`}`;
  if (leader === undefined) {
    if (up.length === 0) throw new TerrariumError("NO_SERVER", `no server answers at ${cluster.endpoints.join(", ")}`);
    throw new TerrariumError("NO_QUORUM", `no leader that a majority follows; ${summary}`);
  }
  if (!out.json) out.write(`leader: server ${leader.id}, term ${leader.term}; ${summary}\n`);
}

const header = ["ENDPOINT", "ID", "ROLE", "TERM", "LEADER", "COMMIT", "APPLIED", "SESSIONS", "ZNODES", "STATE"];

function row({ endpoint, status, error }: Probe): string[] {
  if (status === undefined) return [endpoint, ...Array(8).fill("-"), `down: ${why(endpoint, error)}`];
  const { id, role, term, leader, commitIndex, appliedIndex, sessions, znodes } = status;
  const numbers = [leader ?? "-", commitIndex, appliedIndex, sessions, znodes];
  const state = status.ready ? "up" : `up, not ready${status.reason === undefined ? "" : `: ${status.reason}`}`;
  return [endpoint, String(id), role, String(term), ...numbers.map(String), state];
}

/** In few words: the row names the endpoint already. */
function why(endpoint: string, error: Probe["error"]): string {
  const message = (error?.message ?? "no answer").replace(`${endpoint}: `, "");
  return message.startsWith("connect ECONNREFUSED") ? "nothing listens there" : message;
}

function showObject({ out }: Context, endpoint: string, status: Probe["status"], error: Probe["error"]): void {
  result(out, "", status === undefined ? { endpoint, up: false, error } : { endpoint, up: true, ...status });
}

async function probe(context: Context, endpoint: string, timeoutMs: number): Promise<Probe> {
  try {
    return { endpoint, status: await context.cluster.status(endpoint, timeoutMs) };
  } catch (error) {
    const { code, message } = describe(error);
    return { endpoint, error: { code, message } };
  }
}

/**
 * Id and term of the leader that serves. One that was not asked (all that were asked answer) counts on the word of a
 * server that is ready to follow it.
 */
function leaderOf(up: readonly ServerStatus[], asked: number): { id: number; term: number } | undefined {
  const leaders = up.filter(({ role, ready }) => role === "leader" && ready).sort((a, b) => b.term - a.term);
  if (leaders[0] !== undefined || up.length < asked) return leaders[0];
  const follower = up.find(({ ready, leader }) => ready && up.every(({ id }) => id !== leader));
  if (follower === undefined || follower.leader === null) return undefined;
  return { id: follower.leader, term: follower.term };
}

function names(up: readonly ServerStatus[]): string {
  return up
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .join(", ");
}

export const registerStatus: Register = (program, host) => {
  const command = declare(program, host, "status", {
    summary: "show every server of the cluster",
    description: [
      `Asks each server and prints its role, term, leader, commit and applied index, sessions and znodes, and whether
it is up. Exits with 3 if no server leads with a majority behind it. Needs no session.`,
    ],
    examples: ["kvctl status", "kvctl status --json", "kvctl status --endpoints 127.0.0.1:7101,127.0.0.1:7102"],
  }).action(() => host.run(commonOptions(command), status));
  addCommonOptions(command, host.inShell);
};
