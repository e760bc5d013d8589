/**
 * A session expires only after its leader has heard nothing of it for the session's timeout, by the leader's own clock
 * and while its process ran; and in quiet times, with every link and process sound, not while its client speaks up. No
 * client is told of an end that the log has not decided, and one that has closed its session of no other end.
 */
import { limits } from "../../src/base/limits.ts";
import type { SessionId } from "../../src/base/operations.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Entry, ServerId, Term } from "../../src/raft/types.ts";
import type { HistoryOperation, SessionEvent } from "../world/history.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { commandOf } from "./commands.ts";
import type { ModelFeed } from "./model-feed.ts";

/** The leader looks at its sessions this often, and its reckoning is off by up to two looks. */
const slackMs = 600;
/** A client's word reaches the leader within this in quiet times: a tick of its server, a turn, a hop. */
const quietMs = 1_500;

/** What the checker knows of one server's process. */
interface Watcher {
  /** The term that it leads, or 0, and its running time when it had applied an entry of that term. */
  leading: Term;
  leadingSince: number;
  leadingSinceUs: number;
  /** Running time at which the process heard of each session. */
  readonly heard: Map<SessionId, number>;
  /** The same of the present turn: what ends with this turn may have been decided before it was heard. */
  readonly heardInTurn: Map<SessionId, number>;
  /** Time that it slept, ms of its clock, and how often; when the present sleep began. */
  slept: number;
  sleeps: number;
  sleepingSince: number | undefined;
}

