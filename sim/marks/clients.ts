/** Marks of reads, sessions and watches. */

import type { Zxid } from "../../src/base/operations.ts";
import type { Read, WatchEvent } from "../../src/base/reads.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Entry, ServerId } from "../../src/raft/types.ts";
import type { Command } from "../../src/znode/commands.ts";
import { commandOf } from "../checkers/commands.ts";
import type { ModelFeed } from "../checkers/model-feed.ts";
import type { RaftChecker } from "../checkers/raft-history.ts";
import { stands } from "../checkers/standing-watch.ts";
import type { HistoryOperation, SessionEvent } from "../world/history.ts";
import type { Observer, StruckFault, World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { Marks } from "./marks.ts";

/** What was last seen of a client. */
interface Seen {
  server: ServerId;
  session: number;
  life: number;
  connection: number;
  /** Newest request sent. */
  xid: number;
  /** It has re-armed watches on the present connection; what they tell up to here it had missed. */
  rearmedUpTo: number;
  lastEvent: number;
  /** Its session may be gone. */
  lost: boolean;
  /** Paths of persistent watches that have fired. */
  readonly fired: Set<string>;
}

/** So many requests of one client wait only if it asks for more whatever is answered. */
const crowdMin = 60;

export class ClientMarks implements Observer, RaftChecker {
  readonly name = "client marks";
  readonly #marks: Marks;
  readonly #feed: ModelFeed;
  /** The last server of which clients know from the start, and the last client that chooses where to go. */
  #known = Number.POSITIVE_INFINITY;
  #choosing = 0;
  /** Clients of the plan; those with higher numbers are strangers. */
  #planned = 0;
  /** By client. */
  readonly #seen: Seen[] = [];
  #world: World | undefined;
  /** By client: until when its process stands still, virtual µs. */
  readonly #stillUntilUs: number[] = [];
  /** By client: operations without an answer. */
  readonly #unanswered: number[] = [];

  /** Is to watch the log before `feed` does. */
  constructor(marks: Marks, feed: ModelFeed) {
    this.#marks = marks;
    this.#feed = feed;
  }

  drained(): void {
    this.#marks.hit("client-read-again");
  }

  fault({ action, client }: StruckFault): void {
    if (action.kind !== "pauseClient") return;
    const untilUs = (this.#world?.now ?? 0) + 1000 * action.forMs;
    for (let who = 1; who <= this.#planned; who++)
      if (action.client === "all" || who === (client ?? action.client)) this.#stillUntilUs[who] = untilUs;
  }

  begin(world: World): void {
    const { config } = world.plan;
    this.#world = world;
    this.#planned = config.clients;
    this.#choosing = config.clients - config.balanced;
    if (config.learning) this.#known = config.servers;
  }

  committed(_id: ServerId, entry: Entry): void {
    if (entry.index !== this.#feed.model.applied + 1 || entry.kind !== "command") return;
    this.#command(commandOf(entry.data));
  }

  step({ node }: ServerView): void {
    if (node?.hasEventsLeft === true) this.#marks.hit("events-wait-for-next-turn");
    else if (node?.hasEntriesLeft === true) this.#marks.hit("entries-wait-for-next-turn");
    if (node?.hasReadsLeft !== true) return;
    if (node.hasEventsLeft) this.#marks.hit("reads-wait-for-events");
    else if (node.hasWatchesLeft) this.#marks.hit("watches-armed-in-turns");
    else this.#marks.hit("reads-wait-for-next-turn");
  }

  effects(_server: ServerView, { reads }: Effects): void {
    if (reads.length > 1) this.#marks.hit("reads-batched");
  }

  delivered(_from: ServerId, to: ServerView, message: PeerMessage): void {
    const { node } = to;
    if (node === undefined) return;
    if (message.type === "ReadIndex" && !node.raft.isLeader) this.#marks.hit("read-asks-no-leader");
    if (message.type !== "ReadIndexReply") return;
    this.#marks.hit("follower-reads");
    if (message.index > node.machine.appliedIndex) this.#marks.hit("read-waits-for-apply");
  }

  invoked({ client }: HistoryOperation): void {
    const unanswered = (this.#unanswered[client] ?? 0) + 1;
    this.#unanswered[client] = unanswered;
    if (unanswered >= crowdMin) this.#marks.hit("requests-crowd");
  }

  answered({ client, outcome, invocation, zxid, result }: HistoryOperation): void {
    this.#unanswered[client] = (this.#unanswered[client] ?? 0) - 1;
    if (outcome === "answered" && invocation.type === "read" && result?.failure === undefined)
      this.#page(invocation.read, zxid);
    if (outcome === "lost") this.#marks.hit("operation-lost");
    else if (invocation.type === "read" && invocation.read.kind !== "sync" && invocation.read.local)
      if (zxid < this.#feed.model.applied) this.#marks.hit("local-read-is-old");
  }

  #page({ path, after = "" }: Read, zxid: Zxid): void {
    if (after === "") return;
    this.#marks.hit("page-goes-on");
    const { model } = this.#feed;
    if (zxid <= model.applied && !model.tree.childrenAt(path, zxid).includes(after))
      this.#marks.hit("page-behind-deleted-name");
  }

  clientFrame(client: number, _server: ServerId, connection: number, messages: readonly ClientMessage[]): void {
    if (client > this.#planned) return;
    const seen = this.#of(client);
    if (seen.connection !== connection) {
      seen.connection = connection;
      seen.rearmedUpTo = 0;
    }
    for (const message of messages) {
      if (message.type === "request") {
        if (message.xid <= seen.xid) this.#marks.hit("request-resent");
        seen.xid = message.xid;
      } else if (message.type === "setWatches" && message.watches.length > 0) {
        this.#marks.hit("watch-re-armed");
        seen.rearmedUpTo = this.#feed.model.applied;
      } else if (message.type === "connect" && message.sessionId === 0) seen.xid = 0;
      else if (message.type === "disarm") this.#marks.hit("watch-disarmed");
    }
  }

  serverFrame(_server: ServerView, client: number, _connection: number, messages: readonly ServerMessage[]): void {
    if ((this.#stillUntilUs[client] ?? 0) > (this.#world?.now ?? 0)) this.#marks.hit("client-stood-still");
    for (const message of messages)
      if (client > this.#planned && message.type === "refused") this.#marks.hit("stranger-refused");
      else if (message.type === "pong" && !message.quorum) this.#marks.hit("no-quorum-told");
      else if (message.type === "heard") this.#marks.hit("session-heard");
      else if (message.type === "refused" && message.failure.code === "NO_QUORUM") this.#marks.hit("no-quorum-told");
  }

  sessionEvent({ client, life, type, reason, server, sessionId, event }: SessionEvent): void {
    const seen = this.#of(client);
    if (type === "lost") {
      this.#marks.hit("session-lost");
      seen.lost = true;
    }
    if (type === "ended" && reason === "taken") this.#marks.hit("session-taken");
    if (type === "ended" && reason === "misled") this.#marks.hit("session-misled");
    if (type === "connected") {
      if (seen.session === sessionId && seen.life !== life) this.#marks.hit("session-inherited");
      seen.session = sessionId;
      if (seen.lost && seen.life === life) this.#marks.hit("lost-session-lives");
      if (server > this.#known && client <= this.#choosing) this.#marks.hit("member-learned");
      if (seen.life === life && seen.server !== server) this.#marks.hit("session-moves");
      seen.life = life;
      seen.server = server;
      seen.lost = false;
    }
    if (event === undefined) return;
    this.#marks.hit("watch-fires");
    if (stands(event.kind)) this.#stands(seen, event);
    else if (event.type === "resync") this.#marks.hit("watch-resync");
    else if (event.zxid <= seen.rearmedUpTo) this.#marks.hit("re-armed-watch-fires-at-once");
    if (event.zxid === seen.lastEvent) this.#marks.hit("watch-events-of-one-entry");
    seen.lastEvent = event.zxid;
  }

  #stands(seen: Seen, { type, kind, path }: WatchEvent): void {
    if (type === "resync") this.#marks.hit("standing-watch-resync");
    else if (kind === "persistent" && seen.fired.has(path)) this.#marks.hit("standing-watch-fires");
    else if (kind === "persistent") seen.fired.add(path);
    else if (path.split("/").length > 2) this.#marks.hit("recursive-watch-below");
  }

  /** What comes through the log meets the sessions as they were before it. */
  #command({ body, origin, proposal }: Command): void {
    const { sessions, tree } = this.#feed.model;
    if (body.type === "createSession" || body.type === "removeUnused") return;
    if (body.type === "expireSessions") {
      for (const { sessionId, attachment } of body.sessions) {
        const session = sessions.get(sessionId);
        if (session === undefined) continue;
        if (session.attachment !== attachment) this.#marks.hit("expiry-too-late");
        else if (tree.ownsAny(sessionId)) this.#marks.hit("session-expires");
      }
      return;
    }
    const session = sessions.get(body.sessionId);
    if (body.type === "attachSession") {
      if (session?.attachedBy === `${origin}.${proposal}`) this.#marks.hit("attach-repeated");
      return;
    }
    if (session === undefined) this.#marks.hit("write-of-ended-session");
    else if (session.attachment !== body.attachment) this.#marks.hit("write-of-old-attachment");
    else if (body.requestId <= session.lastRequestId) this.#marks.hit("duplicate-write");
    else if (body.requestId > session.lastRequestId + 1) this.#marks.hit("write-too-early");
  }

  #of(client: number): Seen {
    let seen = this.#seen[client];
    if (seen === undefined) {
      seen = {
        server: 0,
        session: 0,
        life: 0,
        connection: 0,
        xid: 0,
        rearmedUpTo: 0,
        lastEvent: 0,
        lost: false,
        fired: new Set(),
      };
      this.#seen[client] = seen;
    }
    return seen;
  }
}
