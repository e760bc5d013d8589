/** What those who look at the cluster get to see: the shapes of `/events`, `/sessions`, `/watches` and `/tree`. */
import type { PeerMessageKind } from "../base/message-kinds.ts";
import type { Stat } from "../base/operations.ts";
import type { ShownRole } from "../base/roles.ts";
import type { SessionRow } from "../node/clients/session-page.ts";
import type { MemberStatus, NodeStatus } from "../node/status.ts";
import type { TermStretch } from "../raft/log.ts";

/** How long something took of late, milliseconds; all zero if there was nothing. */
export interface Durations {
  /** Measured in the last ten seconds, at most the newest 500. */
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Requests of a server's clients. */
export interface RequestTraffic {
  /** Null until it has been watched for long enough to tell. */
  readonly perSecond: number | null;
  /** From the arrival of a request to its answer, of a sample. */
  readonly latency: Durations;
}

/** The stream from a server to another one. */
export interface LinkGlimpse {
  readonly id: number;
  readonly connected: boolean;
  readonly queuedBytes: number;
  readonly droppedMessages: number;
  /** Messages sent a second, by what they are for, those of which there are any; null until it has been watched for long enough. */
  readonly perSecond?: Readonly<Partial<Record<PeerMessageKind, number>>> | null;
}

/** What one server says of itself. */
export interface Glimpse {
  readonly status: Omit<NodeStatus, "role"> & { readonly role: ShownRole };
  /** In its term; 0: for nobody. */
  readonly votedFor: number;
  /** Of a candidate: whose votes, or pre-votes, it has. Missing where a server of an older version tells. */
  readonly votes?: readonly number[];
  /** In how many ms it campaigns unless it hears from a leader, and of how many; null: it leads. */
  readonly timer?: { readonly leftMs: number; readonly spanMs: number } | null;
  /** Since it started, milliseconds. */
  readonly upMs: number;
  /** The end of its log, oldest first. */
  readonly log: readonly TermStretch[];
  readonly links: readonly LinkGlimpse[];
  /** From handing a batch to the disk until it was durable. */
  readonly disk: Durations;
  /** Turns of its loop. */
  readonly turns: Durations;
  readonly reads: RequestTraffic;
  readonly writes: RequestTraffic;
  /** Of one core, 0 to 1 and more; null until it has been watched for long enough. */
  readonly processor: number | null;
  readonly memoryBytes: number;
}

/** One server of the cluster, as the server that looks sees it. */
export interface ObservedServer extends Omit<MemberStatus, "voter"> {
  /** Undefined for a server that is no member. */
  readonly voter?: boolean;
  /** What it said last; null: nothing yet. */
  readonly glimpse: Glimpse | null;
  /** How old that is, milliseconds. */
  readonly ageMs: number;
  /** From asking it to its answer; null of the server that looks, and until it has answered. */
  readonly roundTripMs: number | null;
  /** Why it said nothing when it was asked last, in a few words; null: it did. */
  readonly silence: string | null;
}

/** The whole cluster, as one server sees it. */
export interface ClusterView {
  readonly clusterId: string;
  /** Which server looks. */
  readonly from: number;
  /** Its wall clock, Unix milliseconds. */
  readonly atMs: number;
  /** Time between two views, milliseconds. */
  readonly intervalMs: number;
  /** The leader that a majority follows, and its term; null: nobody is served. */
  readonly leader: number | null;
  readonly term: number;
  /** A sentence that says why nobody is served. */
  readonly trouble: string | null;
  /** Sorted by id. */
  readonly servers: readonly ObservedServer[];
  /** Pages that this server keeps up to date. */
  readonly pages: number;
}

/** What happened, as the server that tells it saw it. */
export type FeedEvent = FeedFact & {
  /** Rises by one from event to event of one process; where some are left out it skips. */
  readonly n: number;
  /**
   * Of changes and sessions the time stamp of the write, as the leader gave it; else by the wall clock of the server that
   * tells. Unix milliseconds.
   */
  readonly atMs: number;
};

export type FeedFact =
  | { readonly type: "created" | "deleted" | "dataChanged"; readonly path: string; readonly zxid: number }
  | {
      readonly type: "sessionOpened" | "sessionMoved" | "sessionClosed" | "sessionExpired";
      readonly session: number;
      readonly zxid: number;
    }
  /** This server's leader; null: it knows none. */
  | { readonly type: "leader"; readonly leader: number | null; readonly term: number }
  | { readonly type: "role"; readonly server: number; readonly role: string; readonly term: number }
  | { readonly type: "silent"; readonly server: number; readonly why: string }
  | { readonly type: "answers"; readonly server: number }
  | { readonly type: "membership"; readonly voters: readonly number[]; readonly observers: readonly number[] };

/** What `/events` tells, by the name of the event. */
export interface LiveEvents {
  readonly cluster: ClusterView;
  readonly feed: readonly FeedEvent[];
  /** The server stops. */
  readonly bye: Record<string, never>;
}

/** A session, as all servers that answer know it. */
export interface ObservedSession extends Omit<SessionRow, "attachedHere" | "silentMs" | "watches"> {
  /** The server to which its client is connected; null: to none, as far as is known. */
  readonly attachedTo: number | null;
  /** What its client watches there; null: not known. */
  readonly watches: number | null;
  /** For how long the leader has not heard of it, milliseconds; null: there is no leader to tell. */
  readonly silentMs: number | null;
}

export interface SessionsAnswer {
  /** Of the state that is shown. */
  readonly zxid: number;
  readonly sessions: readonly ObservedSession[];
  /** There are more behind the last one. */
  readonly more: boolean;
  /** In all. */
  readonly total: number;
}

/** Watched paths of one server's clients. */
export interface WatchedPaths {
  readonly id: number;
  readonly total: number;
  /** Paths and kinds, each with the clients that watch; not all if there are many. */
  readonly watched: readonly { readonly kind: string; readonly path: string; readonly watchers: number }[];
}

export interface WatchesAnswer {
  readonly servers: readonly WatchedPaths[];
  /** Members that did not answer: what their clients watch is not known. */
  readonly missing: readonly number[];
}

/** A child, as far as a list shows it. */
export interface TreeChild {
  readonly name: string;
  readonly numChildren: number;
  readonly dataLength: number;
  readonly ephemeral: boolean;
}

export interface TreeAnswer {
  /** The server whose state this is, and the newest entry in it. */
  readonly server: number;
  readonly zxid: number;
  readonly path: string;
  readonly stat: Stat;
  /** Base64: a piece of the data that begins at byte `at`. */
  readonly data: string;
  readonly at: number;
  /** In order, behind `from` if that was given. */
  readonly children: readonly TreeChild[];
  /** There are more behind the last one. */
  readonly more: boolean;
}
