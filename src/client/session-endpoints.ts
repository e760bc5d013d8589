/**
 * Which server to try next, how long to pause, and what went wrong with each so far.
 *
 * Those that the user has given come first, in an order of chance; behind them the members of the cluster that a server
 * has told of, unless the user wants none. A member that a given endpoint has led to is not tried twice.
 */
import { present } from "../base/assert.ts";
import { isEndpoint } from "../base/endpoint.ts";
import { errorMessage } from "../base/errors.ts";
import type { Failure } from "../base/operations.ts";
import type { Random } from "../base/random.ts";
import type { MemberEndpoint } from "../protocol/client-messages.ts";
import { sessionLimits } from "./session-limits.ts";

/** One place where a server may be. */
export interface Endpoint {
  /** `host:port`. */
  readonly name: string;
  /** The server that answered there last; with a load balancer, any. */
  serverId: number | undefined;
  /** Why the last try failed. */
  trouble: Failure | undefined;
}

export class EndpointChooser {
  readonly #random: Random;
  /** Shuffled, so that clients spread over the servers. */
  readonly #given: readonly Endpoint[];
  #learned: readonly Endpoint[] = [];
  /** Given and learned. */
  #order: readonly Endpoint[];
  #last: Endpoint | undefined;
  /** Where `#last` stands, or stood. */
  #position = -1;
  /** Tries since the last pause. */
  #tries = 0;
  /** Pauses since the last success. */
  #pauses = 0;

  constructor(names: readonly string[], random: Random) {
    this.#random = random;
    this.#given = shuffled(
      names.map((name) => newEndpoint(name)),
      random,
    );
    this.#order = this.#given;
  }

  /** How many there are. */
  get size(): number {
    return this.#order.length;
  }

  /** Their names, in the order in which they are tried. */
  get names(): readonly string[] {
    return this.#order.map(({ name }) => name);
  }

  /** The endpoint to try now, or undefined after a whole round: then it is time for a {@link pause}. */
  next(): Endpoint | undefined {
    if (this.#tries >= this.#order.length) return undefined;
    this.#tries++;
    this.#position = (this.#position + 1) % this.#order.length;
    this.#last = this.#order[this.#position];
    return this.#last;
  }

  /** How long to wait before the next round, milliseconds: growing, and spread by chance so that clients do not come in step. */
  pause(): number {
    const longest = Math.min(sessionLimits.backoffMaxMs, sessionLimits.backoffMinMs * 2 ** Math.min(this.#pauses, 10));
    this.#tries = 0;
    this.#pauses++;
    return Math.max(sessionLimits.backoffMinMs, longest * (0.5 + this.#random() / 2));
  }

  /** An attachment held: the next break starts over with a quick round. */
  succeeded(): void {
    this.#tries = 0;
    this.#pauses = 0;
  }

  /** A server answers at the endpoint. */
  reached(endpoint: Endpoint, serverId: number): void {
    endpoint.trouble = undefined;
    endpoint.serverId = serverId;
  }

  /** A server has told where the members of the cluster are; those that are members no more are forgotten. */
  learn(members: readonly MemberEndpoint[]): void {
    const led = new Set(this.#given.map(({ serverId }) => serverId));
    const names = new Set<string>();
    for (const { id, clientAddress } of members.slice(0, sessionLimits.learnedMax))
      if (!led.has(id) && isEndpoint(clientAddress)) names.add(clientAddress);
    for (const { name } of this.#given) names.delete(name);
    const kept = this.#learned.filter(({ name }) => names.delete(name));
    this.#learned = [...kept, ...shuffled([...names].map(newEndpoint), this.#random)];
    this.#order = [...this.#given, ...this.#learned];
    const position = this.#order.indexOf(present(this.#last, "the endpoint of the server that tells"));
    // The one that was tried last is gone: go on with what follows in its place.
    this.#position = position >= 0 ? position : Math.min(this.#position, this.#order.length) - 1;
  }

  /** Whether every endpoint was tried and is something else than a Terrarium server: waiting will not help. */
  get hopeless(): boolean {
    return this.#order.every(({ trouble }) => trouble?.code === "PROTOCOL_ERROR");
  }

  /**
   * Whether every endpoint was tried and is of another cluster than the session. One name alone says too little: behind it,
   * as behind that of a load balancer, another server may answer the next time.
   */
  get allElsewhere(): boolean {
    return this.#order.length > 1 && this.#order.every(({ trouble }) => trouble?.code === "WRONG_CLUSTER");
  }

  /** Why there is no server, in one failure: what a live server says counts for more than the silence of dead ones. */
  unavailable(): Failure {
    const troubles = this.#order.map(({ trouble }) => trouble).filter((trouble) => trouble !== undefined);
    for (const code of ["NO_QUORUM", "OVERLOADED"] as const) {
      const trouble = troubles.find((other) => other.code === code);
      if (trouble !== undefined) return trouble;
    }
    const told = troubles.map((trouble) => trouble.message);
    const code = this.hopeless ? "PROTOCOL_ERROR" : "NO_SERVER";
    const what = told.length > 0 ? told : [`tried ${this.names.join(", ")}`];
    return { code, message: `${errorMessage(code)}: ${what.join("; ")}` };
  }
}

function newEndpoint(name: string): Endpoint {
  return { name, serverId: undefined, trouble: undefined };
}

/** In random order (Fisher–Yates). */
function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const swapped = present(order[i], "endpoint");
    order[i] = present(order[j], "endpoint");
    order[j] = swapped;
  }
  return order;
}
