/** What the session wants of the world after a turn. */
import type { Failure, Result, Zxid } from "../base/operations.ts";
import type { WatchEvent } from "../base/reads.ts";
import type { ClientMessage } from "../protocol/client-messages.ts";
import type { SessionRequest } from "./session-requests.ts";
import type { SessionState } from "./session-standing.ts";

/** Done in the order of the fields. */
export interface SessionEffects<C> {
  /** Streams to drop; nothing that they say counts any more. */
  readonly disconnect: readonly number[];
  /** A stream to open, to `host:port`; its first message is in `send`. */
  readonly connect: { readonly stream: number; readonly endpoint: string } | undefined;
  /** Messages for the newest stream. */
  readonly send: readonly ClientMessage[];
  /** For the user, in this order. */
  readonly deliveries: readonly Delivery<C>[];
}

export type Delivery<C> =
  /** The server's answer, good or bad. */
  | { readonly type: "answer"; readonly request: SessionRequest<C>; readonly zxid: Zxid; readonly result: Result }
  /** No answer will be delivered. The request had no effect if its xid is 0; otherwise it may have one, or still get it. */
  | { readonly type: "failed"; readonly request: SessionRequest<C>; readonly failure: Failure }
  /** `watchers`: the reads that armed it. */
  | { readonly type: "event"; readonly event: WatchEvent; readonly watchers: readonly SessionRequest<C>[] }
  | { readonly type: "state"; readonly state: SessionState }
  /** A server broke the protocol and was left: never on a healthy cluster. */
  | { readonly type: "violation"; readonly what: string };

/** Collects the effects of a turn. */
export class EffectsOfTurn<C> {
  #disconnect: number[] = [];
  #connect: SessionEffects<C>["connect"];
  #send: ClientMessage[] = [];
  #deliveries: Delivery<C>[] = [];

  /** Whether the turn has messages to send. */
  get sends(): boolean {
    return this.#send.length > 0;
  }

  open(stream: number, endpoint: string, first: ClientMessage): void {
    this.#connect = { stream, endpoint };
    this.#send = [first];
  }

  /** Drops the newest stream, with what this turn had for it. */
  drop(stream: number): void {
    this.#send = [];
    if (this.#connect?.stream === stream) this.#connect = undefined;
    else this.#disconnect.push(stream);
  }

  send(message: ClientMessage): void {
    this.#send.push(message);
  }

  deliver(delivery: Delivery<C>): void {
    this.#deliveries.push(delivery);
  }

  take(): SessionEffects<C> {
    const effects = {
      disconnect: this.#disconnect,
      connect: this.#connect,
      send: this.#send,
      deliveries: this.#deliveries,
    };
    this.#disconnect = [];
    this.#connect = undefined;
    this.#send = [];
    this.#deliveries = [];
    return effects;
  }
}
