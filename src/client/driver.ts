/**
 * Runs the pure session in the real world: streams, one timer, and callbacks.
 *
 * What is submitted in one turn of the event loop goes out together, as one frame. What arrives is handled at once.
 */

import type { Credential } from "../base/acl.ts";
import { TerrariumError } from "../base/errors.ts";
import type { Result, Zxid } from "../base/operations.ts";
import type { WatchEvent } from "../base/reads.ts";
import { staysArmed } from "../base/watch-rules.ts";
import type { RequestBody } from "../protocol/client-messages.ts";
import { aborted, onAbort, unanswered } from "./abort.ts";
import {
  ClientSession,
  type Delivery,
  type SessionCredentials,
  type SessionRequest,
  type SessionState,
} from "./session.ts";
import { armedBy } from "./session-checks.ts";
import { Transport } from "./transport.ts";

/** Who waits for a request. Exactly one of `answer` and `fail` is called, once. */
export interface Call {
  /** For a read with a watch: gets its event. */
  readonly watcher: ((event: WatchEvent) => void) | undefined;
  /** The watcher settles a promise: it is called at once, so that this one's continuations keep the place of the event. */
  readonly atOnce?: boolean;
  answer(result: Result, zxid: Zxid): void;
  fail(error: TerrariumError): void;
  /** Set by the driver: forgets the abort signal, which ends the request and then the watch that it has armed. */
  release?: (() => void) | undefined;
}

export interface DriverOptions {
  readonly endpoints: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly resume: SessionCredentials | undefined;
  readonly credentials: readonly Credential[];
  readonly discover: boolean;
}

/** The longest that a timer of the platform can wait. */
const timerMaxMs = 2 ** 31 - 1;

export class SessionDriver {
  readonly session: ClientSession<Call>;
  readonly #transport: Transport;
  readonly #stateListeners = new Set<(state: SessionState) => void>();
  /** Reads whose watch is armed and can be ended by a signal. */
  readonly #armed = new Set<SessionRequest<Call>>();
  #flush: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #afterTurn: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DriverOptions) {
    const { endpoints, sessionTimeoutMs: timeoutMs, resume, credentials, discover } = options;
    const holder = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
    this.session = new ClientSession(
      { endpoints, timeoutMs, random: Math.random, resume, holder, credentials, discover },
      performance.now(),
    );
    this.#transport = new Transport({
      received: (stream, messages) => {
        this.session.receive(stream, messages, performance.now());
        this.#turn();
      },
      closed: (stream, trouble) => {
        this.session.streamClosed(stream, trouble, performance.now());
        this.#turn();
      },
    });
  }

  /** Resolves once the session is attached. After a rejection the driver is of no more use. */
  async connect(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    try {
      await new Promise<void>((resolve, reject) => {
        const fail = (): void => reject(this.#trouble());
        const timer = timeoutMs > timerMaxMs ? undefined : setTimeout(fail, Math.max(0, deadline - performance.now()));
        const release = onAbort(signal, () => finish(() => reject(aborted(signal, undefined))));
        const finish = (outcome: () => void): void => {
          clearTimeout(timer);
          release();
          this.#afterTurn = undefined;
          outcome();
        };
        this.#afterTurn = () => {
          const { state, hopeless } = this.session;
          if (state === "connected") finish(resolve);
          else if (state === "expired" || state === "closed" || hopeless) finish(fail);
        };
        if (signal?.aborted) finish(() => reject(aborted(signal, undefined)));
        else this.#turn();
      });
    } catch (error) {
      this.detach();
      throw error;
    }
  }

  /** Sends a request. Throws what `Session.submit` throws. */
  request(
    body: RequestBody,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    call: Call,
  ): SessionRequest<Call> | undefined {
    if (signal?.aborted) {
      call.fail(aborted(signal, undefined));
      return undefined;
    }
    const request = this.session.submit(body, call, performance.now() + timeoutMs);
    if (signal !== undefined) {
      call.release = onAbort(signal, () => {
        this.forget(request);
        call.fail(aborted(signal, body));
      });
    }
    this.#flush ??= setImmediate(() => this.#turn());
    return request;
  }

  /** Forgets a request, or the watch that it has armed; its call hears nothing more. */
  forget(request: SessionRequest<Call>): void {
    this.#released(request);
    this.session.abort(request);
    // The server may have a watch to disarm.
    this.#flush ??= setImmediate(() => this.#turn());
  }

  /** Returns a function that stops it. Listeners are called in step with the continuations of promises. */
  onState(listener: (state: SessionState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Closes the session, or lets go of it after `timeoutMs`. */
  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    const { state, identity } = this.session;
    if (state !== "expired" && state !== "closed" && identity.sessionId !== 0) {
      await new Promise<void>((resolve) => {
        this.request({ type: "close" }, timeoutMs, undefined, {
          watcher: undefined,
          answer: () => resolve(),
          fail: () => resolve(),
        });
      });
    }
    this.detach();
  }

  detach(): void {
    this.session.detach();
    this.#turn();
  }

  #trouble(): TerrariumError {
    const { code, message } = this.session.trouble;
    return new TerrariumError(code, message);
  }

  #turn(): void {
    if (this.#flush !== undefined) {
      clearImmediate(this.#flush);
      this.#flush = undefined;
    }
    const { disconnect, connect, send, deliveries } = this.session.takeEffects(performance.now());
    for (const stream of disconnect) this.#transport.drop(stream);
    if (connect !== undefined) this.#transport.open(connect.stream, connect.endpoint);
    if (send.length > 0) this.#transport.send(send);
    for (const delivery of deliveries) this.#deliver(delivery);
    this.#setTimer();
    this.#afterTurn?.();
  }

  #deliver(delivery: Delivery<Call>): void {
    switch (delivery.type) {
      case "answer": {
        const { request, result, zxid } = delivery;
        if (request.context.release !== undefined) {
          if (armedBy(request.body, result) === undefined) this.#released(request);
          else this.#armed.add(request);
        }
        return request.context.answer(result, zxid);
      }
      case "failed": {
        const { request, failure } = delivery;
        this.#released(request);
        return request.context.fail(unanswered(failure, request.body));
      }
      case "event":
        // In a microtask, as the continuations of promises: so an event stays between the answers that it came between.
        for (const request of delivery.watchers) {
          if (!staysArmed(delivery.event.kind)) this.#released(request);
          const { watcher, atOnce = false } = request.context;
          if (atOnce) watcher?.(delivery.event);
          else queueMicrotask(() => watcher?.(delivery.event));
        }
        return;
      case "state":
        if (delivery.state === "expired" || delivery.state === "closed")
          for (const request of this.#armed) this.#released(request);
        for (const listener of this.#stateListeners) {
          queueMicrotask(() => {
            if (this.#stateListeners.has(listener)) listener(delivery.state);
          });
        }
        return;
      case "violation":
        return;
    }
  }

  /** The abort signal of a request does not matter any more. */
  #released(request: SessionRequest<Call>): void {
    request.context.release?.();
    this.#armed.delete(request);
  }

  /** One timer serves all deadlines. It may ring too early, when what it was set for is over. */
  #setTimer(): void {
    const at = this.session.nextDeadline;
    if (at >= this.#timerAt && at !== Number.POSITIVE_INFINITY) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = Number.POSITIVE_INFINITY;
        this.session.advance(performance.now());
        this.#turn();
      },
      Math.min(timerMaxMs, Math.max(1, Math.ceil(at - performance.now()))),
    );
  }
}
