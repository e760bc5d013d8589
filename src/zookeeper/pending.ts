/** The requests of one connection that have no answer yet, in order, and how many more there may be. */
import { limits } from "../base/limits.ts";
import { requestsIn } from "../base/operation-traits.ts";
import type { AdmittedBody, AdmittedRequest } from "../protocol/client-messages.ts";
import type { Taken } from "./taken.ts";
import type { Traffic } from "./traffic.ts";

/** Requests and pings without an answer beyond which no more are heard; half of what the node takes. */
const pendingMax = limits.outstandingRequestsMax / 2;
/** Their bytes, likewise. */
const pendingBytesMax = limits.outstandingBytesMax / 2;

/** A request that waits for its answer. */
export interface Pending {
  readonly xid: number;
  readonly taken: Taken;
}

interface Waiting extends Pending {
  /** Of a write, the node's number for it; of others 0. */
  readonly requestId: number;
  /** As how many requests it counts. */
  readonly weight: number;
  readonly bytes: number;
  /** Monotonic ms at which it came. */
  readonly sinceMs: number;
}

/** One that was read, and for which there is no room yet. */
interface Held extends Pending {
  readonly body: AdmittedBody;
  readonly weight: number;
  readonly bytes: number;
}

/** A request that answers nothing but comes in its turn. */
export const carrier: AdmittedBody = { type: "read", read: { kind: "exists", path: "/", watch: false, local: true } };

export class PendingRequests {
  readonly #traffic: Traffic;
  #waiting: Waiting[] = [];
  #weight = 0;
  #bytes = 0;
  #held: Held | undefined;
  #nodeXid = 0;
  #requestId = 0;
  #acked = 0;
  /** Pings without an answer, which wait while watches are armed. */
  #pinged = 0;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  /** The session's newest write so far, at its attachment. */
  startBehind(requestId: number): void {
    this.#requestId = requestId;
    this.#acked = requestId;
  }

  /** Whether there is room for another frame. */
  get hasRoom(): boolean {
    return this.#held === undefined && this.#weight + this.#pinged < pendingMax && this.#bytes < pendingBytesMax;
  }

  /**
   * A request has come: the messages that it becomes, none if it has to wait for answers to others ({@link takeHeld}), as
   * a multi may that counts as many.
   */
  add(request: Pending, bytes: number): readonly AdmittedRequest[] {
    const { ask } = request.taken;
    const body = "error" in ask ? carrier : ask;
    const weight = body.type === "write" ? requestsIn(body.operation) : 1;
    this.#traffic.asked();
    const held = { ...request, body, weight, bytes };
    if (this.#weight > 0 && this.#weight + weight > limits.outstandingRequestsMax) {
      this.#held = held;
      return [];
    }
    return [this.#send(held)];
  }

  /** The request that had to wait for answers to others, if there is room by now. */
  takeHeld(): AdmittedRequest | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    if (this.#weight > 0 && this.#weight + held.weight > limits.outstandingRequestsMax) return undefined;
    this.#held = undefined;
    return this.#send(held);
  }

  /** The oldest request is answered: what it was. Undefined: there is none. */
  answered(): Pending | undefined {
    const first = this.#waiting.shift();
    if (first === undefined) return undefined;
    const { requestId, weight, bytes, sinceMs } = first;
    this.#traffic.answered(performance.now() - sinceMs);
    this.#weight -= weight;
    this.#bytes -= bytes;
    // A ZooKeeper client never asks for an answer again.
    if (requestId > 0) this.#acked = requestId;
    return first;
  }

  /** A ping has come. */
  pinged(): void {
    this.#pinged += 1;
  }

  /** Whether a ping waits for its answer, which it has by now. */
  ponged(): boolean {
    if (this.#pinged === 0) return false;
    this.#pinged -= 1;
    return true;
  }

  /** The connection is no more. */
  over(): void {
    this.#traffic.dropped(this.length);
    this.#waiting = [];
    this.#held = undefined;
  }

  /** Requests without an answer. */
  get length(): number {
    return this.#waiting.length + (this.#held === undefined ? 0 : 1);
  }

  #send({ body, ...held }: Held): AdmittedRequest {
    const requestId = body.type === "write" || body.type === "close" ? ++this.#requestId : 0;
    this.#waiting.push({ ...held, requestId, sinceMs: performance.now() });
    this.#weight += held.weight;
    this.#bytes += held.bytes;
    this.#nodeXid += 1;
    return { type: "request", xid: this.#nodeXid, requestId, ackedRequestId: this.#acked, body };
  }
}
