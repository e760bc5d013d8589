/**
 * The client's side of a session, without I/O: it moves from server to server, sends again what has no answer, arms the
 * watches again. The promise API and the simulator both drive it.
 *
 * A turn: any inputs (`submit`, `receive`, `streamClosed`, `advance` …), then {@link Session.takeEffects}.
 */
import { assert, present } from "../base/assert.ts";
import { emptyBytes } from "../base/bytes.ts";
import { errorClass, errorMessage, TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Failure, SessionId, WatchSpec, Zxid } from "../base/operations.ts";
import type { Random } from "../base/random.ts";
import type { Connected, Event, Heard, Pong, Reply, RequestBody, ServerMessage } from "../protocol/client-messages.ts";
import { protocolVersion } from "../protocol/client-messages.ts";
import { armedBy, checkedBytes } from "./session-checks.ts";
import { EffectsOfTurn, type SessionEffects, type SessionState } from "./session-effects.ts";
import { type Endpoint, EndpointChooser } from "./session-endpoints.ts";
import { SessionHold } from "./session-hold.ts";
import { sessionLimits } from "./session-limits.ts";
import {
  type Attached,
  type Attaching,
  attached,
  attachTimeoutMs,
  type Link,
  leaveAt,
  pingAt,
  pinged,
  sentAt,
  silentAt,
  unprovenAt,
} from "./session-link.ts";
import { Pulse } from "./session-pulse.ts";
import { RequestQueue, type SessionRequest } from "./session-requests.ts";
import { WatchRegistry } from "./session-watches.ts";

export type { Delivery, SessionEffects, SessionState } from "./session-effects.ts";
export type { SessionRequest } from "./session-requests.ts";

/** Opens the door to a session. */
export interface SessionCredentials {
  readonly sessionId: SessionId;
  readonly password: Uint8Array;
  /** Newest zxid that the session's former owner saw; the servers show nothing older. Default 0. */
  readonly lastZxid?: Zxid | undefined;
  /** The life of the cluster in which the session was opened: another one refuses it. Default 0: not known. */
  readonly instance?: number | undefined;
}

export interface SessionOptions {
  /** Where servers are, `host:port`. */
  readonly endpoints: readonly string[];
  /** Wished session timeout, milliseconds. */
  readonly timeoutMs: number;
  readonly random: Random;
  /** A session to go on with, which is taken over from whoever holds it; otherwise a new one is opened. */
  readonly resume?: SessionCredentials | undefined;
  /** A number, below 2^53, that no other client of the session has: drawn at random. */
  readonly holder: number;
  /** Whether to go also where servers say that members are. Default true. */
  readonly discover?: boolean | undefined;
}

/** `C`: what the caller attaches to each request and gets back with its answer. */
export class Session<C> {
  readonly #endpoints: EndpointChooser;
  readonly #discover: boolean;
  readonly #hold = new SessionHold();
  readonly #pulse = new Pulse();
  readonly #queue = new RequestQueue<C>();
  readonly #watches = new WatchRegistry<SessionRequest<C>>();
  #now: number;
  #state: SessionState = "connecting";
  #link: Link;
  #streams = 0;
  #sessionId: SessionId;
  #password: Uint8Array;
  /** The life of the cluster that the session belongs to; 0 before it is known. */
  #instance: number;
  readonly #holder: number;
  #timeoutMs: number;
  /** Newest zxid seen: no server may show anything older. */
  #lastZxid: Zxid;
  /** Every event up to here was delivered: from here the watches are armed again. Never ahead of `#lastZxid`. */
  #watchedZxid: Zxid;
  /** When the session last had a server; at first when it began to look for one. */
  #servedAt: number;
  #closing: SessionRequest<C> | undefined;
  #endFailure: Failure | undefined;
  readonly #effects = new EffectsOfTurn<C>();

