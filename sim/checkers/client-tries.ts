/**
 * How a client looks for a server. It tries one endpoint after the other, at once when it has left one or could not reach it,
 * each of them once; then it rests for a while, longer each time, so that it does not storm servers that all are down. A server
 * that it had for a second was worth the way: behind that it begins a new round. An attempt that has no answer is given up in time, and
 * not before a server can have said that it has no quorum.
 *
 * Told from frames and streams alone, of clients that have had a server in their present session: what one that is new tried
 * before is not known. Nor is a client judged that stood still.
 */
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { serverCount } from "../plan/plan.ts";
import type { SessionEvent } from "../world/history.ts";
import { InvariantBroken, type Observer, type StruckFault, type World } from "../world/observer.ts";

/** How long a client rests, ms. */
const restMinMs = 50;
const restMaxMs = 500;
/** A server that it has had for so long makes it begin a new round, ms. */
const settledMs = 1_000;
/** How long an attempt may take at least, ms; or a part of the timeout, if that is more. */
const attemptMs = 1_500;
/** A timer for what is due already rings so much later, ms, and an event comes at a whole microsecond. */
const timerMs = 0.2;

/** What is known of one client's search. */
interface Search {
  connection: number;
  openedMs: number;
  attachedMs: number | undefined;
  /** Of the session, Infinity until a server has said it. */
  timeoutMs: number;
  /** The same, as the present server says it. */
  toldMs: number;
  /** When it left its last server or attempt; undefined: that is not known. */
  leftMs: number | undefined;
  /** What it left it had had for long enough. */
  settled: boolean;
  /** Endpoints tried since it rested, or had settled; undefined: that is not known. */
  tries: number | undefined;
  /** Rests since it had settled; undefined: that is not known. */
  rests: number | undefined;
}

export class ClientTries implements Observer {
  readonly name = "client-tries";
  readonly #marks: Marks | undefined;
  readonly #searches: (Search | undefined)[] = [];
  #world: World | undefined;
  #clients = 0;
  /** Endpoints that a client is given at least, and that it can know at most. */
  #given = 0;
  #known = 0;

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  begin(world: World): void {
    const { config } = world.plan;
    this.#world = world;
    this.#clients = config.clients;
    this.#given = config.balanced > 0 ? 1 : config.servers;
    // And the name of the load balancer.
    this.#known = serverCount(config) + 1;
  }

  connectionBroken(connection: number, toWhom: "server" | "client"): void {
    if (toWhom === "server") return;
    const search = this.#searches.find((other) => other?.connection === connection);
    if (search !== undefined) this.#left(search);
  }

  fault({ action, client }: StruckFault): void {
    if (action.kind !== "pauseClient") return;
    for (let who = 1; who <= this.#clients; who++)
      if (action.client === "all" || who === (client ?? action.client)) this.#searches[who] = undefined;
  }

  clientFrame(who: number, _server: ServerId, connection: number, [first]: readonly ClientMessage[]): void {
    if (first?.type !== "connect" || who > this.#clients) return;
    const search = this.#searches[who];
    const isNew = first.sessionId === 0 || first.takeover;
    const tries = isNew || search === undefined ? undefined : this.#tries(who, search);
    this.#searches[who] = {
      ...{
        connection,
        openedMs: this.#nowMs,
        attachedMs: undefined,
        timeoutMs: isNew ? Number.POSITIVE_INFINITY : (search?.timeoutMs ?? Number.POSITIVE_INFINITY),
      },
      ...{ leftMs: undefined, settled: false, tries, toldMs: 0, rests: isNew ? undefined : search?.rests },
    };
  }

  clientHears(who: number, connection: number, messages: readonly ServerMessage[]): void {
    const search = this.#searches[who];
    if (search?.connection !== connection || search.attachedMs !== undefined) return;
    for (const message of messages) {
      if (message.type !== "connected") continue;
      search.attachedMs = this.#nowMs;
      search.toldMs = message.timeoutMs;
    }
  }

  clientLeaves(who: number, connection: number): void {
    const search = this.#searches[who];
    if (search?.connection !== connection) return;
    const tookMs = this.#nowMs - search.openedMs;
    // It goes on after a pause, and takes at once all that came meanwhile.
    if (tookMs === 0) {
      this.#searches[who] = undefined;
      return;
    }
    if (search.attachedMs === undefined) {
      if (this.#rings(who) && tookMs < attemptMs - timerMs)
        this.#break(who, `gives an attempt up after ${tookMs.toFixed(1)} ms`);
      if (tookMs > Math.max(attemptMs, search.timeoutMs / 2) + timerMs)
        this.#break(who, `waits ${tookMs.toFixed(1)} ms for an attempt; its timeout is ${search.timeoutMs} ms`);
    }
    this.#left(search);
  }

  sessionEvent({ client, type }: SessionEvent): void {
    if (type === "ended") this.#searches[client] = undefined;
  }

  /** Whether it is its timer that rings. */
  #rings(who: number): boolean {
    const { event } = this.#world ?? {};
    return event?.kind === "clientTimer" && event.client === who;
  }

  get #nowMs(): number {
    return (this.#world?.now ?? 0) / 1000;
  }

  #left(search: Search): void {
    search.leftMs = this.#nowMs;
    const hadMs = this.#nowMs - (search.attachedMs ?? this.#nowMs);
    search.settled = hadMs >= settledMs;
    if (search.settled) search.rests = 0;
    // What it does not believe makes it leave at once.
    if (hadMs > 0) search.timeoutMs = search.toldMs;
    search.connection = 0;
  }

  /** It tries another endpoint: how many it has tried with this one since it rested or had settled. */
  #tries(who: number, search: Search): number | undefined {
    const { leftMs, settled, tries, rests } = search;
    if (leftMs === undefined) return undefined;
    const restedMs = this.#nowMs - leftMs;
    if (restedMs === 0) {
      if (settled) return 1;
      if (tries !== undefined && tries >= this.#known)
        this.#break(who, `tries ${tries + 1} endpoints and does not rest`);
      return tries === undefined ? undefined : tries + 1;
    }
    if (settled) this.#break(who, `rests for ${restedMs.toFixed(1)} ms behind a server that it has had for a second`);
    if (tries !== undefined && tries < this.#given) this.#break(who, `rests when it has tried ${tries} endpoints`);
    // Twice as long each time.
    const mostMs = rests === undefined ? restMaxMs : Math.min(restMaxMs, restMinMs * 2 ** rests);
    if (rests !== undefined) search.rests = rests + 1;
    if (restedMs < restMinMs - timerMs || restedMs > mostMs + timerMs)
      this.#break(who, `rests for ${restedMs.toFixed(1)} ms`);
    this.#marks?.hit("client-rests");
    return 1;
  }

  #break(who: number, what: string): never {
    throw new InvariantBroken(this.name, `client ${who} ${what}`);
  }
}
