/** `kvctl status`: every server at a glance. */
import { TerrariumError } from "../../base/errors.ts";
import { shownRole } from "../../base/roles.ts";
import type { ServerStatus } from "../../client/index.ts";
import { checkOneCluster, serverCondition, unservedError } from "../../client/server-state.ts";
import { result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { answers, leaderOf, type Probe, survey } from "../survey.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

/** Prints a line for each server; NO_SERVER or NO_QUORUM unless one of them leads with a majority behind it. */
export async function status(context: Context): Promise<void> {
  const { out, cluster } = context;
  const probes = await survey(cluster, context.timeoutMs);
  if (out.json) for (const { endpoint, status, error } of probes) showObject(context, endpoint, status, error);
  else out.write(`${table([header, ...probes.map(row)])}\n`);
  checkOneCluster(probes);
  const up = answers(probes);
  const leader = leaderOf(probes);
  const summary = `${up.length} of ${probes.length} servers answer${up.length === 0 ? "" : `: ${names(up)}`}`;
  if (leader === undefined) {
    throw up.length > 0 ? unservedError(probes) : noServer(probes);
  }
  if (out.json) return;
  out.write(`leader: server ${leader.id}, term ${leader.term}; ${summary}\n`);
  const doors = up.flatMap(({ zookeeperAddress }) => zookeeperAddress ?? []);
  if (doors.length > 0) out.write(`ZooKeeper: ${doors.join(",")}\n`);
  const dashboard = up.find(({ httpAddress }) => httpAddress !== undefined)?.httpAddress;
  if (dashboard !== undefined) out.write(`dashboard: http://${dashboard}/\n`);
}

const header = ["ENDPOINT", "ID", "ROLE", "TERM", "LEADER", "COMMIT", "APPLIED", "SESSIONS", "ZNODES", "STATE"];

function row({ endpoint, status, error }: Probe): string[] {
  if (status === undefined) return [endpoint, ...Array(8).fill("-"), why(endpoint, error)];
  const { id, term, leader, commitIndex, appliedIndex, sessions, znodes } = status;
  const reason = serverCondition(status) === "removed" ? "no longer in the cluster" : status.reason;
  const numbers = [leader ?? "-", commitIndex, appliedIndex, sessions, znodes];
  const refuses = status.writesRefused === undefined ? "" : `, refuses writes: ${status.writesRefused}`;
  const state = status.ready ? `up${refuses}` : `up, not ready${reason === undefined ? "" : `: ${reason}`}`;
  return [endpoint, String(id), shownRole(status), String(term), ...numbers.map(String), state];
}

/** In few words: the row names the endpoint already. */
function why(endpoint: string, error: Probe["error"]): string {
  const message = (error?.message ?? "no answer").replace(`${endpoint}: `, "");
  return error?.code === "PROTOCOL_ERROR" ? message : `down: ${message}`;
}

/** Nobody answers, or strangers do. */
export function noServer(probes: readonly Probe[]): TerrariumError {
  const strangers = probes.filter(({ error }) => error?.code === "PROTOCOL_ERROR");
  const list = probes.map(({ endpoint }) => endpoint).join(", ");
  if (strangers.length === 0) return new TerrariumError("NO_SERVER", `no server answers at ${list}`);
  const where = strangers.map(({ error }) => error?.message).join("; ");
  return new TerrariumError("PROTOCOL_ERROR", `no Terrarium server answers: ${where}`);
}

function showObject({ out }: Context, endpoint: string, status: Probe["status"], error: Probe["error"]): void {
  const answer = status === undefined ? { up: false, error } : { up: true, ...status, role: shownRole(status) };
  result(out, "", { endpoint, ...answer });
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