  /** `now`: monotonic milliseconds, here and in every other call. */
  constructor(options: SessionOptions, now: number) {
    assert(options.endpoints.length > 0, "a session has endpoints");
    this.#endpoints = new EndpointChooser(options.endpoints, options.random);
    this.#discover = options.discover ?? true;
    this.#timeoutMs = options.timeoutMs;
    this.#sessionId = options.resume?.sessionId ?? 0;
    this.#password = options.resume?.password ?? emptyBytes;
    this.#instance = options.resume?.instance ?? 0;
    this.#holder = options.holder;
    this.#lastZxid = options.resume?.lastZxid ?? 0;
    this.#watchedZxid = this.#lastZxid;
    this.#now = now;
    this.#servedAt = now;
    this.#link = { type: "down", retryAt: now };
    this.#openNext();
  }

  get state(): SessionState {
    return this.#state;
  }

  /** The state as the clock has it: `lost` from the moment on, even if {@link advance} was not called in time. */
  stateAt(now: number): SessionState {
    return now >= this.#lostAt ? "lost" : this.#state;
  }

  /** For how long the session is certain to live, milliseconds; 0 if it is not. */
  certainMs(now: number): number {
    return this.#believed ? Math.max(0, this.#lostAt - now) : 0;
  }

  /** 0 until a new session is attached for the first time. */
  get sessionId(): SessionId {
    return this.#sessionId;
  }

  get password(): Uint8Array {
    return this.#password;
  }

  /** Wished, then negotiated; milliseconds. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get lastZxid(): Zxid {
    return this.#lastZxid;
  }

  /** The life of the cluster that it belongs to; 0 before it is known. */
  get instance(): number {
    return this.#instance;
  }

  /** Name of the server attached to. */
  get endpoint(): string | undefined {
    return this.#link.type === "attached" ? this.#link.endpoint.name : undefined;
  }

  /** Where it may go: what was given, then what servers have told. */
  get endpoints(): readonly string[] {
    return this.#endpoints.names;
  }

  /** Whether no endpoint is a Terrarium server, so that waiting will not help. */
  get hopeless(): boolean {
    return this.#endpoints.hopeless;
  }

  // Inputs.

