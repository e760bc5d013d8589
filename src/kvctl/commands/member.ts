/** `kvctl member`: who belongs to the cluster, and changes of that. */
import type { AdminRequest, ServerMember, ServerStatus } from "../../client/index.ts";
import { checkOneCluster, unservedError } from "../../client/server-state.ts";
import { usage } from "../failures.ts";
import { result, table } from "../format.ts";
import type { Context } from "../ports.ts";
import { answers, checkEndpointsAgree, leaderOf, probe, survey } from "../survey.ts";
import { addCommonOptions, commonOptions, declare, firstWords, type Register } from "./command.ts";
import { parseAddress, parseMember, parseServerId } from "./member-arguments.ts";
import { noServer } from "./status.ts";

interface Flags {
  readonly observer?: boolean;
  readonly force?: boolean;
  readonly peer?: string;
  readonly client?: string;
  readonly zookeeper?: string;
}

/** Where the forms are listed, in the shell too. */
const help = "see `member --help`";

/** What the words after `member` ask for; "list" for nothing to be changed. */
export function memberRequest(words: readonly string[], flags: Flags): AdminRequest | "list" {
  const [verb = "list", first, second, third, ...more] = words;
  const force = flags.force === true;
  const form = forms[verb];
  if (form === undefined) throw usage(`member: '${verb}' is not one of ${Object.keys(forms).join(", ")}`, help);
  const given = words.length - (words.length > 0 ? 1 : 0);
  if (given !== form.count || more.length > 0) throw usage(`member ${verb}: give ${form.arguments}`, help);
  if (flags.observer === true && verb !== "add") throw usage("--observer belongs to `member add`", help);
  if ((flags.peer ?? flags.client ?? flags.zookeeper) !== undefined && verb !== "update")
    throw usage("--peer, --client and --zookeeper belong to `member update`", help);
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
    case "update":
      if ((flags.peer ?? flags.client ?? flags.zookeeper) === undefined)
        throw usage("member update: give --peer, --client or --zookeeper HOST:PORT", help);
      return {
        type: "update",
        id: parseServerId(a),
        ...(flags.peer === undefined ? {} : { peerAddress: parseAddress(flags.peer) }),
        ...(flags.client === undefined ? {} : { clientAddress: parseAddress(flags.client) }),
        ...(flags.zookeeper === undefined ? {} : { zookeeperAddress: parseZooKeeper(flags.zookeeper) }),
        force,
      };
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
  update: { count: 1, arguments: "ID, and --peer, --client or --zookeeper HOST:PORT" },
};

/** "none": nowhere any more. */
function parseZooKeeper(text: string): string {
  return text === "none" ? "" : parseAddress(text);
}

/** Changes the membership and shows what it is then. */
export async function member(context: Context, words: readonly string[], flags: Flags): Promise<void> {
  const request = memberRequest(words, flags);
  if (request === "list") return list(context, false);
  await checkEndpointsAgree(context.cluster, context.timeoutMs);
  await context.cluster.administer(request, context.timeoutMs, context.signal);
  await list(context, true);
}

/**
 * Shows what is known; then says why, unless a leader vouches for it. After a change (`changed`) that nobody answers is no
 * failure: the change is complete, and whoever is told that it failed undoes what it needs.
 */
async function list(context: Context, changed: boolean): Promise<void> {
  const { cluster, timeoutMs, out } = context;
  const probes = await survey(cluster, timeoutMs);
  checkOneCluster(probes);
  const known = newest(answers(probes));
  if (known === undefined) {
    if (!changed) throw noServer(probes);
    if (!out.json) out.note("done; nobody answers just now: `kvctl member list` shows the members later");
    return;
  }
  const view = await leadersView(context, known);
  show(context, view);
  if (changed) {
    // Whatever goes on by now: the change is complete.
    if (!out.json) out.note("done");
  } else if (leaderOf(probes) === undefined && !(view.role === "leader" && view.ready)) throw unservedError(probes);
}

