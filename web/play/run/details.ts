/** More on what somebody points at: facts, a line each, and the servers' trees side by side. */

import { tellInvocation } from "../../../sim/report/tell-events.ts";
import type { Simulation } from "../../../sim/simulation.ts";
import type { MachineView, ServerView } from "../../../sim/world/view.ts";
import { fromUtf8 } from "../../../src/base/bytes.ts";
import type { Result, Stat } from "../../../src/base/operations.ts";
import { kindOf } from "../../../src/base/znode-kinds.ts";
import type { Picture, Selection } from "../../picture/picture.ts";
import { messageFacts } from "./message-facts.ts";
import { eventOf } from "./messages-of.ts";
import type { Details, Fact, TreeRow } from "./protocol.ts";

/** Paths that are shown of the trees, and characters of a znode's data. */
const pathsMax = 200;
const dataMax = 24;

/** Operations and watch events of a client that are shown. */
const answersMax = 14;

/** The facts about what is selected, to be shown beside the picture. */
export function detailsOf(
  simulation: Simulation,
  picture: Picture,
  at: Selection | undefined,
  trees: boolean,
): Details {
  const found = trees ? treesOf(simulation.allServers) : { rows: [], isCut: false };
  return { facts: factsOf(simulation, picture, at), trees: found.rows, treesCut: found.isCut };
}

function factsOf(simulation: Simulation, picture: Picture, at: Selection | undefined): readonly Fact[] {
  switch (at?.kind) {
    case undefined:
      return [];
    case "server": {
      const server = simulation.servers[at.id];
      return server === undefined ? [] : serverFacts(server);
    }
    case "client":
      return clientFacts(simulation, at.id);
    case "message": {
      const message = picture.messages.find(({ id }) => id === at.id);
      if (message === undefined) return [["it", "has arrived, or was lost"]];
      const event = eventOf(simulation, at.id);
      return [
        ["says", message.text],
        ["sent", `at ${message.sentMs.toFixed(3)} ms`],
        ["arrives", `at ${message.arrivesMs.toFixed(3)} ms`],
        ...(event === undefined ? [] : messageFacts(event)),
      ];
    }
    case "link": {
      const why = (from: number, to: number): string =>
        picture.links.find((link) => link.from === from && link.to === to)?.why ?? "well";
      return [
        [`n${at.from} → n${at.to}`, why(at.from, at.to)],
        [`n${at.to} → n${at.from}`, why(at.to, at.from)],
      ];
    }
  }
}

function serverFacts({ node, life, state, disk }: ServerView): readonly Fact[] {
  const rows = String(disk.sortedRows().length);
  if (node === undefined)
    return [
      ["process", state],
      ["on its disk", `${rows} rows`],
    ];
  const status = node.raft.status();
  const { znodes, sessions } = node.machine.counts();
  const named = (id: number): string => (id === 0 ? "nobody" : `n${id}`);
  return [
    ["role", `${status.role} in term ${status.currentTerm}`],
    ["vote", named(status.votedFor)],
    ["follows", named(status.leader ?? 0)],
    ["log", `${node.raft.logBase.index + 1} to ${status.lastIndex}, on disk up to ${status.durableIndex}`],
    ["committed", `up to ${status.commitIndex}, applied up to ${node.machine.appliedIndex}`],
    ["voters", status.configuration.voters.map(named).join(" ")],
    ...(status.configuration.oldVoters.length > 0
      ? [["and of the old", status.configuration.oldVoters.map(named).join(" ")] as const]
      : []),
    ["holds", `${znodes} znodes, ${sessions} sessions; ${rows} rows on disk`],
    ["process", `start ${life}`],
    ...status.peers.map(
      (peer): Fact => [
        `to ${named(peer.id)}`,
        `match ${peer.matchIndex}, next ${peer.nextIndex}, ${peer.state}${peer.active ? "" : ", silent"}`,
      ],
    ),
  ];
}

function clientFacts(simulation: Simulation, id: number): readonly Fact[] {
  const client = simulation.clients[id - 1];
  if (client === undefined) return [];
  const { connection, sessionId, watches } = client;
  const where = connection === undefined ? "no server" : `n${connection.server} (${connection.state})`;
  return [
    ["session", sessionId === 0 ? "none yet" : String(sessionId)],
    ["attached to", where],
    ["watches", watches.length === 0 ? "none" : watches.map(({ kind, path }) => `${kind} ${path}`).join(", ")],
    ...heardBy(simulation, id),
  ];
}

