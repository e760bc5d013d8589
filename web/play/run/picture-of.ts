/** The picture of a simulation as it is now. */
import type { Simulation } from "../../../sim/simulation.ts";
import type { SimEvent } from "../../../sim/world/events.ts";
import type { ClientView, LinkView, ServerView } from "../../../sim/world/view.ts";
import type { Configuration } from "../../../src/raft/types.ts";
import type {
  ClientPicture,
  DiskPicture,
  EntryPicture,
  LinkPicture,
  LogPicture,
  Membership,
  Picture,
  ServerPicture,
  ServerState,
  TimerPicture,
} from "../../picture/picture.ts";
import type { Memory } from "./memory.ts";
import { messagesOf } from "./messages-of.ts";

/** Entries of each log that a picture has. */
const entriesMax = 40;

type Waiting = readonly { readonly time: number; readonly item: SimEvent }[];

/** Makes the picture. `lit`: servers that have to do with what went wrong. */
export function pictureOf(simulation: Simulation, memory: Memory, lit: ReadonlySet<number>): Picture {
  const nowMs = simulation.now / 1000;
  const waiting = simulation.waiting();
  const configuration = newestConfiguration(simulation.allServers);
  return {
    nowMs,
    servers: simulation.allServers.map((server) => ({
      ...serverOf(server, configuration, memory, nowMs),
      disk: diskOf(server, waiting, memory, nowMs),
      isLit: lit.has(server.id),
    })),
    links: linksOf(simulation),
    messages: messagesOf(simulation, waiting, memory),
    flows: [],
    clients: simulation.clients.map(clientOf),
  };
}

/** The configuration of whoever leads in the highest term, or else the newest that anybody has. */
function newestConfiguration(servers: readonly ServerView[]): Configuration | undefined {
  let best: { readonly rank: number; readonly configuration: Configuration } | undefined;
  for (const { node, configuration } of servers) {
    if (configuration === undefined) continue;
    const raft = node?.raft;
    const rank = raft === undefined ? -1 : raft.isLeader ? 1e12 + raft.currentTerm : raft.configurationIndex;
    if (best === undefined || rank > best.rank) best = { rank, configuration };
  }
  return best?.configuration;
}

function membershipOf(id: number, configuration: Configuration | undefined): Membership {
  if (configuration === undefined) return "outside";
  const { voters, oldVoters, learners, wantedVoters } = configuration;
  const isJoint = oldVoters.length > 0;
  if (voters.includes(id)) return isJoint && !oldVoters.includes(id) ? "joining" : "voter";
  if (oldVoters.includes(id)) return "leaving";
  if (learners.includes(id)) return wantedVoters?.includes(id) === true ? "catchingUp" : "observer";
  return "outside";
}

function stateOf(server: ServerView): { readonly state: ServerState; readonly why: string } {
  const { goneForGood, pausedUntilUs, state } = server;
  if (goneForGood === "wiped") return { state: "gone", why: "it lost its disk" };
  if (goneForGood === "corrupt") return { state: "gone", why: "it found its disk damaged and stopped" };
  if (goneForGood === "broken") return { state: "gone", why: "it stopped by itself" };
  if (state === "starting") return { state, why: "it reads its disk" };
  if (pausedUntilUs > 0) return { state: "paused", why: `does nothing until ${(pausedUntilUs / 1000).toFixed(1)} ms` };
  return { state, why: "" };
}

function serverOf(
  server: ServerView,
  configuration: Configuration | undefined,
  memory: Memory,
  nowMs: number,
): Omit<ServerPicture, "disk" | "isLit"> {
  const { id, node } = server;
  const membership = membershipOf(id, configuration);
  const raft = node?.raft;
  const status = raft?.status();
  const counts = node?.status();
  return {
    id,
    ...stateOf(server),
    role: raft?.role,
    membership,
    term: raft?.currentTerm ?? 0,
    votedFor: status?.votedFor ?? 0,
    leader: raft?.leader ?? 0,
    votes: raft?.votes ?? [],
    timer: membership === "outside" || membership === "observer" ? undefined : timerOf(server, nowMs),
    log: logOf(server, memory),
    counts: {
      znodes: counts?.znodes ?? 0,
      sessions: counts?.sessions ?? 0,
      watches: counts?.watches ?? 0,
      clients: counts?.connections ?? 0,
    },
  };
}