  /**
   * Queues a request. A read with a watch becomes a watcher once its answer has armed the watch.
   *
   * Throws SESSION_EXPIRED, SESSION_CLOSED, TOO_MANY_REQUESTS, DATA_TOO_LARGE, BAD_ARGUMENTS (a path over the limit),
   * OVERLOADED (too many watchers).
   */
  submit(body: RequestBody, context: C, deadline = Number.POSITIVE_INFINITY): SessionRequest<C> {
    if (this.#endFailure !== undefined) throw new TerrariumError(this.#endFailure.code, this.#endFailure.message);
    if (this.#closing !== undefined) throw new TerrariumError("SESSION_CLOSED", "the client is closing");
    const bytes = checkedBytes(body);
    const full =
      this.#queue.length >= sessionLimits.requestsMax || this.#queue.bytes + bytes > sessionLimits.requestBytesMax;
    // There is always room for the last one.
    if (full && body.type !== "close") {
      throw new TerrariumError("TOO_MANY_REQUESTS", `${this.#queue.length} requests wait for their answers`);
    }
    if (armedBy(body) !== undefined && this.#watches.size >= sessionLimits.watchersMax) {
      throw new TerrariumError("OVERLOADED", `${this.#watches.size} watches wait for their events`);
    }
    const request: SessionRequest<C> = { body, context, deadline, bytes, xid: 0, requestId: 0, settled: false };
    this.#queue.push(request);
    if (body.type === "close") this.#closing = request;
    return request;
  }

  /** Gives a request up: nothing more is delivered for it, its watch included. One that was sent may still take effect. */
  abort(request: SessionRequest<C>): void {
    if (!request.settled) return this.#queue.settle(request);
    const spec = armedBy(request.body);
    if (spec !== undefined) this.#watches.forget(spec, request);
  }

  /** What a server said on a stream, in one frame. */
  receive(stream: number, messages: readonly ServerMessage[], now: number): void {
    this.#pass(now);
    for (const message of messages) {
      // Each message may end the stream: then the rest of the frame counts as lost.
      const link = this.#link;
      if ((link.type !== "attaching" && link.type !== "attached") || link.stream !== stream) return;
      if (link.type === "attached") link.lastReceived = now;
      this.#receiveOne(link, message);
    }
  }

  /** A stream broke, or could not be opened. */
  streamClosed(stream: number, trouble: Failure, now: number): void {
    this.#pass(now);
    const link = this.#link;
    if ((link.type === "attaching" || link.type === "attached") && link.stream === stream) this.#lose(link, trouble);
  }

  /** Time went on: see {@link nextDeadline}. */
  advance(now: number): void {
    const stoodStill = now - this.nextDeadline > sessionLimits.stoodStillMs;
    this.#pass(now);
    const link = this.#link;
    if (link.type === "ended") return;
    // What servers said meanwhile waits to be read: it is not held against them that it was not.
    if (stoodStill && link.type === "attached") link.graceUntil = now + sessionLimits.stoodStillMs;
    for (const request of this.#queue.expire(now)) this.#fail(request, this.#whyLate());
    if (link.type === "down" && now >= link.retryAt) this.#openNext();
    else if (link.type === "attaching" && now >= link.deadline) this.#lose(link, this.#silent(link.endpoint));
    else if (link.type === "attached") this.#watchOver(link);
  }

  /** Lets go of the server and of the session, which lives on until it times out. */
  detach(): void {
    if (this.#link.type !== "ended") this.#end("closed", closedFailure, closedFailure);
  }

  // Outputs.

  /** When {@link advance} has something to do, if nothing else happens before; `Infinity` for never. */
  get nextDeadline(): number {
    const link = this.#link;
    if (link.type === "ended") return Number.POSITIVE_INFINITY;
    const always = Math.min(this.#queue.nextDeadline, this.#lostAt);
    if (link.type === "down") return Math.min(always, link.retryAt);
    if (link.type === "attaching") return Math.min(always, link.deadline);
    const ping = pingAt(link, this.#timeoutMs, this.#queue.outstanding > 0);
    return Math.min(always, ping, ...this.#deadlines(link));
  }

  /** Why a request would fail now for want of an answer: NO_QUORUM, OVERLOADED, NO_SERVER, PROTOCOL_ERROR or TIMEOUT. */
  #whyLate(): Failure {
    if (this.#link.type !== "attached") return this.#endpoints.unavailable();
    const code = this.#link.noQuorumSince === undefined ? "TIMEOUT" : "NO_QUORUM";
    return { code, message: errorMessage(code) };
  }

  /** Why the session has no server, or is no more. */
  get trouble(): Failure {
    return this.#endFailure ?? this.#whyLate();
  }

  takeEffects(): SessionEffects<C> {
    this.#fill();
    return this.#effects.take();
  }

  /** Sends what the window lets through. */
  #fill(): void {
    const link = this.#link;
    if (link.type !== "attached") return;
    // Before new reads, which may want the same watches.
    for (const message of this.#watches.takeDisarms(() => this.#watchesUnderWay())) this.#effects.send(message);
    while (this.#queue.outstanding < link.window && this.#queue.outstandingBytes < sessionLimits.outstandingBytesMax) {
      const message = this.#queue.next();
      if (message === undefined) break;
      this.#effects.send(message);
    }
    if (this.#effects.sends) link.lastSent = this.#now;
  }

  /** The watches of reads that the present connection has not answered, wanted or not. */
  *#watchesUnderWay(): Iterable<WatchSpec> {
    for (const { body } of this.#queue.underWay()) {
      const spec = armedBy(body);
      if (spec !== undefined) yield spec;
    }
  }

  // Finding a server.

  #openNext(): void {
    const endpoint = this.#endpoints.next();
    if (endpoint === undefined) {
      this.#link = { type: "down", retryAt: this.#now + this.#endpoints.pause() };
      return;
    }
    const stream = ++this.#streams;
    const since = this.#now;
    const deadline = since + attachTimeoutMs(this.#timeoutMs, this.#endpoints.size);
    this.#link = { type: "attaching", stream, endpoint, since, deadline };
    this.#effects.open(stream, endpoint.name, {
      type: "connect",
      protocol: protocolVersion,
      sessionId: this.#sessionId,
      password: this.#password,
      timeoutMs: this.#timeoutMs,
      lastZxid: this.#lastZxid,
      holder: this.#holder,
      takeover: this.#state === "connecting" && this.#sessionId !== 0,
      instance: this.#instance,
    });
  }

  #lose(link: Attaching | Attached, trouble: Failure): void {
    link.endpoint.trouble = trouble;
    if (link.type === "attached") {
      if (this.#now - link.since >= sessionLimits.settledAfterMs) this.#endpoints.succeeded();
      this.#servedAt = this.#now;
      this.#setState("suspended");
    }
    this.#effects.drop(link.stream);
    this.#openNext();
  }

  #watchOver(link: Attached): void {
    const busy = this.#queue.outstanding > 0;
    const [silent, leave, unproven] = this.#deadlines(link);
    if (this.#now >= silent) {
      this.#pulse.silent();
      return this.#lose(link, this.#silent(link.endpoint));
    }
    if (this.#now >= Math.min(leave, unproven)) return this.#lose(link, noQuorum(link.endpoint.name));
    if (this.#now < pingAt(link, this.#timeoutMs, busy)) return;
    this.#effects.send({ type: "ping", number: pinged(link, this.#now) });
  }

  /**
   * When to leave the server, for one of three reasons. There may be only one endpoint: behind it another server may
   * answer, and the session must not seem to be served when it is not.
   */
  #deadlines(link: Attached): readonly [silent: number, leave: number, unproven: number] {
    const timeoutMs = this.#timeoutMs;
    return [
      Math.max(link.graceUntil, silentAt(link, this.#pulse.patienceMs(timeoutMs))),
      Math.max(link.graceUntil, leaveAt(link, timeoutMs)),
      Math.max(link.graceUntil, unprovenAt(this.#hold.provenAt, timeoutMs)),
    ];
  }

  #silent({ name }: Endpoint): Failure {
    return { code: "NO_SERVER", message: `${name} does not answer` };
  }

  // Whether the session is certain to live.

  /** Whether the user is told that the session lives. */
  get #believed(): boolean {
    return this.#state === "connected" || this.#state === "suspended";
  }

  get #lostAt(): number {
    return this.#believed ? this.#hold.lostAt(this.#timeoutMs) : Number.POSITIVE_INFINITY;
  }

  /** Time has come to `now`. Before anything else the user must not be left in a belief that time has overtaken. */
  #pass(now: number): void {
    this.#now = now;
    if (now < this.#lostAt) return;
    if (this.#link.type === "attached") this.#lose(this.#link, noQuorum(this.#link.endpoint.name));
    this.#setState("lost");
  }

  // What servers say.

  #receiveOne(link: Attaching | Attached, message: ServerMessage): void {
    if (message.type === "refused") return this.#refused(link, message.failure);
    if (link.type === "attaching") {
      if (message.type === "connected") return this.#connected(link, message);
      return this.#violation(link, `${message.type} before connected`);
    }
    switch (message.type) {
      case "reply":
        return this.#reply(link, message);
      case "event":
        return this.#event(link, message);
      case "pong":
        return this.#pong(link, message);
      case "heard":
        return this.#heard(link, message);
      case "members":
        if (this.#discover) this.#endpoints.learn(message.members);
        return;
      case "connected":
        return this.#violation(link, "connected twice");
    }
  }

  #refused(link: Attaching | Attached, failure: Failure): void {
    const gone = failure.code === "SESSION_EXPIRED" || failure.code === "AUTH_FAILED";
    if (gone && this.#sessionId !== 0) return this.#expire(failure);
    if (failure.code === "SESSION_TAKEN") return this.#end("expired", failure, failure);
    const message = `${link.endpoint.name} refuses: ${failure.message}`;
    if (failure.code === "WRONG_CLUSTER") return this.#astray(link, message);
    this.#lose(link, { code: failure.code, message });
  }

  /**
   * The server is of another cluster than the session, or of another life of it. It may be one wrong endpoint among
   * good ones. But where all are of another, or none of the session's own was found for its whole timeout, the cluster
   * is gone, as after a restoration from a backup, and the session with it.
   */
  #astray(link: Attaching | Attached, message: string): void {
    link.endpoint.trouble = { code: "WRONG_CLUSTER", message };
    if (!this.#endpoints.allElsewhere && this.#now - this.#servedAt < this.#timeoutMs)
      return this.#lose(link, { code: "WRONG_CLUSTER", message });
    const failure: Failure = { code: "SESSION_EXPIRED", message: `the session's cluster is gone: ${message}` };
    this.#end("expired", failure, failure);
  }

  #connected(link: Attaching, message: Connected): void {
    // An answer that comes when its time is over says nothing of now.
    if (this.#now >= link.deadline) return this.#lose(link, this.#silent(link.endpoint));
    const known = this.#sessionId !== 0;
    // A session never turns into another one behind its user's back.
    if (known && message.sessionId !== this.#sessionId) return this.#violation(link, "another session id");
    if (message.sessionId === 0 || message.timeoutMs <= 0) return this.#violation(link, "connected without a session");
    if (this.#instance !== 0 && message.instance !== 0 && message.instance !== this.#instance) {
      const what = `${message.clusterId} is another cluster than the session's, or another life of it`;
      return this.#astray(link, `${link.endpoint.name} is wrong: ${what}`);
    }
    if (message.zxid < this.#lastZxid) return this.#anotherPast("it is behind what this session has seen");
    if (this.#state === "connecting") this.#queue.continueAfter(message.lastRequestId);
    if (message.lastRequestId < this.#queue.ackedRequestId) return this.#anotherPast("an answered write is lost");
    if (message.lastRequestId > this.#queue.lastRequestId)
      return this.#anotherPast("it has a write that was never sent");
    this.#sessionId = message.sessionId;
    this.#password = message.password;
    if (message.instance !== 0) this.#instance = message.instance;
    this.#timeoutMs = message.timeoutMs;
    this.#endpoints.reached(link.endpoint, message.serverId);
    // The attachment went through the log: the leader has heard what was sent here.
    this.#hold.proven(link.since);
    const now = attached(link, message.zxid, this.#now);
    this.#link = now;
    this.#pulse.answered(this.#now - link.since);
    this.#queue.rewind();
    this.#see(message.zxid);
    this.#rearm(now);
    this.#setState("connected");
  }

  /** Arms all watches again, from the zxid up to which their events are known to have been delivered. */
  #rearm(link: Attached): void {
    const messages = this.#watches.rearm(this.#watchedZxid);
    for (const message of messages) this.#effects.send(message);
    if (messages.length === 0) this.#rearmed(link);
  }

  #see(zxid: Zxid): void {
    if (zxid > this.#lastZxid) this.#lastZxid = zxid;
  }

  #watchedUpTo(zxid: Zxid): void {
    if (zxid > this.#watchedZxid) this.#watchedZxid = zxid;
  }

  /**
   * The server answered something that was sent after SetWatches: so it has sent the events of the past, those up to the
   * attachment. Before this nothing counts as watched: were the connection to break, the next arming would skip it.
   */
  #rearmed(link: Attached): void {
    link.rearmed = true;
    this.#watchedUpTo(link.zxid);
  }

  #reply(link: Attached, message: Reply): void {
    const request = this.#queue.oldest;
    if (request === undefined || request.xid !== message.xid) return this.#violation(link, "a reply out of order");
    const failure = message.result.failure;
    if (failure !== undefined && this.#notTaken(link, request, failure)) return;
    this.#queue.answered();
    if (link.window < limits.outstandingRequestsMax) link.window++;
    this.#see(message.zxid);
    // An event comes before any answer that may show its change.
    this.#rearmed(link);
    this.#watchedUpTo(message.zxid);
    if (request.body.type === "close") return this.#closed(message.zxid);
    const armed = armedBy(request.body, message.result);
    if (request.settled) {
      if (armed !== undefined) this.#watches.unwanted(armed);
      return;
    }
    request.settled = true;
    if (armed !== undefined) this.#watches.register(armed, request);
    this.#effects.deliver({ type: "answer", request, zxid: message.zxid, result: message.result });
  }

  /** Whether the failure is about the session or the server rather than the request's own answer. */
  #notTaken(link: Attached, request: SessionRequest<C>, failure: Failure): boolean {
    if (failure.code === "SESSION_EXPIRED") {
      this.#expire(failure);
      return true;
    }
    // A write has its number, so it has to be sent until it is done; a read may at least find a quorum elsewhere.
    const elsewhere =
      failure.code === "SESSION_MOVED" ||
      failure.code === "NO_QUORUM" ||
      (request.requestId > 0 && (failure.code === "TOO_MANY_REQUESTS" || errorClass(failure.code) === "unavailable"));
    if (elsewhere) this.#refused(link, failure);
    return elsewhere;
  }

  #event(link: Attached, message: Event): void {
    const { event } = message;
    this.#see(event.zxid);
    // Not up to its own zxid: one entry may fire several watches, and the connection break between two events.
    if (link.rearmed) this.#watchedUpTo(event.zxid - 1);
    const watchers = this.#watches.fire(event);
    if (watchers.length > 0) this.#effects.deliver({ type: "event", event, watchers });
  }

  #pong(link: Attached, message: Pong): void {
    if (message.number > link.pinged) return this.#violation(link, "a pong without a ping");
    // Number 0 answers no ping.
    if (message.number > 0) this.#rearmed(link);
    if (message.number === link.pinged) link.owesSince = undefined;
    const at = sentAt(link, message.number);
    if (at !== undefined) this.#pulse.answered(this.#now - at);
    if (message.quorum) link.noQuorumSince = undefined;
    else link.noQuorumSince ??= this.#now;
  }

  /** The leader has heard of a ping, and so that the session lived when it was sent. */
  #heard(link: Attached, message: Heard): void {
    if (message.ping > link.pinged) return this.#violation(link, "a ping was heard that was not sent");
    const at = sentAt(link, message.ping);
    if (at === undefined) return;
    this.#hold.proven(at);
    link.pings = link.pings.filter(({ number }) => number > message.ping);
  }

  /**
   * An attachment goes through the log, behind all that the session has seen. A cluster that says otherwise has another
   * log, as after a restoration from a backup, and with it another session.
   */
  #anotherPast(what: string): void {
    this.#effects.deliver({ type: "violation", what });
    const message = `the cluster has another past than this session, as if restored from a backup: ${what}`;
    const failure: Failure = { code: "SESSION_EXPIRED", message };
    this.#end("expired", failure, failure);
  }

  #violation(link: Attaching | Attached, what: string): void {
    this.#effects.deliver({ type: "violation", what });
    const message = `${link.endpoint.name} does not follow the protocol: ${what}`;
    this.#lose(link, { code: "PROTOCOL_ERROR", message });
  }

  // The end.

  #expire(failure: Failure): void {
    // A session that was to be closed and is gone was closed: the answer got lost.
    if (this.#closing !== undefined && this.#closing.xid > 0) return this.#closed(this.#lastZxid);
    this.#end("expired", failure, { code: "SESSION_EXPIRED", message: errorMessage("SESSION_EXPIRED") });
  }

  #closed(zxid: Zxid): void {
    const request = present(this.#closing, "close request");
    if (!request.settled) this.#effects.deliver({ type: "answer", request, zxid, result: {} });
    request.settled = true;
    this.#end("closed", closedFailure, { code: "SESSION_EXPIRED", message: errorMessage("SESSION_EXPIRED") });
  }

  #end(state: "expired" | "closed", why: Failure, forRequests: Failure): void {
    if (this.#link.type === "attaching" || this.#link.type === "attached") this.#effects.drop(this.#link.stream);
    this.#link = { type: "ended" };
    this.#endFailure = why;
    for (const request of this.#queue.unsettled()) this.#fail(request, forRequests);
    this.#setState(state);
  }

  #fail(request: SessionRequest<C>, failure: Failure): void {
    this.#queue.settle(request);
    this.#effects.deliver({ type: "failed", request, failure });
  }

  #setState(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#effects.deliver({ type: "state", state });
  }
}

const closedFailure: Failure = { code: "SESSION_CLOSED", message: errorMessage("SESSION_CLOSED") };

function noQuorum(name: string): Failure {
  return { code: "NO_QUORUM", message: `${errorMessage("NO_QUORUM")} (says ${name})` };
}
