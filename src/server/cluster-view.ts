/** Puts together what one server knows of the cluster: its own word, and the last one of each other member. */
import type { ClusterView, Glimpse, ObservedServer } from "../http/observed.ts";
import type { MemberStatus } from "../node/status.ts";

/** What is known of another server. */
export interface KnownServer {
  readonly glimpse: Glimpse | null;
  /** How old it is, milliseconds. */
  readonly ageMs: number;
  readonly roundTripMs: number | null;
  /** Why it has not answered when it was asked last; null: it has. */
  readonly silence: string | null;
}

/** What a view is made of. */
export interface ViewSources {
  readonly own: Glimpse;
  /** By id. */
  readonly heard: ReadonlyMap<number, KnownServer>;
  readonly atMs: number;
  readonly intervalMs: number;
  readonly pages: number;
}

const unheard: KnownServer = { glimpse: null, ageMs: 0, roundTripMs: null, silence: "it was not asked yet" };

/** The cluster as the server of `own` sees it. */
export function clusterView({ own, heard, atMs, intervalMs, pages }: ViewSources): ClusterView {
  const said = [
    own,
    ...[...heard.values()].flatMap(({ glimpse, silence }) => (silence === null && glimpse !== null ? [glimpse] : [])),
  ];
  const leader = servingLeader(said);
  // The leader knows of each member how far it is; without one the newest configuration that is known has to do.
  const { members } = (leader ?? newestOf(said)).status;
  const self: KnownServer = { glimpse: own, ageMs: 0, roundTripMs: null, silence: null };
  const listed = members.some(({ id }) => id === own.status.id) ? members : [...members, stranger(own)];
  const servers = listed
    .map(
      (member): ObservedServer => ({
        ...member,
        ...(member.id === own.status.id ? self : (heard.get(member.id) ?? unheard)),
      }),
    )
    .map(withoutMembers)
    .sort((a, b) => a.id - b.id);
  return {
    clusterId: own.status.clusterId,
    from: own.status.id,
    atMs,
    intervalMs,
    leader: leader?.status.id ?? null,
    term: Math.max(...said.map(({ status }) => status.term)),
    trouble: leader === undefined ? troubleOf(own, servers) : null,
    servers,
    pages,
  };
}

/** The server that leads and has a majority behind it; of two that say so the one of the higher term. */
function servingLeader(said: readonly Glimpse[]): Glimpse | undefined {
  const leaders = said.filter(({ status }) => status.role === "leader" && status.ready);
  return leaders.sort((a, b) => b.status.term - a.status.term)[0];
}

function newestOf(said: readonly Glimpse[]): Glimpse {
  return said.reduce((a, b) => (b.status.members.length > 0 && b.status.commitIndex > a.status.commitIndex ? b : a));
}

/** The server that looks, which is no member: it waits to be added, or was removed. */
function stranger({ status }: Glimpse): Omit<MemberStatus, "voter"> {
  return { id: status.id, peerAddress: "", clientAddress: "" };
}

/** The members are the view's own: seven servers need not send them seven times. */
function withoutMembers(server: ObservedServer): ObservedServer {
  const { glimpse } = server;
  if (glimpse === null) return server;
  return { ...server, glimpse: { ...glimpse, status: { ...glimpse.status, members: [] } } };
}

function troubleOf(own: Glimpse, servers: readonly ObservedServer[]): string {
  if (own.status.joining === true || own.status.admitted === false) return sentence(own.status.reason ?? "starting");
  const voters = servers.filter(({ voter }) => voter === true);
  const silent = voters.filter(({ silence }) => silence !== null);
  const answering = voters.length - silent.length;
  const counted = `${answering} of ${voters.length} voting servers ${answering === 1 ? "answers" : "answer"}`;
  if (answering * 2 <= voters.length) {
    const names = silent.map(({ id }) => id).join(", ");
    return `There is no quorum: ${counted} (not ${names}), and a majority is needed. Nobody is served until more are back.`;
  }
  const why = own.status.ready
    ? "an election is on, or the leader does not answer here"
    : (own.status.reason ?? "no leader");
  return `No leader serves at this moment: ${why}; ${counted}.`;
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
