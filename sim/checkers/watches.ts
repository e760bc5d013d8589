/**
 * Watches, as in ZooKeeper: each fires at most once, for the first change since it was armed and for no other; events
 * come in the order of zxids and before any answer that shows their change; and none is missed, on whatever servers the
 * session was meanwhile.
 */

import { limits } from "../../src/base/limits.ts";
import type { Zxid } from "../../src/base/operations.ts";
import type { WatchEvent, WatchKind, WatchSpec } from "../../src/base/reads.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Index, ServerId } from "../../src/raft/types.ts";
import type { HistoryOperation, SessionEvent } from "../world/history.ts";
import { firstIdentities } from "../world/identities.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { ModelFeed } from "./model-feed.ts";
import { SaidIdentities, SureIdentities } from "./readable-changes.ts";
import { covers, happenedBetween, StandingWatch, stands } from "./standing-watch.ts";
import { armedBy, firstChange, happened } from "./watch-model.ts";

/** A watch as the user knows it. */
interface Watch extends WatchSpec {
  /** The state in which it was armed. */
  readonly armedAt: Zxid;
}

/** What one session of a client waits for. */
interface Waiting {
  readonly life: number;
  readonly watches: Map<string, Watch>;
  /** Those that stay armed. */
  readonly standing: Map<string, StandingWatch>;
  readonly identities: SureIdentities;
  /** Zxid of the newest event. */
  lastEvent: Zxid;
}

/** What one connection has armed on its server. */
interface Armed {
  readonly connection: number;
  readonly identities: SaidIdentities;
  readonly watches: Set<string>;
  /** Those re-armed on it, with the zxid up to which the client knew everything. */
  readonly rearmed: Map<string, Zxid>;
  /** Reads without an answer that will arm a watch, by xid. */
  readonly reads: Map<number, Extract<ClientMessage, { readonly type: "request" }>["body"]>;
}

export class Watches implements Observer {
  readonly name = "watches";
  readonly #feed: ModelFeed;
  /** By client. */
  readonly #waiting: Waiting[] = [];
  /** By client: of its newest connection. */
  readonly #armed: Armed[] = [];
  /**
   * By client: what it was sent, on whatever connection, that may tell of the state instead of the first change. It is told
   * when the client may have turned to another server already.
   */
  readonly #late: Set<string>[] = [];
  /** Servers remember so few changes that they may say of any watch that they know no more. */
  #forgets = false;
  /** By server id: the checkpoint or snapshot that it began with; what changed before is unknown to it but for Stats. */
  readonly #remembersFrom: Index[] = [];
  /** Whether servers know the addresses of their clients. */
  #addresses = false;

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  begin({ plan }: World): void {
    this.#addresses = plan.config.addresses;
    this.#forgets = plan.config.changeHistoryMax < limits.changeHistoryMax;
  }

