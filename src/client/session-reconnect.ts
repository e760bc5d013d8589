/**
 * Which server the session is at, and how it comes to the next: tries one endpoint after the other, keeps asking the server
 * that it is attached to whether it lives and reaches the leader, and leaves it if not.
 */
import { assert } from "../base/assert.ts";
import { errorMessage } from "../base/errors.ts";
import type { Failure } from "../base/operations.ts";
import type { Connected, Pong, SetWatches } from "../protocol/client-messages.ts";
import type { EffectsOfTurn } from "./session-effects.ts";
import type { Endpoint, EndpointChooser } from "./session-endpoints.ts";
import type { SessionIdentity } from "./session-identity.ts";
import { sessionLimits } from "./session-limits.ts";
import {
  type AttachedLink,
  type AttachingLink,
  attached,
  attachTimeoutMs,
  type Link,
  leaveAt,
  pingAt,
  pinged,
  sentPing,
  silentAt,
  unprovenAt,
} from "./session-link.ts";
import { Pulse } from "./session-pulse.ts";
import type { SessionStanding } from "./session-standing.ts";

/** What it wants of the world. */
type LinkEffects = Pick<EffectsOfTurn<unknown>, "open" | "drop" | "send">;

export class Reconnector {
  readonly #endpoints: EndpointChooser;
  readonly #identity: SessionIdentity;
  readonly #standing: SessionStanding;
  readonly #effects: LinkEffects;
  readonly #pulse = new Pulse();
  #link: Link;
  /** Streams opened. */
  #streams = 0;
  #servedAt: number;

  /** Opens the first stream. */
  constructor(
    endpoints: EndpointChooser,
    identity: SessionIdentity,
    standing: SessionStanding,
    effects: LinkEffects,
    now: number,
  ) {
    this.#endpoints = endpoints;
    this.#identity = identity;
    this.#standing = standing;
    this.#effects = effects;
    this.#servedAt = now;
    this.#link = { type: "down", retryAt: now };
    this.#openNext(now);
  }

  get link(): Link {
    return this.#link;
  }

  /** The link on this stream, unless it was left. */
  linkOn(stream: number): AttachingLink | AttachedLink | undefined {
    const link = this.#link;
    return (link.type === "attaching" || link.type === "attached") && link.stream === stream ? link : undefined;
  }

  /** When the session last had a server; at first when it began to look for one. Monotonic ms. */
  get servedAt(): number {
    return this.#servedAt;
  }

