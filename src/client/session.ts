/**
 * The client's side of a session, without I/O: it moves from server to server, sends again what has no answer, arms the
 * watches again. The promise API and the simulator both drive it.
 *
 * A turn: any inputs (`submit`, `receive`, `streamClosed`, `advance` …), then {@link ClientSession.takeEffects}, at once.
 *
 * This file takes what servers say and decides whom it concerns. Each part keeps its own state:
 *
 * | To find                                                        | look in                                |
 * | -------------------------------------------------------------- | -------------------------------------- |
 * | the states of a session; when it counts as `lost`              | `session-standing.ts`                  |
 * | its id and password; whether a server is of its cluster        | `session-identity.ts`                  |
 * | reconnecting: the next server, pings, when to leave one        | `session-reconnect.ts`                 |
 * | … in which order, with what pauses                             | `session-endpoints.ts`                 |
 * | … the times that decide                                        | `session-link.ts`, `session-pulse.ts`  |
 * | requests: their numbers, the window, resending                 | `session-requests.ts`                  |
 * | what a refusal means for a request, or for the session         | `session-refusals.ts`                  |
 * | how the session ends                                           | `session-end.ts`                       |
 * | watches: what is armed, re-arming after a move, disarming      | `session-watches.ts`                   |
 * | which read arms what, which change fires it                    | `../base/watch-rules.ts`               |
 * | what the session wants of the world                            | `session-effects.ts`                   |
 * | limits and times                                               | `session-limits.ts`                    |
 */
import { assert, unreachable } from "../base/assert.ts";
import { TerrariumError } from "../base/errors.ts";
import type { Failure } from "../base/operations.ts";
import type { Connected, Heard, Pong, Reply, RequestBody, ServerMessage } from "../protocol/client-messages.ts";
import { EffectsOfTurn, type SessionEffects } from "./session-effects.ts";
import { SessionEnd } from "./session-end.ts";
import { EndpointChooser } from "./session-endpoints.ts";
import { type IdentityView, SessionIdentity } from "./session-identity.ts";
import { sessionLimits } from "./session-limits.ts";
import type { AttachedLink, AttachingLink } from "./session-link.ts";
import type { SessionOptions, SessionRetained } from "./session-options.ts";
import { Reconnector } from "./session-reconnect.ts";
import { closed, clusterGone, meaningOf, takenElsewhere } from "./session-refusals.ts";
import { type SessionRequest, SessionRequests } from "./session-requests.ts";
import { SessionStanding, type SessionState } from "./session-standing.ts";
import { type Fired, SessionWatches } from "./session-watches.ts";

export type { Delivery, SessionEffects } from "./session-effects.ts";
export type { SessionCredentials, SessionOptions } from "./session-options.ts";
export type { SessionRequest } from "./session-requests.ts";
export type { SessionState } from "./session-standing.ts";

/** `C`: what the caller attaches to each request and gets back with its answer. */
export class ClientSession<C> {
  readonly #identity: SessionIdentity;
  readonly #standing: SessionStanding;
  readonly #endpoints: EndpointChooser;
  readonly #discover: boolean;
  readonly #reconnector: Reconnector;
  readonly #requests = new SessionRequests<C>();
  readonly #watches: SessionWatches<C>;
  readonly #effects = new EffectsOfTurn<C>();
  readonly #end: SessionEnd<C>;
  #now: number;
  /** When this process had to have its next turn, unless it stands still: the deadline as the last turn left it. */
  #dueAt = Number.POSITIVE_INFINITY;

