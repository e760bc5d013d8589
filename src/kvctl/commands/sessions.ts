/** `kvctl sessions`: who has a session, where, and what it holds. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerSession, ServerSessions } from "../../client/index.ts";
import { checkOneCluster } from "../../client/server-state.ts";
import { hasCode } from "../failures.ts";
import { result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { answers, survey } from "../survey.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";
import { noServer } from "./status.ts";

/** A server that is asked too much is asked again after this, ms. */
const againMs = 200;

/** Prints a line for each live session, oldest first. */
export async function sessions(context: Context): Promise<void> {
  const { out } = context;
  const all: ServerSession[] = [];
  for await (const session of liveSessions(context)) all.push(session);
  if (out.json) for (const session of all) result(out, "", { ...session });
  else if (all.length === 0) out.write("no sessions\n");
  else out.write(`${table([header, ...all.map(row)])}\n`);
}

/** The live sessions, oldest first. */
export async function* liveSessions(context: Context): AsyncGenerator<ServerSession> {
  const { cluster, timeoutMs, signal } = context;
  const probes = await survey(cluster, timeoutMs);
  checkOneCluster(probes);
  // The leader knows how long a session has been silent; any other server tells the rest.
  const [asked] = probes
    .flatMap(({ endpoint, status }) => (status === undefined ? [] : [{ endpoint, leads: status.role === "leader" }]))
    .sort((a, b) => Number(b.leads) - Number(a.leads));
  if (asked === undefined || answers(probes).length === 0) throw noServer(probes);
  for (let more = true, last = 0; more; ) {
    const page = await pageBehind(context, asked.endpoint, last);
    yield* page.sessions;
    last = page.sessions.at(-1)?.id ?? last;
    more = page.more && page.sessions.length > 0;
    signal.throwIfAborted();
  }
}

async function pageBehind(context: Context, endpoint: string, after: number): Promise<ServerSessions> {
  const { cluster, timeoutMs, signal } = context;
  for (const untilMs = performance.now() + timeoutMs; ; await sleep(againMs, undefined, { signal })) {
    try {
      return await cluster.sessions(endpoint, after, timeoutMs, signal);
    } catch (error) {
      if (!hasCode(error, "OVERLOADED") || performance.now() > untilMs) throw error;
    }
  }
}

const header = ["ID", "SERVER", "TIMEOUT", "AGE", "SILENT", "EPHEMERALS", "WATCHES"];

function row({ id, attachedTo, timeoutMs, openedMs, silentMs, ephemeralCount, watches }: ServerSession): string[] {
  return [
    String(id),
    attachedTo === null ? "none" : String(attachedTo),
    seconds(timeoutMs),
    openedMs > 0 ? seconds(Math.max(0, Date.now() - openedMs)) : "-",
    silentMs === null ? "-" : seconds(silentMs),
    String(ephemeralCount),
    watches === null ? "-" : String(watches),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export const registerSessions: Register = (program, host) => {
  const command = declare(program, host, "sessions", {
    summary: "list who has a session, and what it holds",
    description: [
      `Prints each live session, oldest first: its id, the server that its client is connected to, its timeout, how
long ago it was opened, for how long the leader has not heard of it, and how many ephemerals and watches it has. Needs no
session.`,
    ],
    examples: ["kvctl sessions", "kvctl sessions --json"],
  }).action(() => host.run(commonOptions(command), sessions));
  addCommonOptions(command, host.inShell);
};