  answered({ client, life, invocation, identities: shown, outcome, result, zxid }: HistoryOperation): void {
    // A session that has ended needs no events. That it has, a client may learn from the refusal of its next connection.
    if (outcome !== "answered" || result === undefined || invocation.type === "close" || invocation.type === "auth")
      return;
    const { watches, standing, identities } = this.#of(client, life);
    identities.answered(shown, this.#feed.model.applied);
    for (const watch of watches.values()) {
      const change = firstChange(this.#feed.model, watch.path, watch.kind, watch.armedAt);
      if (change !== undefined && change.zxid <= zxid)
        this.#break(
          client,
          `was answered with zxid ${zxid}, but its watch (${watch.kind}) on ${watch.path}, armed at ${watch.armedAt}, ` +
            `has not told of "${change.type}" at ${change.zxid}`,
        );
    }
    for (const watch of standing.values()) this.#hasTold(client, watch, zxid);
    const kind = armedBy(invocation, result);
    if (kind === undefined || invocation.type !== "read") return;
    const { path } = invocation.read;
    const key = keyOf(kind, path);
    if (stands(kind)) {
      const mayRead = identities.mayRead.bind(identities);
      if (!standing.has(key))
        standing.set(key, new StandingWatch({ kind, path }, this.#feed.model.tree, zxid, mayRead));
    } else if (!watches.has(key)) watches.set(key, { kind, path, armedAt: zxid });
  }

  sessionEvent({ client, life, type, event, watches = [], watch: unwatched }: SessionEvent): void {
    const waiting = this.#of(client, life);
    if (type === "ended") {
      waiting.watches.clear();
      waiting.standing.clear();
    }
    if (unwatched !== undefined) {
      waiting.watches.delete(keyOf(unwatched.kind, unwatched.path));
      waiting.standing.delete(keyOf(unwatched.kind, unwatched.path));
    }
    if (event === undefined) return;
    const { kind, path, zxid } = event;
    if (stands(kind)) return this.#stands(client, waiting, event, watches);
    const watch = waiting.watches.get(keyOf(kind, path));
    if (watch === undefined) this.#break(client, `had an event on ${path} (${kind}) that it does not wait for`);
    waiting.watches.delete(keyOf(kind, path));
    if (zxid < waiting.lastEvent) this.#break(client, `had an event of zxid ${zxid} after one of ${waiting.lastEvent}`);
    waiting.lastEvent = zxid;
    if (event.type !== "resync") this.#isFirst(client, watch, event);
    else if (!this.#isLate(client, event))
      this.#break(client, `had "resync" for its watch (${kind}) on ${path}, though its server knows what changed`);
  }

  /** An event of watches that stay armed: of several recursive ones above a change it may be that of all. */
  #stands(client: number, waiting: Waiting, event: WatchEvent, watches: readonly WatchSpec[]): void {
    const { type, kind, path, zxid } = event;
    if (zxid < waiting.lastEvent) this.#break(client, `had an event of zxid ${zxid} after one of ${waiting.lastEvent}`);
    waiting.lastEvent = zxid;
    for (const key of new Set(watches.map((watch) => keyOf(watch.kind, watch.path)))) {
      const watch = waiting.standing.get(key);
      if (watch === undefined || !(type === "resync" ? key === keyOf(kind, path) : covers(watch.spec, path)))
        this.#break(client, `had an event on ${path} (${kind}) from its watch ${key}, which does not wait for it`);
      if (type === "resync") {
        if (!this.#isLate(client, event))
          this.#break(client, `had "resync" for its watch (${kind}) on ${path}, though it has missed nothing`);
        watch.resync(zxid);
        continue;
      }
      const problem = watch.tells(event);
      if (problem !== undefined)
        this.#break(
          client,
          `had "${type}" of ${path} at ${zxid} from its watch (${kind}) on ${watch.spec.path}, ${problem}`,
        );
    }
  }

  #hasTold(client: number, watch: StandingWatch, zxid: Zxid): void {
    const missing = watch.untold(zxid);
    if (missing === undefined) return;
    const { kind, path } = watch.spec;
    this.#break(
      client,
      `was answered with zxid ${zxid}, but its watch (${kind}) on ${path} has not told of "${missing.type}" of ` +
        `${missing.path} at ${missing.zxid}`,
    );
  }

  #isLate(client: number, event: WatchEvent): boolean {
    return this.#late[client]?.has(eventKey(event)) === true;
  }

  started({ id, recovered }: ServerView): void {
    this.#remembersFrom[id] = recovered?.machine?.appliedIndex ?? 0;
  }

  effects({ id }: ServerView, { installed }: Effects): void {
    if (installed !== undefined) this.#remembersFrom[id] = installed;
  }