  /** Why a request would fail now for want of an answer: NO_QUORUM, OVERLOADED, NO_SERVER, PROTOCOL_ERROR or TIMEOUT. */
  whyLate(): Failure {
    if (this.#link.type !== "attached") return this.#endpoints.unavailable();
    const code = this.#link.noQuorumSince === undefined ? "TIMEOUT" : "NO_QUORUM";
    return { code, message: errorMessage(code) };
  }

  /** When {@link advance} has something to do; `Infinity` for never. `busy`: requests are under way. */
  nextDeadline(busy: boolean): number {
    const link = this.#link;
    switch (link.type) {
      case "down":
        return link.retryAt;
      case "attaching":
        return link.deadline;
      case "attached":
        return Math.min(pingAt(link, this.#identity.timeoutMs, busy, this.#pulse.proofMs), ...this.#deadlines(link));
      case "ended":
        return Number.POSITIVE_INFINITY;
    }
  }

  /** Time went on. */
  advance(now: number, busy: boolean): void {
    const link = this.#link;
    if (link.type === "down" && now >= link.retryAt) this.#openNext(now);
    else if (link.type === "attaching" && now >= link.deadline) this.lose(link, silent(link.endpoint), now);
    else if (link.type === "attached") this.#watchOver(link, now, busy);
  }

  /** This process stood still: what servers said meanwhile waits to be read. It is not held against them that it was not. */
  forgive(now: number): void {
    if (this.#link.type === "attached") this.#link.graceUntil = now + sessionLimits.stoodStillMs;
  }

  /** Leaves the server, or gives the attempt up, and goes to the next. */
  lose(link: AttachingLink | AttachedLink, trouble: Failure, now: number): void {
    link.endpoint.trouble = trouble;
    if (link.type === "attached") {
      if (now - link.since >= sessionLimits.settledAfterMs) this.#endpoints.succeeded();
      this.#servedAt = now;
      this.#standing.become("suspended");
    }
    this.#effects.drop(link.stream);
    this.#openNext(now);
  }

  /** Leaves the server that it is attached to, if it is, since nothing reaches the leader there. */
  loseUnproven(now: number): void {
    if (this.#link.type === "attached") this.lose(this.#link, noQuorum(this.#link.endpoint), now);
  }

  /** The server has attached the session. False if the answer came too late: then the server was left. */
  arrived(link: AttachingLink, now: number): boolean {
    // An answer that comes when its time is over says nothing of now.
    if (now < link.deadline) return true;
    this.lose(link, silent(link.endpoint), now);
    return false;
  }

  /** The session lives on this stream from now on; first these watches are to be armed there. */
  attached(link: AttachingLink, { serverId }: Connected, watches: readonly SetWatches[], now: number): void {
    assert(this.#link === link, "a session is attached on its newest stream");
    this.#endpoints.reached(link.endpoint, serverId);
    // The attachment went through the log: the leader has heard what was sent here.
    this.#standing.proven(link.since);
    const here = attached(link, now);
    this.#link = here;
    this.#pulse.attached(now - link.since);
    for (const message of watches) this.#effects.send(message);
    // Its answer tells that all are armed. That may take the server a while: it is owed to nobody.
    if (watches.length > 0) this.#effects.send({ type: "ping", number: pinged(here, now, false) });
  }

  /** The server answers a ping, and says whether it has a quorum. */
  pong(link: AttachedLink, { number, quorum }: Pong, now: number): void {
    if (number === link.pinged) link.owesSince = undefined;
    const ping = sentPing(link, number);
    if (ping?.prompt === true) this.#pulse.answered(now - ping.at);
    if (quorum) link.noQuorumSince = undefined;
    else link.noQuorumSince ??= now;
  }

  /** The leader has heard of a ping, and so that the session lived when it was sent. */
  heard(link: AttachedLink, ping: number, now: number): void {
    const sent = sentPing(link, ping);
    if (sent === undefined) return;
    this.#standing.proven(sent.at);
    this.#pulse.proven(now - sent.at);
    link.pings = link.pings.filter(({ number }) => number > ping);
  }

  /** The session needs no server any more. */
  end(): void {
    if (this.#link.type === "attaching" || this.#link.type === "attached") this.#effects.drop(this.#link.stream);
    this.#link = { type: "ended" };
  }

  #openNext(now: number): void {
    const endpoint = this.#endpoints.next();
    if (endpoint === undefined) {
      this.#link = { type: "down", retryAt: now + this.#endpoints.pause() };
      return;
    }
    const stream = ++this.#streams;
    const deadline = now + attachTimeoutMs(this.#identity.timeoutMs, this.#endpoints.size);
    this.#link = { type: "attaching", stream, endpoint, since: now, deadline };
    const takeover = this.#standing.state === "connecting" && this.#identity.sessionId !== 0;
    this.#effects.open(stream, endpoint.name, this.#identity.connect(takeover));
  }

  #watchOver(link: AttachedLink, now: number, busy: boolean): void {
    const [silentFrom, leaveFrom, unprovenFrom] = this.#deadlines(link);
    if (now >= silentFrom) {
      this.#pulse.silent();
      return this.lose(link, silent(link.endpoint), now);
    }
    if (now >= Math.min(leaveFrom, unprovenFrom)) return this.lose(link, noQuorum(link.endpoint), now);
    if (now < pingAt(link, this.#identity.timeoutMs, busy, this.#pulse.proofMs)) return;
    this.#effects.send({ type: "ping", number: pinged(link, now) });
  }

  /**
   * When to leave the server, for one of three reasons. There may be only one endpoint: behind it another server may
   * answer, and the session must not seem to be served when it is not.
   */
  #deadlines(link: AttachedLink): readonly [silent: number, leave: number, unproven: number] {
    const { timeoutMs } = this.#identity;
    return [
      Math.max(link.graceUntil, silentAt(link, this.#pulse.patienceMs(timeoutMs))),
      Math.max(link.graceUntil, leaveAt(link, timeoutMs)),
      Math.max(link.graceUntil, unprovenAt(this.#standing.provenAt, timeoutMs)),
    ];
  }
}

function silent({ name }: Endpoint): Failure {
  return { code: "NO_SERVER", message: `${name} does not answer` };
}

function noQuorum({ name }: Endpoint): Failure {
  return { code: "NO_QUORUM", message: `${errorMessage("NO_QUORUM")} (says ${name})` };
}