function timerOf({ node, clock, admitted }: ServerView, nowMs: number): TimerPicture | undefined {
  const timer = node?.raft.electionTimer;
  if (timer === undefined || !admitted) return undefined;
  const leftMs = timer.deadline - clock.now();
  return { deadlineMs: nowMs + leftMs, spanMs: Math.max(timer.timeout, leftMs) };
}

function logOf({ node }: ServerView, memory: Memory): LogPicture {
  if (node === undefined) return { base: 0, last: 0, durable: 0, committed: 0, applied: 0, entries: [] };
  const { raft, machine } = node;
  const { lastIndex, durableIndex, commitIndex } = raft.status();
  const base = raft.logBase.index;
  const entries: EntryPicture[] = [];
  for (let index = Math.max(base + 1, lastIndex - entriesMax + 1); index <= lastIndex; index++) {
    const term = raft.termAt(index) ?? 0;
    entries.push({ index, term, text: memory.textOf(index, term) });
  }
  return {
    base,
    last: lastIndex,
    durable: durableIndex,
    committed: commitIndex,
    applied: machine.appliedIndex,
    entries,
  };
}

function diskOf({ id, disk, node, diskLow }: ServerView, waiting: Waiting, memory: Memory, nowMs: number): DiskPicture {
  const writes: { startedMs: number; doneMs: number }[] = [];
  for (const { time, item } of waiting)
    if (item.kind === "written" && item.server === id && item.write.state === "under way")
      writes.push({ startedMs: (memory.timeOf(item.cause) ?? time) / 1000, doneMs: time / 1000 });
  const hangs = disk.stalledUntilUs / 1000 > nowMs || node?.raft.status().diskHangs === true;
  const state = disk.damaged
    ? "damaged"
    : disk.full
      ? "full"
      : hangs
        ? "hung"
        : diskLow
          ? "low"
          : disk.extraUs > 0
            ? "slow"
            : "well";
  return { state, writes };
}

function linksOf(simulation: Simulation): LinkPicture[] {
  const links: LinkPicture[] = [];
  for (const { id: from } of simulation.allServers)
    for (const { id: to } of simulation.allServers) {
      const view = from === to ? undefined : simulation.link(from, to);
      const found = view?.disturbed === true ? disturbance(view, simulation.now) : undefined;
      if (found !== undefined) links.push({ from, to, ...found });
    }
  return links;
}

function disturbance(link: LinkView, nowUs: number): Pick<LinkPicture, "state" | "why"> | undefined {
  if (link.blocked) return { state: "cut", why: "cut" };
  if (link.loss >= 1) return { state: "cut", why: "all messages are lost" };
  if (link.cloggedUntilUs > nowUs)
    return { state: "held", why: `held back until ${(link.cloggedUntilUs / 1000).toFixed(1)} ms` };
  const parts = [
    link.loss > 0 ? `${percent(link.loss)} are lost` : "",
    link.duplicate > 0 ? `${percent(link.duplicate)} come twice` : "",
    link.delayRate > 0 ? `${percent(link.delayRate)} are late` : "",
    link.replay > 0 ? "old ones come again" : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? undefined : { state: "bad", why: parts.join(", ") };
}

function percent(rate: number): string {
  return `${Math.round(rate * 100)} %`;
}

function clientOf({ id, connection, sessionId, record: { pending }, watches }: ClientView): ClientPicture {
  return {
    id,
    name: `c${id}`,
    state: connection === undefined ? "lost" : connection.state === "open" ? "connected" : "connecting",
    server: connection?.server ?? 0,
    session: sessionId,
    pending,
    watches: watches.map(({ kind, path }) => `${kind} ${path}`),
  };
}
