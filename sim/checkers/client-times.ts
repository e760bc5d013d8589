/**
 * A client that has a server does in time what it owes to its session, and no more than that (ZooKeeper pings after a third
 * of the timeout; RFC 6298 for how long silence may last):
 *
 * - it pings a third of the timeout after its last ping, and no sooner, unless the leader's word takes so long that it would
 *   come too late;
 * - while the server knows no quorum half a second after the older of the last words of both sides, and no sooner after its
 *   last ping; while a request waits, no sooner after it began to wait either;
 * - it asks at once whether the watches are armed that it arms anew;
 * - it leaves a server that is silent, that knows no quorum, or through which nothing reaches the leader, when its patience
 *   is over, which doubles with each silent one, and of its own accord for no other reason and no sooner;
 * - it says nothing that is empty, and has no more requests under way than answers have made room for.
 *
 * Told from frames and the clock alone. A client that stood still is judged again from its next server on: when it goes on it
 * takes at once all that came meanwhile.
 */
import type { ClientMessage, Connect, Connected, Pong, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import type { SimEvent } from "../world/events.ts";
import type { SessionEvent } from "../world/history.ts";
import { InvariantBroken, type Observer, type StruckFault, type World } from "../world/observer.ts";
import { type LinkTimes, leaveAt, opened, probeAt, probeMs, waits, waitsFrom } from "./client-link.ts";

/** How long a server may owe a word at least, if that is no more than a third of the timeout. */
const silenceMinMs = 1_000;
/**
 * Its patience is three times of what is usual: a smoothed time with four times its deviation, none of which is more than the
 * longest; or three times of what the attachment took, while that is all it knows.
 */
const longestAnswers = 3 * 5;
const attachments = 3 * 3;
/** Requests that it sends at once; each answer makes room for one more. */
const firstRequests = 8;
/** Pings of which it remembers when it sent them. */
const pingsKept = 16;
/** A timer for what is due already rings so much later, µs. */
const timerUs = 100;
const roundingMs = 0.001;

/** What a client has learned in its present session. */
interface Learned {
  /** When the newest word left of which the leader is known to have heard, and after how long that was known. */
  provenMs: number;
  proofMs: number;
  /** The longest that a server took to answer a ping. */
  longestMs: number;
  /** Servers that it left in a row, perhaps since they owed a pong: each doubles its patience. */
  silences: number;
  /** Those of them that it left for no other reason. */
  left: number;
}

export class ClientTimes implements Observer {
  readonly name = "client-times";
  readonly #marks: Marks | undefined;
  /** By client; of strangers nothing is known. */
  readonly #links: (LinkTimes | undefined)[] = [];
  readonly #learned: Learned[] = [];
  #world: World | undefined;
  #clients = 0;
  /** The client whose timer has just rung for something that is due, or 0; what that is, and when it rang. */
  #rung = 0;
  /** The client whose timer rings now, or 0. */
  #rings = 0;
  #duty = "";
  #rungMs = 0;

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  begin(world: World): void {
    this.#world = world;
    this.#clients = world.plan.config.clients;
  }

  fault({ action, client }: StruckFault): void {
    if (action.kind !== "pauseClient") return;
    for (let who = 1; who <= this.#clients; who++) {
      const link = this.#links[who];
      if (link !== undefined && (action.client === "all" || who === (client ?? action.client))) link.excused = true;
    }
  }

  event(event: SimEvent, _sequence: number, timeUs: number): void {
    if (this.#rung > 0) this.#hasRung();
    this.#rings = event.kind === "clientTimer" ? event.client : 0;
    if (event.kind !== "clientTimer") return;
    const link = this.#links[event.client];
    if (link === undefined) return;
    const settles = timeUs < link.touchedUs + timerUs;
    link.touchedUs = timeUs;
    if (settles) return;
    this.#rungMs = timeUs / 1000;
    this.#duty = this.#due(event.client, link, this.#rungMs);
    if (this.#duty !== "") this.#rung = event.client;
  }

  end(): void {
    if (this.#rung > 0) this.#hasRung();
    for (let who = 1; who <= this.#clients; who++) this.#inTime(who);
  }

  clientFrame(who: number, server: ServerId, connection: number, messages: readonly ClientMessage[]): void {
    if (who > this.#clients) return;
    const [first] = messages;
    if (first?.type === "connect") return this.#opens(who, connection, first);
    const link = this.#links[who];
    if (link?.connection !== connection) return;
    this.#inTime(who);
    // Whoever says more than its first word takes the server's word for it that the session lives here.
    link.believed = true;
    const arms = messages.some(({ type }) => type === "setWatches");
    if (arms && !messages.some(({ type }) => type === "ping"))
      this.#break("client-times", who, `arms watches at n${server} and does not ask whether they are armed`);
    for (const message of messages) this.#says(who, link, message, arms);
    if (link.waiting > firstRequests + link.answers)
      this.#break(
        "client-thrift",
        who,
        `has sent n${server} ${link.waiting} requests, and ${link.answers} answers made room`,
      );
    if (link.waiting > firstRequests) this.#marks?.hit("request-window-grown");
    link.sentMs = this.#nowMs;
    link.touchedUs = this.#nowUs;
  }

  clientHears(who: number, connection: number, messages: readonly ServerMessage[]): void {
    const link = this.#links[who];
    if (link?.connection !== connection) return;
    this.#inTime(who);
    for (const message of messages) this.#hears(who, link, message);
    link.touchedUs = this.#nowUs;
  }

  sessionEvent({ client, type }: SessionEvent): void {
    const link = this.#links[client];
    // When a link is lost the next one may be open already.
    if (link?.attachedMs === undefined) return;
    if (type === "connected") link.believed = true;
    if (type !== "disconnected" && type !== "ended") return;
    this.#inTime(client);
    this.#leaves(client, link);
    this.#links[client] = undefined;
  }

  get #nowUs(): number {
    return this.#world?.now ?? 0;
  }

  get #nowMs(): number {
    return this.#nowUs / 1000;
  }

  #opens(who: number, connection: number, { sessionId, takeover }: Connect): void {
    this.#inTime(who);
    const left = this.#links[who];
    if (left?.attachedMs !== undefined) this.#leaves(who, left);
    if (sessionId === 0 || takeover || this.#learned[who] === undefined)
      this.#learned[who] = { provenMs: Number.NEGATIVE_INFINITY, proofMs: 0, longestMs: 0, silences: 0, left: 0 };
    this.#links[who] = opened(connection, this.#nowUs);
  }

  #leaves(who: number, link: LinkTimes): void {
    if (leaveAt(link) <= this.#nowMs) this.#marks?.hit("server-left-without-quorum");
    const owedMs = this.#nowMs - Math.max(link.owesSinceMs ?? this.#nowMs, link.receivedMs);
    const learned = this.#learned[who];
    const mayLeaveMs = Math.min(leaveAt(link), this.#unprovenAt(who, link)) - roundingMs;
    const forSilence = this.#rings === who && link.believed && !link.excused && this.#nowMs < mayLeaveMs;
    const leastMs = Math.min(link.timeoutMs / 3, silenceMinMs * 2 ** (learned?.left ?? 0));
    if (forSilence && owedMs + roundingMs < leastMs) this.#break("client-times", who, "leaves a server too soon");
    if (owedMs + roundingMs < Math.min(link.timeoutMs / 3, silenceMinMs) || learned === undefined) return;
    if (forSilence) learned.left++;
    learned.silences++;
    this.#marks?.hit("server-left-for-silence");
  }

  #says(who: number, link: LinkTimes, message: ClientMessage, arms: boolean): void {
    if (message.type === "request") {
      if (link.waiting === 0) link.waitsSinceMs = this.#nowMs;
      link.waiting++;
    } else if (message.type === "ping") this.#pings(who, link, message.number, !arms);
    else if (message.type !== "connect" && message.watches.length === 0)
      this.#break("client-thrift", who, `sends a ${message.type} of no watches`);
  }

  #pings(who: number, link: LinkTimes, number: number, prompt: boolean): void {
    const nowMs = this.#nowMs;
    if (prompt) {
      this.#isNotEarly(who, link);
      link.owesSinceMs ??= nowMs;
    }
    link.pinged = number;
    link.pingedMs = nowMs;
    link.pings.push({ number, atMs: nowMs, prompt });
    if (link.pings.length > pingsKept) link.pings.shift();
  }

  #isNotEarly(who: number, link: LinkTimes): void {
    const { pingedMs, timeoutMs } = link;
    const afterMs = this.#nowMs - pingedMs;
    if (link.excused || (waits(link) && this.#nowMs >= waitsFrom(link) + probeMs - roundingMs)) return;
    if (afterMs >= timeoutMs / 3 - roundingMs) return this.#marks?.hit("pinged-after-a-third");
    const { proofMs = 0 } = this.#learned[who] ?? {};
    if (proofMs > timeoutMs / 8 && afterMs >= timeoutMs / 12 - roundingMs) return;
    this.#break(
      "client-thrift",
      who,
      `pings ${Math.round(afterMs)} ms after its last ping and waits for ${link.waiting} answers; its timeout is ${timeoutMs} ms`,
    );
  }

  #hears(who: number, link: LinkTimes, message: ServerMessage): void {
    if (link.attachedMs === undefined) {
      if (message.type === "connected") this.#attaches(who, link, message);
      return;
    }
    link.receivedMs = this.#nowMs;
    if (message.type === "pong") this.#pong(who, link, message);
    else if (message.type === "reply") {
      link.waiting--;
      link.answers++;
    } else if (message.type === "heard") {
      const sent = link.pings.find(({ number }) => number === message.ping);
      if (sent === undefined) return;
      this.#proves(who, sent.atMs);
      link.pings = link.pings.filter(({ number }) => number > message.ping);
    }
  }

  #attaches(who: number, link: LinkTimes, { timeoutMs }: Connected): void {
    const nowMs = this.#nowMs;
    link.attachedMs = nowMs;
    link.timeoutMs = timeoutMs;
    link.sentMs = nowMs;
    link.receivedMs = nowMs;
    link.pingedMs = nowMs;
    this.#proves(who, link.openedMs);
  }

  #proves(who: number, sentMs: number): void {
    const learned = this.#learned[who];
    if (learned === undefined) return;
    learned.provenMs = Math.max(learned.provenMs, sentMs);
    learned.proofMs = this.#nowMs - sentMs;
  }

  #pong(who: number, link: LinkTimes, { number, quorum }: Pong): void {
    if (number === link.pinged) link.owesSinceMs = undefined;
    const sent = link.pings.find((ping) => ping.number === number);
    const learned = this.#learned[who];
    if (sent?.prompt === true && learned !== undefined) {
      link.answered = true;
      learned.longestMs = Math.max(learned.longestMs, this.#nowMs - sent.atMs);
      learned.silences = 0;
      learned.left = 0;
    }
    if (quorum) link.noQuorumSinceMs = undefined;
    else link.noQuorumSinceMs ??= this.#nowMs;
  }

  /** Nothing is overdue by more than a timer may be late. */
  #inTime(who: number): void {
    const link = this.#links[who];
    if (link === undefined || this.#nowUs <= link.touchedUs + 2 * timerUs) return;
    const duty = this.#due(who, link, (this.#nowUs - 2 * timerUs) / 1000);
    if (duty !== "") this.#break("client-times", who, `does not ${duty} in time`);
  }

  /** The client has done all that it does when its timer rings. */
  #hasRung(): void {
    const who = this.#rung;
    this.#rung = 0;
    const link = this.#links[who];
    if (link === undefined || this.#due(who, link, this.#rungMs) !== this.#duty) return;
    this.#break("client-times", who, `does not ${this.#duty}, though it is time`);
  }

  /** What the client is to do at this time; empty: nothing. */
  #due(who: number, link: LinkTimes, nowMs: number): string {
    const { attachedMs, believed, excused, timeoutMs } = link;
    if (attachedMs === undefined || !believed || excused) return "";
    if (nowMs >= this.#silentAt(who, link)) return "leave a silent server";
    if (nowMs >= leaveAt(link)) return "leave a server without a quorum";
    if (nowMs >= Math.max(attachedMs, this.#unprovenAt(who, link)))
      return "leave a server through which the leader hears nothing";
    return nowMs >= Math.min(link.pingedMs + timeoutMs / 3, probeAt(link)) ? "ping" : "";
  }

  #unprovenAt(who: number, { timeoutMs }: LinkTimes): number {
    return (this.#learned[who]?.provenMs ?? this.#nowMs) + (timeoutMs * 2) / 3;
  }

  #silentAt(who: number, link: LinkTimes): number {
    const { owesSinceMs, receivedMs, timeoutMs, answered, attachedMs = 0, openedMs } = link;
    if (owesSinceMs === undefined) return Number.POSITIVE_INFINITY;
    const attachmentMs = answered ? 0 : attachedMs - openedMs;
    const { longestMs = 0, silences = 0 } = this.#learned[who] ?? {};
    const usualMs = Math.max(silenceMinMs, longestAnswers * longestMs, attachments * attachmentMs);
    return Math.max(owesSinceMs, receivedMs) + Math.min(timeoutMs / 3, usualMs * 2 ** silences);
  }

  #break(invariant: "client-times" | "client-thrift", who: number, what: string): never {
    throw new InvariantBroken(invariant, `client ${who} ${what}`);
  }
}
