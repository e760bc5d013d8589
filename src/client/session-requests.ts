/**
 * The requests of a session that have no answer yet, in their order.
 *
 * A request gets its numbers when it is first sent, never before: one that is given up while it waits leaves no hole.
 * From then on it keeps its numbers and its place until its answer comes, over however many connections, even when
 * nobody waits for the answer any more: a session's writes are numbered without gaps, and are done once each.
 */
import { assert, present } from "../base/assert.ts";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { requestsIn } from "../base/operation-traits.ts";
import { Queue } from "../base/queue.ts";
import type { Request, RequestBody } from "../protocol/client-messages.ts";
import { checkedBytes } from "./session-checks.ts";
import { sessionLimits } from "./session-limits.ts";

/** A request on its way. Owned by the session; others may look. */
export interface SessionRequest<C> {
  readonly body: RequestBody;
  /** The caller's own. */
  readonly context: C;
  /** Monotonic ms at which to stop waiting; `Infinity` for never. */
  readonly deadline: number;
  /** Upper bound of its bytes on the wire. */
  readonly bytes: number;
  /** 0 until it was sent. */
  xid: number;
  /** Position among the session's writes, from 1; 0 for reads and until it was sent. */
  requestId: number;
  /** Its outcome was delivered, or nobody wants it. */
  settled: boolean;
}

export class SessionRequests<C> {
  /** Not sent so far: without numbers. */
  #waiting = new Queue<SessionRequest<C>>();
  /** Sent and not answered: consecutive xids. */
  readonly #sent = new Queue<SessionRequest<C>>();
  /** How many of `#sent` went to the present connection; the rest are to be sent again. */
  #outstanding = 0;
  /** As how many requests `#sent` counts: see {@link requestsIn}. */
  #sentCount = 0;
  #outstandingBytes = 0;
  /** How many may be outstanding: few at first, so that a server that breaks under many requests answers some. */
  #window: number = sessionLimits.firstWindow;
  #bytes = 0;
  #lastXid = 0;
  #lastRequestId = 0;
  #ackedRequestId = 0;
  #settledWaiting = 0;
  #closing: SessionRequest<C> | undefined;
  /** No deadline is earlier. */
  #earliestDeadline = Number.POSITIVE_INFINITY;