function show({ out }: Context, view: ServerStatus): void {
  if (out.json) {
    for (const one of view.members) result(out, "", { ...one, leader: one.id === view.leader });
    return;
  }
  const rows = view.members.map((one) => [
    String(one.id),
    one.state ?? (one.voter ? "voter" : "observer"),
    one.id === view.leader ? "leads" : presence(one),
    one.lag === undefined ? "-" : String(one.lag),
    one.peerAddress,
    one.clientAddress,
  ]);
  out.write(`${table([["ID", "MEMBER", "STATE", "BEHIND", "PEER ADDRESS", "CLIENT ADDRESS"], ...rows])}\n`);
}

function presence({ active }: ServerMember): string {
  return active === undefined ? "-" : active ? "up" : "silent";
}

/** The leader's view, or else that of the server with the newest log among those that answer. */
async function leadersView({ cluster, timeoutMs }: Context, best: ServerStatus): Promise<ServerStatus> {
  if (best.role === "leader") return best;
  const leader = best.members.find(({ id }) => id === best.leader);
  if (leader === undefined) return best;
  const { status } = await probe(cluster, leader.clientAddress, timeoutMs);
  return status?.clusterId === best.clusterId && status.term >= best.term ? status : best;
}

function newest(views: readonly ServerStatus[]): ServerStatus | undefined {
  const rank = (view: ServerStatus): number => view.term + (view.role === "leader" ? 0.5 : 0);
  return [...views].sort((a, b) => rank(b) - rank(a) || b.lastIndex - a.lastIndex)[0];
}

export const registerMember: Register = (program, host) => {
  const command = declare(program, host, "member", {
    summary: "show and change who belongs to the cluster",
    description: [
      "Shows the members of the cluster, and changes them:",
      `  list                        the members, as the leader sees them
  add ID HOST:PORTS           server ID becomes a voter once it has caught up
  add ID HOST:PORTS --observer
                              … gets the log and serves reads, but does not vote
  remove ID                   server ID leaves; it may be the leader
  promote ID                  an observer becomes a voter
  replace OLD NEW HOST:PORTS  server NEW takes the place of OLD, in one change
  update ID --peer HOST:PORT --client HOST:PORT
                              server ID listens there from now on; one of the
                              two is enough. --zookeeper HOST:PORT, or none:
                              where it speaks ZooKeeper's protocol`,
      `HOST:PORTS is HOST:PEERPORT/CLIENTPORT, and /ZOOKEEPERPORT behind it where the server
speaks ZooKeeper's protocol: clients of that read in /zookeeper/config who is there. A server that is to be added must run already,
started with \`terrarium serve --id ID --join …\`. Ids are never used twice. A change that
would leave too few running voters is refused, unless --force says that this is meant. A server
that moves runs at its new address first: what answers there is looked at.`,
    ],
    examples: [
      "kvctl member list",
      "kvctl member add 4 127.0.0.1:7204/7104",
      "kvctl member replace 2 6 127.0.0.1:7206/7106",
      "kvctl member update 2 --peer 127.0.0.1:7302",
      "kvctl member remove 1",
    ],
  })
    .argument("[words...]", "list, add, remove, promote, replace or update, and what it needs")
    .option("--observer", "with add: it does not vote until it is promoted")
    .option("--peer <host:port>", "with update: where it listens for other servers")
    .option("--client <host:port>", "with update: where it listens for clients")
    .option("--zookeeper <host:port>", "with update: where it speaks ZooKeeper's protocol, or none")
    .option("--force", "even if too few of the voters would be running; with update, even if nothing answers there")
    .action((words: string[], flags: Flags) =>
      host.run(commonOptions(command), (context) => member(context, words, flags)),
    );
  firstWords.set(command, Object.keys(forms));
  addCommonOptions(command, host.inShell);
};