export class SessionExpiry implements Observer {
  readonly name = "session-expiry";
  readonly #feed: ModelFeed;
  #world: World | undefined;
  #timeoutMs = 0;
  /** By server id. */
  readonly #watchers: Watcher[] = [];
  /** The session that a connection is attached to. */
  readonly #sessions = new Map<number, SessionId>();
  /** When a client's word for its session last reached which server, virtual µs. */
  readonly #spoke = new Map<SessionId, Map<ServerId, number>>();
  /** The session that each client has closed last. */
  readonly #closed = new Map<number, SessionId>();
  /** Since when nothing is disturbed, virtual µs. */
  #quietSinceUs: number | undefined = 0;

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  /** A client is told of its session's end only by the log's decision. */
  sessionEvent({ client, type, reason, sessionId }: SessionEvent): void {
    if (this.#closed.get(client) === sessionId && sessionId !== 0 && reason !== "closed")
      throw new InvariantBroken(
        this.name,
        `client ${client} was told that its session ${sessionId} is closed, and then: ${reason ?? type}`,
      );
    if (type === "ended" && reason === "expired") this.#isOver(client, sessionId, "has expired");
  }

  answered({ client, outcome, invocation, sessionId }: HistoryOperation): void {
    if (outcome !== "answered" || invocation.type !== "close") return;
    this.#closed.set(client, sessionId);
    this.#isOver(client, sessionId, "is closed");
  }

  #isOver(client: number, session: SessionId, what: string): void {
    if (session === 0 || !this.#feed.model.sessions.has(session)) return;
    const told = `client ${client} was told that its session ${session} ${what}`;
    throw new InvariantBroken(this.name, `${told}, but the log has not ended it`);
  }

  begin(world: World): void {
    this.#world = world;
    const { sessionTimeoutMs } = world.plan.config;
    this.#timeoutMs = Math.min(Math.max(sessionTimeoutMs, limits.sessionTimeoutMinMs), limits.sessionTimeoutMaxMs);
    for (let id = 0; id < world.servers.length; id++) this.#watchers[id] = newWatcher();
  }

  started(server: ServerView): void {
    this.#watchers[server.id] = newWatcher();
  }

  fault(): void {
    this.#quietSinceUs = undefined;
    for (const server of this.#world?.allServers ?? []) {
      const watcher = this.#of(server.id);
      if (server.pausedUntilUs > 0) watcher.sleepingSince ??= server.clock.now();
    }
  }

  /** A message that goes lost is no quiet. */
  lost(): void {
    if (this.#quietSinceUs !== undefined) this.#quietSinceUs = this.#world?.now;
  }

  calmed(): void {
    this.#quietSinceUs = this.#world?.now;
    for (const server of this.#world?.allServers ?? []) this.#wakes(server);
  }

  woke(server: ServerView): void {
    this.#wakes(server);
  }

  spokenTo(server: ServerView, connection: number): void {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    const spoke = this.#spoke.get(session) ?? new Map<ServerId, number>();
    this.#spoke.set(session, spoke.set(server.id, this.#world?.now ?? 0));
    this.#of(server.id).heardInTurn.set(session, this.#running(server));
  }

  delivered(_from: ServerId, to: ServerView, message: PeerMessage): void {
    if (message.type !== "TouchSessions") return;
    const { heardInTurn } = this.#of(to.id);
    for (const session of message.sessionIds) heardInTurn.set(session, this.#running(to));
  }

  serverFrame(_server: ServerView, _client: number, connection: number, messages: readonly ServerMessage[]): void {
    for (const message of messages)
      if (message.type === "connected") this.#sessions.set(connection, message.sessionId);
      else if (message.type === "refused") this.#sessions.delete(connection);
  }

  effects(server: ServerView, effects: Effects): void {
    const raft = server.node?.raft;
    if (raft === undefined) return;
    const watcher = this.#of(server.id);
    const leads = raft.isLeader ? raft.currentTerm : 0;
    if (watcher.leading !== leads) {
      watcher.leading = leads;
      watcher.leadingSince = Number.POSITIVE_INFINITY;
    }
    // An expiry is appended before what the turn commits is applied.
    if (leads > 0) for (const entry of effects.write?.entries ?? []) this.#appends(server, entry);
    if (watcher.heardInTurn.size > 0) {
      for (const [session, at] of watcher.heardInTurn) watcher.heard.set(session, at);
      watcher.heardInTurn.clear();
    }
    if (leads > 0) for (const entry of effects.committed) this.#applies(server, watcher, entry);
  }

  #hears(server: ServerView, session: SessionId): void {
    this.#of(server.id).heard.set(session, this.#running(server));
  }

  #applies(server: ServerView, watcher: Watcher, entry: Entry): void {
    if (entry.term === watcher.leading && watcher.leadingSince === Number.POSITIVE_INFINITY) {
      watcher.leadingSince = this.#running(server);
      watcher.leadingSinceUs = this.#world?.now ?? 0;
    }
    if (entry.kind !== "command") return;
    const { body } = commandOf(entry.data);
    if (body.type === "createSession") this.#hears(server, entry.index);
    else if (body.type === "attachSession") {
      // Whoever was refused, having no password, is no sign of life.
      const { attachment = 0 } = this.#feed.model.sessions.get(body.sessionId) ?? {};
      if (attachment >= entry.index) this.#hears(server, body.sessionId);
    }
  }

  #appends(server: ServerView, entry: Entry): void {
    if (entry.kind !== "command") return;
    const { body } = commandOf(entry.data);
    if (body.type === "expireSessions") for (const { sessionId } of body.sessions) this.#expires(server, sessionId);
  }

  #expires(server: ServerView, session: SessionId): void {
    const watcher = this.#of(server.id);
    const since = Math.max(watcher.leadingSince, watcher.heard.get(session) ?? 0);
    const silentMs = this.#running(server) - since;
    if (silentMs < this.#timeoutMs - slackMs)
      this.#break(server, session, `of which it has heard ${Math.max(0, Math.round(silentMs))} ms ago`);
    this.#quietly(server, watcher, session);
  }

  /** In quiet times the client's word counts, whichever member it was attached to. */
  #quietly(server: ServerView, watcher: Watcher, session: SessionId): void {
    const now = this.#world?.now ?? 0;
    const spoke = this.#spoke.get(session) ?? new Map<ServerId, number>();
    const silentMs = (now - Math.max(0, ...spoke.values())) / 1000;
    if (silentMs > this.#timeoutMs - quietMs) return;
    const fromUs = now - 1000 * this.#timeoutMs;
    if (this.#quietSinceUs === undefined || this.#quietSinceUs > fromUs || watcher.leadingSinceUs > fromUs) return;
    // A server that was removed and has not heard of it takes its clients' words to nobody.
    const isMember = (id: ServerId) => server.configuration?.members.some((member) => member.id === id) === true;
    for (const [id, us] of spoke) if (us > fromUs && !isMember(id)) return;
    this.#break(server, session, `whose client spoke up ${Math.round(silentMs)} ms ago, on a sound network`);
  }

  /** How long the process has run at most, ms: sleep does not count, but for two looks of the leader at its clock. */
  #running(server: ServerView): number {
    const { sleepingSince, slept, sleeps } = this.#of(server.id);
    return (sleepingSince ?? server.clock.now()) - slept + slackMs * sleeps;
  }

  #wakes(server: ServerView): void {
    const watcher = this.#of(server.id);
    if (watcher.sleepingSince === undefined) return;
    watcher.slept += server.clock.now() - watcher.sleepingSince;
    watcher.sleeps++;
    watcher.sleepingSince = undefined;
  }

  #of(id: ServerId): Watcher {
    const watcher = this.#watchers[id];
    if (watcher === undefined) throw new RangeError(`no server ${id}`);
    return watcher;
  }

  #break(server: ServerView, session: SessionId, what: string): never {
    throw new InvariantBroken(
      this.name,
      `n${server.id} ends session ${session}, ${what}; its timeout is ${this.#timeoutMs} ms`,
    );
  }
}

function newWatcher(): Watcher {
  return {
    leading: 0,
    leadingSince: Number.POSITIVE_INFINITY,
    leadingSinceUs: 0,
    heard: new Map(),
    heardInTurn: new Map(),
    slept: 0,
    sleeps: 0,
    sleepingSince: undefined,
  };
}
