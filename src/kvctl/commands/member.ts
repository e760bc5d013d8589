/** `kvctl member`: who belongs to the cluster, and changes of that. */
import { type AdminRequest, type ServerMember, type ServerStatus, TerrariumError } from "../../client/index.ts";
import { isUnavailable, usage } from "../failures.ts";
import { result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { addCommonOptions, commonOptions, declare, type Register } from "./command.ts";
import { parseMember, parseServerId } from "./member-arguments.ts";

/** A server that hangs is not worth more than this, ms. */
const probeTimeoutMs = 2_000;

interface Flags {
  readonly observer?: boolean;
  readonly force?: boolean;
}

/** What the words after `member` ask for; "list" for nothing to be changed. */
export function memberRequest(words: readonly string[], flags: Flags): AdminRequest | "list" {
  const [verb = "list", first, second, third, ...more] = words;
  const force = flags.force === true;
  const form = forms[verb];
  if (form === undefined) throw usage(`member: '${verb}' is not one of ${Object.keys(forms).join(", ")}`);
  const given = words.length - (words.length > 0 ? 1 : 0);
  if (given !== form.count || more.length > 0) throw usage(`member ${verb}: give ${form.arguments}`);
  if (flags.observer === true && verb !== "add") throw usage("--observer belongs to `member add`");
  const [a = "", b = "", c = ""] = [first, second, third];
  switch (verb) {
    case "add":
      return { type: "add", member: parseMember(a, b), observer: flags.observer === true, force };
    case "remove":
      return { type: "remove", id: parseServerId(a), force };
    case "promote":
      return { type: "promote", id: parseServerId(a), force };
    case "replace":
      return { type: "replace", gone: parseServerId(a), member: parseMember(b, c), force };
    default:
      return "list";
  }
}

const forms: Readonly<Record<string, { readonly count: number; readonly arguments: string }>> = {
  list: { count: 0, arguments: "nothing else" },
  add: { count: 2, arguments: "ID HOST:PEERPORT/CLIENTPORT" },
  remove: { count: 1, arguments: "ID" },
  promote: { count: 1, arguments: "ID" },
  replace: { count: 3, arguments: "OLD NEW HOST:PEERPORT/CLIENTPORT" },
};

/** Changes the membership and shows what it is then. */
export async function member(context: Context, words: readonly string[], flags: Flags): Promise<void> {
  const request = memberRequest(words, flags);
  if (request !== "list") await context.cluster.administer(request, context.timeoutMs, context.signal);
  await list(context, request !== "list");
}

async function list(context: Context, changed: boolean): Promise<void> {
  const { out } = context;
  const view = await bestView(context);
  if (out.json) {
    for (const one of view.members) result(out, "", { ...one, leader: one.id === view.leader });
    return;
  }
  const rows = view.members.map((one) => [
    String(one.id),
    one.state ?? (one.voter ? "voter" : "observer"),
    one.id === view.leader ? "leads" : answers(one),
    one.lag === undefined ? "-" : String(one.lag),
    one.peerAddress,
    one.clientAddress,
  ]);
  out.write(`${table([["ID", "MEMBER", "STATE", "BEHIND", "PEER ADDRESS", "CLIENT ADDRESS"], ...rows])}\n`);
  if (changed) out.note("done");
}

function answers({ active }: ServerMember): string {
  return active === undefined ? "-" : active ? "up" : "silent";
}

/** The leader's view, or else that of the server with the newest log among those that answer. */
async function bestView({ cluster, timeoutMs }: Context): Promise<ServerStatus> {
  const patienceMs = Math.min(timeoutMs, probeTimeoutMs);
  const ask = async (endpoint: string): Promise<readonly ServerStatus[]> => {
    try {
      return [await cluster.status(endpoint, patienceMs)];
    } catch (error) {
      if (isUnavailable(error)) return [];
      throw error;
    }
  };
  const views = (await Promise.all(cluster.endpoints.map(ask))).flat();
  const best = newest(views);
  if (best === undefined) throw new TerrariumError("NO_SERVER", `no server answers at ${cluster.endpoints.join(", ")}`);
  if (best.role === "leader") return best;
  const leader = best.members.find(({ id }) => id === best.leader);
  return leader === undefined ? best : (newest(await ask(leader.clientAddress)) ?? best);
}

function newest(views: readonly ServerStatus[]): ServerStatus | undefined {
  const rank = (view: ServerStatus): number => view.term + (view.role === "leader" ? 0.5 : 0);
  return [...views].sort((a, b) => rank(b) - rank(a) || b.lastIndex - a.lastIndex)[0];
}

export const registerMember: Register = (program, host) => {
  const command = declare(program, host, "member", {
    summary: "show and change who belongs to the cluster",
    description: [
      `list                        the members, as the leader sees them
  add ID HOST:PORTS           server ID becomes a voter once it has caught up
  add ID HOST:PORTS --observer
                              … gets the log and serves reads, but never votes
  remove ID                   server ID leaves; it may be the leader
  promote ID                  an observer becomes a voter
  replace OLD NEW HOST:PORTS  server NEW takes the place of OLD, in one change`,
      `HOST:PORTS is HOST:PEERPORT/CLIENTPORT. A server that is to be added must run already, started
with \`terrarium serve --id ID --join …\`. Ids are never used twice. A change that would leave too
few running voters is refused, unless --force says that this is meant.`,
    ],
    examples: [
      "kvctl member list",
      "kvctl member add 4 127.0.0.1:7204/7104",
      "kvctl member replace 2 6 127.0.0.1:7206/7106",
      "kvctl member remove 1",
    ],
  })
    .argument("[words...]", "list, add, remove, promote or replace, and what it needs")
    .option("--observer", "with add: it never votes")
    .option("--force", "even if too few of the voters would be running")
    .action((words: string[], flags: Flags) =>
      host.run(commonOptions(command), (context) => member(context, words, flags)),
    );
  addCommonOptions(command, host.inShell);
};