  #isFirst(client: number, watch: Watch, event: WatchEvent): void {
    const { model } = this.#feed;
    const change = firstChange(model, watch.path, watch.kind, watch.armedAt);
    // A Stat has only the newest of several changes; a deletion that it does not show must not be passed over in silence.
    if (change !== undefined && this.#isLate(client, event)) {
      const { type, zxid } = event;
      const telling = type === "created" || type === change.type;
      if (telling && happened(model, watch.path, watch.kind, { type, zxid })) return;
    }
    const told = `had "${event.type}" at ${event.zxid} from its watch (${watch.kind}) on ${watch.path}, armed at ${watch.armedAt}`;
    if (change === undefined) this.#break(client, `${told}, but nothing changed since`);
    else if (change.zxid !== event.zxid || change.type !== event.type)
      this.#break(client, `${told}, but the first change was "${change.type}" at ${change.zxid}`);
  }

  clientFrame(client: number, _server: ServerId, connection: number, messages: readonly ClientMessage[]): void {
    const armed = this.#on(client, connection);
    for (const message of messages) {
      armed.identities.heard(message);
      if (message.type === "setWatches")
        for (const { kind, path } of message.watches) {
          armed.watches.add(keyOf(kind, path));
          armed.rearmed.set(keyOf(kind, path), message.relativeZxid);
        }
      else if (message.type === "request" && message.body.type === "read" && message.body.read.watch)
        armed.reads.set(message.xid, message.body);
    }
  }

  serverFrame(server: ServerView, client: number, connection: number, messages: readonly ServerMessage[]): void {
    const armed = this.#on(client, connection);
    if (armed.connection !== connection) return;
    for (const message of messages) {
      if (message.type === "reply") {
        const body = armed.reads.get(message.xid);
        armed.reads.delete(message.xid);
        const kind = body === undefined ? undefined : armedBy(body, message.result);
        if (kind !== undefined && body?.type === "read") armed.watches.add(keyOf(kind, body.read.path));
      } else if (message.type === "event") this.#fires(client, server.id, armed, message.event);
    }
  }

  /** A server fires a watch only if it was armed on this very connection, be it by a read that waits for its turn. */
  #fires(client: number, server: ServerId, armed: Armed, event: WatchEvent): void {
    const { kind, path } = event;
    const key = keyOf(kind, path);
    if (this.#mayBeLate(server, armed, event)) this.#lateOf(client).add(eventKey(event));
    if (stands(kind)) {
      this.#mayBeTold(client, armed, event);
      return this.#firesAgain(client, armed, event);
    }
    armed.rearmed.delete(key);
    if (armed.watches.delete(key)) return;
    for (const body of armed.reads.values())
      if (body.type === "read" && body.read.path === path && armedBy(body, {}) === kind) return;
    this.#break(client, `is sent an event on ${path} (${kind}), but has no such watch armed on that connection`);
  }

  /**
   * Only a watch that was armed again: if its server cannot know, or, of those that stay armed, if something happened
   * meanwhile, which may be told as one `resync`.
   */
  #mayBeLate(server: ServerId, { rearmed }: Armed, { kind, path, zxid }: WatchEvent): boolean {
    const knownTo = rearmed.get(keyOf(kind, path));
    if (knownTo === undefined) return false;
    if (this.#forgets || knownTo < (this.#remembersFrom[server] ?? 0)) return true;
    return stands(kind) && happenedBetween(this.#feed.model.tree, { kind, path }, knownTo, zxid);
  }

  #lateOf(client: number): Set<string> {
    const known = this.#late[client] ?? new Set<string>();
    this.#late[client] = known;
    return known;
  }

  /** Of a znode that its client may not read, no watch tells that stays armed. */
  #mayBeTold(client: number, { identities }: Armed, { type, path, zxid }: WatchEvent): void {
    const all = this.#feed.model.tree.changesAfter(zxid - 1);
    const told = all.filter((change) => change.zxid === zxid && change.type === type && change.path === path);
    if (told.length > 0 && !told.some((change) => identities.mayRead(change)))
      this.#break(client, `is sent "${type}" of ${path} at ${zxid}, whose list keeps that from it`);
  }

  #firesAgain(client: number, armed: Armed, { kind, path }: WatchEvent): void {
    const reads = [...armed.reads.values()].flatMap((body) =>
      body.type === "read" && armedBy(body, {}) === kind ? [{ kind, path: body.read.path }] : [],
    );
    for (const spec of reads) if (covers(spec, path)) return;
    for (const key of armed.watches) {
      const space = key.indexOf(" ");
      if (key.slice(0, space) === kind && covers({ kind, path: key.slice(space + 1) }, path)) return;
    }
    this.#break(client, `is sent an event on ${path} (${kind}), but has no such watch armed on that connection`);
  }

  #of(client: number, life: number): Waiting {
    const known = this.#waiting[client];
    if (known?.life === life) return known;
    const waiting: Waiting = {
      life,
      watches: new Map(),
      standing: new Map(),
      identities: new SureIdentities(),
      lastEvent: 0,
    };
    this.#waiting[client] = waiting;
    return waiting;
  }

  /** Connections are numbered upwards: what an older one still says reaches nobody. */
  #on(client: number, connection: number): Armed {
    const known = this.#armed[client];
    if (known !== undefined && known.connection >= connection) return known;
    const identities = new SaidIdentities(firstIdentities(client, this.#addresses));
    const armed = {
      connection,
      identities,
      watches: new Set<string>(),
      rearmed: new Map(),
      reads: new Map(),
    };
    this.#armed[client] = armed;
    return armed;
  }

  #break(client: number, what: string): never {
    throw new InvariantBroken(this.name, `client ${client} ${what}`);
  }
}

function keyOf(kind: WatchKind, path: string): string {
  return `${kind} ${path}`;
}

function eventKey({ type, kind, path, zxid }: WatchEvent): string {
  return `${type} ${zxid} ${keyOf(kind, path)}`;
}