  /** Requests that the present connection has not answered. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Requests that are not answered, and the bytes that count for them. */
  retained(): { readonly requests: number; readonly requestBytes: number } {
    return { requests: this.#sent.length + this.#waiting.length, requestBytes: this.#bytes };
  }

  /** The request that closes the session, once there is one: the last that it takes. */
  get closing(): SessionRequest<C> | undefined {
    return this.#closing;
  }

  /** Time at which {@link expire} may have something to do, or `Infinity`. */
  get nextDeadline(): number {
    return this.#earliestDeadline;
  }

  /**
   * A request that there is room for, to be pushed. Throws SESSION_CLOSED, TOO_MANY_REQUESTS, DATA_TOO_LARGE, BAD_ARGUMENTS
   * (a path over the limit).
   */
  admitted(body: RequestBody, context: C, deadline: number): SessionRequest<C> {
    if (this.#closing !== undefined) throw new TerrariumError("SESSION_CLOSED", "the client is closing");
    const bytes = checkedBytes(body);
    const unanswered = this.#waiting.length + this.#sent.length;
    const full = unanswered >= sessionLimits.requestsMax || this.#bytes + bytes > sessionLimits.requestBytesMax;
    // There is always room for the last one.
    if (full && body.type !== "close")
      throw new TerrariumError("TOO_MANY_REQUESTS", `${unanswered} requests wait for their answers`);
    return { body, context, deadline, bytes, xid: 0, requestId: 0, settled: false };
  }

  push(request: SessionRequest<C>): void {
    this.#waiting.push(request);
    this.#bytes += request.bytes;
    if (request.deadline < this.#earliestDeadline) this.#earliestDeadline = request.deadline;
    if (request.body.type === "close") this.#closing = request;
  }

  /** Another process made the session's writes up to `requestId`: ours follow. */
  continueAfter(requestId: number): void {
    assert(this.#lastXid === 0, "a resumed session has sent nothing");
    this.#lastRequestId = requestId;
    this.#ackedRequestId = requestId;
  }

  /** What is wrong with a log in which the session's newest write is this one; undefined if it may be the session's. */
  contradiction(lastRequestId: number): string | undefined {
    if (lastRequestId < this.#ackedRequestId) return "an answered write is lost";
    if (lastRequestId > this.#lastRequestId) return "it has a write that was never sent";
    return undefined;
  }

  /** Another connection: all that was sent has to be sent again. */
  rewind(): void {
    this.#outstanding = 0;
    this.#outstandingBytes = 0;
    this.#window = sessionLimits.firstWindow;
  }

  /** The next message to send, or undefined if there is none or no room for it: first what has to be sent again. */
  next(): Request | undefined {
    if (this.#outstanding >= this.#window || this.#outstandingBytes >= sessionLimits.outstandingBytesMax)
      return undefined;
    if (this.#outstanding === this.#sent.length && !this.#number()) return undefined;
    const request = present(this.#sent.at(this.#outstanding), "request to send");
    this.#outstanding++;
    this.#outstandingBytes += request.bytes;
    return {
      type: "request",
      xid: request.xid,
      requestId: request.requestId,
      ackedRequestId: this.#ackedRequestId,
      body: request.body,
    };
  }

  /** Gives the oldest waiting request its numbers. False if there is none, or no room for it. */
  #number(): boolean {
    for (let request = this.#waiting.at(0); request !== undefined; request = this.#waiting.at(0)) {
      const count = countOf(request.body);
      if (!request.settled && this.#sentCount + count > limits.outstandingRequestsMax) return false;
      this.#waiting.shift();
      if (request.settled) {
        this.#settledWaiting--;
        this.#bytes -= request.bytes;
        continue;
      }
      request.xid = ++this.#lastXid;
      if (request.body.type === "write" || request.body.type === "close") request.requestId = ++this.#lastRequestId;
      this.#sent.push(request);
      this.#sentCount += count;
      return true;
    }
    return false;
  }

  /** The request that the present connection has to answer next. */
  get oldest(): SessionRequest<C> | undefined {
    return this.#outstanding > 0 ? this.#sent.at(0) : undefined;
  }

  /** Those that went to the present connection and are not answered, in order. */
  *underWay(): Iterable<SessionRequest<C>> {
    for (let i = 0; i < this.#outstanding; i++) yield present(this.#sent.at(i), "request under way");
  }

  /** The oldest request was answered. */
  answered(): void {
    const request = present(this.#sent.shift(), "answered request");
    this.#outstanding--;
    this.#sentCount -= countOf(request.body);
    this.#outstandingBytes -= request.bytes;
    this.#bytes -= request.bytes;
    if (this.#window < limits.outstandingRequestsMax) this.#window++;
    if (request.requestId > 0) this.#ackedRequestId = request.requestId;
  }

  /** Nobody wants the answer any more. */
  settle(request: SessionRequest<C>): void {
    request.settled = true;
    if (request.xid > 0) return;
    // One that was never sent may go; many at a time, since it stands somewhere in the middle.
    this.#settledWaiting++;
    if (this.#settledWaiting < 64 || this.#settledWaiting * 2 < this.#waiting.length) return;
    const waiting = this.#waiting;
    this.#waiting = new Queue();
    for (let i = 0; i < waiting.length; i++) {
      const other = present(waiting.at(i), "waiting request");
      if (other.settled) this.#bytes -= other.bytes;
      else this.#waiting.push(other);
    }
    this.#settledWaiting = 0;
  }

  /** Those whose deadline has come, in order; each is to be settled. */
  expire(now: number): readonly SessionRequest<C>[] {
    if (now < this.#earliestDeadline) return [];
    const expired: SessionRequest<C>[] = [];
    this.#earliestDeadline = Number.POSITIVE_INFINITY;
    for (const request of this.unsettled()) {
      if (request.deadline <= now) expired.push(request);
      else if (request.deadline < this.#earliestDeadline) this.#earliestDeadline = request.deadline;
    }
    return expired;
  }

  /** Those that somebody waits for, in order. */
  unsettled(): SessionRequest<C>[] {
    const requests: SessionRequest<C>[] = [];
    for (const queue of [this.#sent, this.#waiting]) {
      for (let i = 0; i < queue.length; i++) {
        const request = present(queue.at(i), "request");
        if (!request.settled) requests.push(request);
      }
    }
    return requests;
  }
}

/** As how many requests one counts. */
function countOf(body: RequestBody): number {
  return body.type === "write" ? requestsIn(body.operation) : 1;
}
