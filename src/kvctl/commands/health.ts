/** `kvctl health`: does every server serve, and how fast does it answer? */
import { TerrariumError } from "../../base/errors.ts";
import { checkOneCluster, unservedError } from "../../client/server-state.ts";
import { result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { answers, leaderOf, type Probe, probe } from "../survey.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";

/** Answers that are timed: the first one opens the connection. */
const rounds = 3;

interface Timed extends Probe {
  /** The fastest answer, milliseconds; undefined without one. */
  readonly tookMs: number | undefined;
}

/** Prints a line for each endpoint and the time of a round through the quorum; fails unless all of them are healthy. */
export async function health(context: Context): Promise<void> {
  const { cluster, out } = context;
  const probes = await Promise.all(cluster.endpoints.map((endpoint) => timed(context, endpoint)));
  const leader = leaderOf(probes);
  const quorumMs = leader === undefined ? undefined : await roundTrip(context);
  show(context, probes, quorumMs);
  checkOneCluster(probes);
  if (leader === undefined && answers(probes).length > 0) throw unservedError(probes);
  const ill = probes.filter(({ status }) => status?.ready !== true).map(({ endpoint }) => endpoint);
  if (ill.length > 0) {
    const what = `${ill.length} of ${probes.length} servers ${ill.length === 1 ? "does" : "do"} not serve`;
    throw new TerrariumError("NO_SERVER", `${what}: ${ill.join(", ")}`, "`kvctl status` tells more of each");
  }
  const all = probes.length === 1 ? "it serves" : `all ${probes.length} serve`;
  if (!out.json) out.write(`${all}; a round through the quorum took ${milliseconds(quorumMs)}\n`);
}

async function timed({ cluster, timeoutMs }: Context, endpoint: string): Promise<Timed> {
  let best: Timed | undefined;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const found = await probe(cluster, endpoint, timeoutMs);
    if (found.status === undefined) return { ...found, tookMs: undefined };
    const tookMs = performance.now() - start;
    if (best?.tookMs === undefined || tookMs < best.tookMs) best = { ...found, tookMs };
  }
  return best ?? { endpoint, status: undefined, tookMs: undefined };
}

/** How long the leader takes to learn that a majority follows it, and we to learn that, milliseconds. */
async function roundTrip(context: Context): Promise<number> {
  const session = await context.session();
  const start = performance.now();
  await session.sync();
  return performance.now() - start;
}

function show({ out }: Context, probes: readonly Timed[], quorumMs: number | undefined): void {
  if (out.json) {
    for (const { endpoint, status, error, tookMs } of probes) {
      const reason = status?.reason ?? refusal(status) ?? error?.message;
      const id = status === undefined ? {} : { id: status.id };
      const took = tookMs === undefined ? {} : { tookMs };
      result(out, "", { endpoint, ...id, healthy: status?.ready === true, ...took, ...(reason && { reason }) });
    }
    if (quorumMs !== undefined) result(out, "", { quorum: true, tookMs: quorumMs });
    return;
  }
  const rows = probes.map(({ endpoint, status, error, tookMs }) => [
    endpoint,
    status === undefined ? "-" : String(status.id),
    status?.ready === true ? "healthy" : "not healthy",
    milliseconds(tookMs),
    status?.reason ?? refusal(status) ?? (error?.message ?? "").replace(`${endpoint}: `, ""),
  ]);
  out.write(`${table([["ENDPOINT", "ID", "STATE", "ANSWERS IN", "WHY"], ...rows])}\n`);
}

/** A server that has no room serves all the same: reads, deletes and sessions. */
function refusal(status: Timed["status"]): string | undefined {
  return status?.writesRefused === undefined ? undefined : `refuses writes: ${status.writesRefused}`;
}

function milliseconds(ms: number | undefined): string {
  return ms === undefined ? "-" : `${ms.toFixed(1)} ms`;
}

export const registerHealth: Register = (program, host) => {
  const command = declare(program, host, "health", {
    summary: "tell whether every server serves, and how fast",
    description: [
      `Asks each endpoint three times and prints its fastest answer, then times a round through the quorum. Exits with 3
unless all of them serve; \`kvctl status\` is content with a majority.`,
    ],
    examples: ["kvctl health", "kvctl health --json", "kvctl health --endpoints 127.0.0.1:7101"],
  }).action(() => host.run(commonOptions(command), health));
  addCommonOptions(command, host.inShell);
};