  /** `now`: monotonic milliseconds, here and in every other call. */
  constructor(options: SessionOptions, now: number) {
    const { endpoints, timeoutMs, random, resume, holder, credentials, discover = true } = options;
    assert(endpoints.length > 0, "a session has endpoints");
    this.#now = now;
    this.#identity = new SessionIdentity(timeoutMs, holder, resume, credentials);
    this.#standing = new SessionStanding(this.#identity, (state) => this.#effects.deliver({ type: "state", state }));
    this.#watches = new SessionWatches(this.#identity.lastZxid);
    this.#endpoints = new EndpointChooser(endpoints, random);
    this.#discover = discover;
    this.#reconnector = new Reconnector(this.#endpoints, this.#identity, this.#standing, this.#effects, now);
    this.#end = new SessionEnd({
      identity: this.#identity,
      standing: this.#standing,
      reconnector: this.#reconnector,
      requests: this.#requests,
      effects: this.#effects,
    });
  }

  /** Its id and password, its timeout, and what it has seen. */
  get identity(): IdentityView {
    return this.#identity;
  }
  get state(): SessionState {
    return this.#standing.state;
  }

  /** The state as the clock has it: `lost` from the moment on, even if {@link advance} was not called in time. */
  stateAt(now: number): SessionState {
    return this.#standing.stateAt(now);
  }

  /** For how long the session is certain to live, milliseconds; 0 if it is not. */
  certainMs(now: number): number {
    return this.#standing.certainMs(now);
  }

  /** Name of the server attached to. */
  get endpoint(): string | undefined {
    const { link } = this.#reconnector;
    return link.type === "attached" ? link.endpoint.name : undefined;
  }

  /** Where it may go: what was given, then what servers have told. */
  get endpoints(): readonly string[] {
    return this.#endpoints.names;
  }

  /** Whether no endpoint is a Terrarium server, so that waiting will not help. */
  get hopeless(): boolean {
    return this.#endpoints.hopeless;
  }

  /** Why the session has no server, or is no more. */
  get trouble(): Failure {
    return this.#end.failure ?? this.#reconnector.whyLate();
  }

  // Inputs.

  /**
   * Queues a request. A read with a watch becomes a watcher once its answer has armed the watch.
   *
   * Throws SESSION_EXPIRED, SESSION_CLOSED, TOO_MANY_REQUESTS, DATA_TOO_LARGE, BAD_ARGUMENTS (a path over the limit),
   * OVERLOADED (too many watchers).
   */
  submit(body: RequestBody, context: C, deadline = Number.POSITIVE_INFINITY): SessionRequest<C> {
    if (this.#end.failure !== undefined) throw new TerrariumError(this.#end.failure.code, this.#end.failure.message);
    const request = this.#requests.admitted(body, context, deadline);
    this.#watches.checkRoom(body);
    this.#requests.push(request);
    return request;
  }

  /** Gives a request up: nothing more is delivered for it, its watch included. One that was sent may still take effect. */
  abort(request: SessionRequest<C>): void {
    if (request.settled) this.#watches.forget(request);
    else this.#requests.settle(request);
  }

  /** What a server said on a stream, in one frame. */
  receive(stream: number, messages: readonly ServerMessage[], now: number): void {
    this.#pass(now);
    for (const message of messages) {
      // Each message may end the stream: then the rest of the frame counts as lost.
      const link = this.#reconnector.linkOn(stream);
      if (link === undefined) return;
      if (link.type === "attached") link.lastReceived = now;
      this.#receiveOne(link, message);
    }
  }

  /** A stream broke, or could not be opened. */
  streamClosed(stream: number, trouble: Failure, now: number): void {
    this.#pass(now);
    const link = this.#reconnector.linkOn(stream);
    if (link !== undefined) this.#lose(link, trouble);
  }

  /** Time went on: see {@link nextDeadline}. */
  advance(now: number): void {
    this.#pass(now);
    if (this.#end.failure !== undefined) return;
    for (const request of this.#requests.expire(now)) this.#end.fail(request, this.#reconnector.whyLate());
    this.#reconnector.advance(now, this.#requests.outstanding > 0);
  }

  /** Lets go of the server and of the session, which lives on until it times out. */
  detach(): void {
    if (this.#end.failure === undefined) this.#end.end("closed", closed);
  }

  // Outputs.

  /** What the session keeps of requests and watches, for checkers of leaks: numbers of things, and bytes. */
  retained(): SessionRetained {
    return { ...this.#requests.retained(), ...this.#watches.retained() };
  }

  /** When {@link advance} has something to do, if nothing else happens before; `Infinity` for never. */
  get nextDeadline(): number {
    if (this.#end.failure !== undefined) return Number.POSITIVE_INFINITY;
    const reconnecting = this.#reconnector.nextDeadline(this.#requests.outstanding > 0);
    return Math.min(this.#requests.nextDeadline, this.#standing.lostAt, reconnecting);
  }

  /** Ends the turn, at `now`: what is to be done, sent and told. */
  takeEffects(now: number): SessionEffects<C> {
    this.#pass(now);
    const { link } = this.#reconnector;
    if (link.type === "attached") this.#fill(link);
    this.#dueAt = Math.max(now, this.nextDeadline);
    return this.#effects.take();
  }

  /** Sends what the window lets through. */
  #fill(link: AttachedLink): void {
    if (this.#requests.outstanding === 0) link.busySince = this.#now;
    // Before new reads, which may want the same watches.
    const disarms = this.#watches.takeDisarms(() => this.#requests.underWay());
    for (const message of disarms) this.#effects.send(message);
    for (let next = this.#requests.next(); next !== undefined; next = this.#requests.next()) this.#effects.send(next);
    if (this.#effects.sends) link.lastSent = this.#now;
  }

  /** Time has come to `now`. Before anything else the user must not be left in a belief that time has overtaken. */
  #pass(now: number): void {
    this.#now = now;
    if (now - this.#dueAt > sessionLimits.stoodStillMs) this.#reconnector.forgive(now);
    if (now < this.#standing.lostAt) return;
    this.#reconnector.loseUnproven(now);
    this.#standing.become("lost");
  }

  // What servers say.

  #receiveOne(link: AttachingLink | AttachedLink, message: ServerMessage): void {
    if (message.type === "refused") return this.#refused(link, message.failure);
    if (link.type === "attaching") {
      if (message.type === "connected") return this.#connected(link, message);
      return this.#violation(link, `${message.type} before connected`);
    }
    switch (message.type) {
      case "reply":
        return this.#reply(link, message);
      case "event":
        return this.#tell(this.#watches.fire(message.event));
      case "pong":
        return this.#pong(link, message);
      case "heard":
        return this.#heard(link, message);
      case "members":
        if (this.#discover) this.#endpoints.learn(message.members);
        return;
      case "connected":
        return this.#violation(link, "connected twice");
      default:
        return unreachable(message);
    }
  }

  #refused(link: AttachingLink | AttachedLink, failure: Failure): void {
    const message = `${link.endpoint.name} refuses: ${failure.message}`;
    switch (meaningOf(failure.code, this.#identity.sessionId !== 0)) {
      case "gone":
        return this.#end.expire(failure);
      case "taken":
        return this.#end.end("expired", failure);
      case "astray":
        return this.#astray(link, message);
      case "elsewhere":
        return this.#lose(link, { code: failure.code, message });
    }
  }

  /**
   * The server is of another cluster than the session, or of another life of it. It may be one wrong endpoint among
   * good ones. But where all are of another, or none of the session's own was found for its whole timeout, the cluster
   * is gone, as after a restoration from a backup, and the session with it.
   */
  #astray(link: AttachingLink | AttachedLink, message: string): void {
    link.endpoint.trouble = { code: "WRONG_CLUSTER", message };
    const unservedMs = this.#now - this.#reconnector.servedAt;
    if (!this.#endpoints.allElsewhere && unservedMs < this.#identity.timeoutMs)
      return this.#lose(link, { code: "WRONG_CLUSTER", message });
    this.#end.end("expired", clusterGone(message));
  }

  #connected(link: AttachingLink, answer: Connected): void {
    if (!this.#reconnector.arrived(link, this.#now)) return;
    const stranger = this.#identity.strangerBehind(answer);
    if (stranger?.type === "violation") return this.#violation(link, stranger.what);
    if (stranger?.type === "astray") return this.#astray(link, `${link.endpoint.name} is wrong: ${stranger.what}`);
    if (stranger?.type === "anotherPast") return this.#end.anotherPast(stranger.what);
    if (this.state === "connecting") this.#requests.continueAfter(answer.lastRequestId);
    const contradiction = this.#requests.contradiction(answer.lastRequestId);
    if (contradiction !== undefined) return this.#end.anotherPast(contradiction);
    this.#identity.attached(answer);
    this.#requests.rewind();
    this.#reconnector.attached(link, answer, this.#watches.rearm(answer.zxid), this.#now);
    this.#standing.become("connected");
  }

  #reply(link: AttachedLink, { xid, zxid, result }: Reply): void {
    const request = this.#requests.oldest;
    if (request === undefined || request.xid !== xid) return this.#violation(link, "a reply out of order");
    const { failure } = result;
    if (failure?.code === "SESSION_EXPIRED") return this.#end.expire(failure);
    if (failure !== undefined && takenElsewhere(failure.code, request)) return this.#refused(link, failure);
    this.#requests.answered();
    this.#tell(this.#watches.answered(zxid));
    this.#identity.see(zxid);
    if (request.body.type === "close") return this.#end.closed(zxid);
    if (failure === undefined) this.#identity.showed(request.body);
    this.#watches.armed(request, result);
    if (request.settled) return;
    request.settled = true;
    this.#effects.deliver({ type: "answer", request, zxid, result });
  }

  #tell(all: readonly Fired<C>[]): void {
    for (const { event, watchers } of all) {
      this.#identity.see(event.zxid);
      if (watchers.length > 0) this.#effects.deliver({ type: "event", event, watchers });
    }
  }

  #pong(link: AttachedLink, pong: Pong): void {
    if (pong.number > link.pinged) return this.#violation(link, "a pong without a ping");
    // Number 0 answers no ping.
    if (pong.number > 0) this.#tell(this.#watches.caughtUp());
    this.#reconnector.pong(link, pong, this.#now);
  }

  #heard(link: AttachedLink, { ping }: Heard): void {
    if (ping > link.pinged) return this.#violation(link, "a ping was heard that was not sent");
    this.#reconnector.heard(link, ping, this.#now);
  }

  #violation(link: AttachingLink | AttachedLink, what: string): void {
    this.#effects.deliver({ type: "violation", what });
    const message = `${link.endpoint.name} does not follow the protocol: ${what}`;
    this.#lose(link, { code: "PROTOCOL_ERROR", message });
  }

  #lose(link: AttachingLink | AttachedLink, trouble: Failure): void {
    this.#reconnector.lose(link, trouble, this.#now);
  }
}