/** What a client was answered and told, the newest last. */
function heardBy({ history }: Simulation, id: number): readonly Fact[] {
  const found: { readonly us: number; readonly fact: Fact }[] = [];
  for (let i = history.operations.length - 1; i >= 0 && found.length < answersMax; i--) {
    const operation = history.operations[i];
    if (operation?.client !== id) continue;
    const { outcome, result, zxid, invocation, answeredUs, invokedUs } = operation;
    const answer =
      outcome === "answered" && result !== undefined
        ? `${tellResult(result)} (zxid ${zxid})`
        : outcome === "lost"
          ? "no answer: whether it took effect is not known"
          : "…";
    found.push({ us: outcome === "pending" ? invokedUs : answeredUs, fact: [tellInvocation(invocation), answer] });
  }
  for (let i = history.events.length - 1, left = answersMax; i >= 0 && left > 0; i--) {
    const event = history.events[i];
    if (event?.client !== id) continue;
    left--;
    const told =
      event.event === undefined
        ? `${event.type}${event.reason === undefined ? "" : `, ${event.reason}`}`
        : `${event.event.type} ${event.event.path}`;
    found.push({ us: event.atUs, fact: [event.event === undefined ? "session" : "watch", told] });
  }
  return found
    .sort((a, b) => a.us - b.us)
    .slice(-answersMax)
    .map(({ us, fact: [name, text] }) => [`${(us / 1000).toFixed(1)} ms  ${name}`, text]);
}

function tellResult(result: Result): string {
  if (result.failure !== undefined) return `${result.failure.code}: ${result.failure.message}`;
  const { path, data, children, stat } = result;
  if (children !== undefined) return children.length === 0 ? "no children" : children.slice(0, 20).join(", ");
  if (data !== undefined) return `${JSON.stringify(textOf(data))}, version ${stat?.version ?? 0}`;
  if (path !== undefined) return path;
  return stat === undefined ? "ok" : `version ${stat.version}`;
}

function textOf(data: Uint8Array): string {
  const text = fromUtf8(data.subarray(0, 4 * dataMax));
  return text.length > dataMax || data.length > 4 * dataMax ? `${text.slice(0, dataMax)}…` : text;
}

function treesOf(servers: readonly ServerView[]): { readonly rows: readonly TreeRow[]; readonly isCut: boolean } {
  const machines = servers.map(({ node }) => node?.machine);
  const { paths, isCut } = pathsOf(machines);
  const rows = paths.map((path): TreeRow => {
    const cells = machines.map((machine) => (machine === undefined ? undefined : znodeText(machine, path)));
    const known = new Set(cells.filter((cell) => cell !== undefined));
    return { path, cells, differs: known.size > 1 };
  });
  return { rows, isCut };
}

/** The paths of all trees, parents before their children, in the order of a walk. */
function pathsOf(machines: readonly (MachineView | undefined)[]): {
  readonly paths: string[];
  readonly isCut: boolean;
} {
  const paths: string[] = [];
  const ahead = ["/"];
  while (ahead.length > 0 && paths.length < pathsMax) {
    const path = ahead.pop() ?? "/";
    if (path !== "/") paths.push(path);
    const names = new Set<string>();
    for (const machine of machines) {
      const found = machine?.read({ kind: "getChildren", path, watch: false, local: true, limit: pathsMax, after: "" });
      for (const name of found?.failure === undefined ? (found?.children ?? []) : []) names.add(name);
    }
    const below = [...names].sort().map((name) => (path === "/" ? `/${name}` : `${path}/${name}`));
    ahead.push(...below.reverse());
  }
  return { paths, isCut: ahead.length > 0 };
}

function kindText(stat: Stat): string {
  switch (kindOf(stat)) {
    case "ephemeral":
      return `, of session ${stat.ephemeralOwner}`;
    case "container":
      return ", a container";
    case "ttl":
      return `, for ${stat.ttlMs} ms`;
    case "persistent":
      return "";
  }
}

function znodeText(machine: MachineView, path: string): string {
  // The playground sees through everything, lists too.
  const found = machine.read({ kind: "getData", path, watch: false, local: true }, 0, [{ scheme: "super", id: "" }]);
  if (found.failure !== undefined || found.stat === undefined) return "";
  return `${textOf(found.data ?? new Uint8Array())} v${found.stat.version}${kindText(found.stat)}`;
}
