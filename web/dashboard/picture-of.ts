/** The picture of a live cluster: what the simulator's picture shows, as far as it can be known from outside. Pure. */
import type { ClusterView, FeedEvent, Glimpse, ObservedServer, ObservedSession } from "../../src/http/observed.ts";
import type {
  ClientPicture,
  EntryPicture,
  FlowPicture,
  LinkPicture,
  Membership,
  Picture,
  RoleInPicture,
  ServerPicture,
  ServerState,
  TimerPicture,
} from "../picture/picture.ts";
import { flowOf } from "./flow.ts";

/** Entries of a log that are shown at most. */
const entriesMax = 48;
/** Clients in the picture at most: more of them would hide the servers. */
const clientsMax = 14;
/** A disk that has owed a write for so long is slow, ms. */
const slowDiskMs = 300;

/** What the view shows, with the sessions that are known and what the last entries did. */
export function pictureOf(
  view: ClusterView,
  sessions: readonly ObservedSession[],
  feed: readonly FeedEvent[],
): Picture {
  const texts = new Map(feed.flatMap((event) => ("zxid" in event ? [[event.zxid, textOf(event)] as const] : [])));
  return {
    nowMs: view.atMs,
    servers: view.servers.map((server) => serverOf(server, view, texts)),
    links: view.servers.flatMap((server) => linksFrom(server, view)),
    messages: [],
    flows: view.servers.flatMap((server) => flowsFrom(server, view)),
    clients: sessions.slice(0, clientsMax).map(clientOf),
  };
}

/** What an entry did, as the feed has it. */
function textOf(event: Extract<FeedEvent, { readonly zxid: number }>): string {
  return "path" in event ? `${event.type} ${event.path}` : `${event.type} ${event.session}`;
}

const unknown: Omit<ServerPicture, "id" | "state" | "why" | "membership"> = {
  ...{ role: undefined, term: 0, votedFor: 0, leader: 0, votes: [], timer: undefined, isLit: false },
  log: { base: 0, last: 0, durable: 0, committed: 0, applied: 0, entries: [] },
  disk: { state: "well", writes: [] },
  counts: { znodes: 0, sessions: 0, watches: 0, clients: 0 },
};

function serverOf(server: ObservedServer, view: ClusterView, texts: ReadonlyMap<number, string>): ServerPicture {
  const { id, glimpse } = server;
  const known = { id, state: stateOf(server), why: whyOf(server), membership: membershipOf(server) };
  if (glimpse === null) return { ...unknown, ...known };
  const { status, votedFor } = glimpse;
  const { term, leader, znodes, sessions, watches, connections } = status;
  return {
    ...unknown,
    ...known,
    role: roleOf(status.role),
    term,
    votedFor,
    // A silent server says nothing of today.
    leader: server.silence === null ? (leader ?? 0) : 0,
    votes: glimpse.votes ?? [],
    timer: timerOf(server, view),
    log: logOf(glimpse, view, texts),
    disk: { state: diskOf(status), writes: [] },
    counts: { znodes, sessions, watches, clients: connections },
  };
}

/** As it was when the server said so: it does not say what came since. */
function timerOf({ glimpse, silence, ageMs, voter }: ObservedServer, { atMs }: ClusterView): TimerPicture | undefined {
  const timer = glimpse?.timer;
  if (timer == null || silence !== null || voter !== true) return undefined;
  return { deadlineMs: atMs - ageMs + timer.leftMs, spanMs: timer.spanMs };
}

function stateOf({ silence, glimpse }: ObservedServer): ServerState {
  if (silence !== null) return "unknown";
  return glimpse?.status.admitted === false ? "starting" : "running";
}

function whyOf({ silence, glimpse }: ObservedServer): string {
  if (silence !== null) return silence;
  return glimpse?.status.ready === false ? (glimpse.status.reason ?? "not ready") : "";
}

function membershipOf({ voter, state }: ObservedServer): Membership {
  if (voter === undefined) return "outside";
  return state ?? (voter ? "voter" : "observer");
}

function roleOf(role: Glimpse["status"]["role"]): RoleInPicture {
  return role === "leader" || role === "candidate" || role === "preCandidate" ? role : "follower";
}

function diskOf({ diskStalledMs = 0, diskLow }: Glimpse["status"]): ServerPicture["disk"]["state"] {
  if (diskStalledMs >= 1_000) return "hung";
  if (diskStalledMs >= slowDiskMs) return "slow";
  return diskLow === true ? "low" : "well";
}

/** The end of the log, entry by entry, as far as it reaches into what is shown of all. */
function logOf(glimpse: Glimpse, view: ClusterView, texts: ReadonlyMap<number, string>): ServerPicture["log"] {
  const { status, log } = glimpse;
  const lastOfAll = Math.max(...view.servers.map((server) => server.glimpse?.status.lastIndex ?? 0));
  const entries: EntryPicture[] = [];
  for (const { term, first, last } of log)
    for (let index = Math.max(first, lastOfAll - entriesMax + 1); index <= last; index++)
      entries.push({ index, term, text: texts.get(index) ?? "" });
  const { lastIndex, durableIndex, commitIndex, appliedIndex, firstIndex } = status;
  return {
    base: firstIndex - 1,
    last: lastIndex,
    durable: durableIndex,
    committed: Math.min(commitIndex, lastIndex),
    applied: Math.min(appliedIndex, commitIndex, lastIndex),
    entries,
  };
}

/** Streams that a server has not open to others; of a server that is silent, nothing arrives at all. */
function linksFrom({ id, glimpse, silence }: ObservedServer, { servers }: ClusterView): LinkPicture[] {
  if (silence !== null || glimpse === null) return [];
  return glimpse.links.flatMap((link): LinkPicture[] => {
    if (link.connected || !servers.some((server) => server.id === link.id)) return [];
    return [{ from: id, to: link.id, state: "cut", why: `server ${id} has no stream to server ${link.id}` }];
  });
}

function flowsFrom({ id, glimpse, silence }: ObservedServer, { servers }: ClusterView): FlowPicture[] {
  if (silence !== null || glimpse === null) return [];
  return glimpse.links.flatMap((link): FlowPicture[] => {
    const flow = flowOf(link);
    if (flow === undefined || !link.connected || !servers.some((server) => server.id === link.id)) return [];
    return [{ from: id, to: link.id, ...flow, text: `n${id} → n${link.id}: ${flow.text}` }];
  });
}

function clientOf({ id, attachedTo, silentMs, timeoutMs }: ObservedSession, i: number): ClientPicture {
  const isLost = attachedTo === null || (silentMs !== null && silentMs > timeoutMs / 2);
  return {
    ...{ id: i + 1, name: `c${i + 1}`, state: isLost ? "lost" : "connected", server: attachedTo ?? 0, session: id },
    ...{ pending: 0, watches: [] },
  };
}
