/** Which server to try next, how long to pause, and what went wrong with each so far. */
import { present } from "../base/assert.ts";
import { errorMessage } from "../base/errors.ts";
import type { Failure } from "../base/operations.ts";
import type { Random } from "../base/random.ts";
import { sessionLimits } from "./session-limits.ts";

export class EndpointChooser {
  readonly #names: readonly string[];
  readonly #random: Random;
  /** Indexes of the endpoints, shuffled, so that clients spread over the servers. */
  readonly #order: readonly number[];
  /** Why the last try of each endpoint failed. */
  readonly #troubles: (Failure | undefined)[];
  #position = -1;
  /** Tries since the last pause. */
  #tries = 0;
  /** Pauses since the last success. */
  #pauses = 0;

  constructor(names: readonly string[], random: Random) {
    this.#names = names;
    this.#random = random;
    this.#order = shuffled(names.length, random);
    this.#troubles = names.map(() => undefined);
  }

  name(endpoint: number): string {
    return present(this.#names[endpoint], "endpoint");
  }

  /** The endpoint to try now, or undefined after a whole round: then it is time for a {@link pause}. */
  next(): number | undefined {
    if (this.#tries >= this.#order.length) return undefined;
    this.#tries++;
    this.#position = (this.#position + 1) % this.#order.length;
    return present(this.#order[this.#position], "endpoint");
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

  /** Remembers why the endpoint is of no use, or with undefined that it is. */
  note(endpoint: number, trouble: Failure | undefined): void {
    this.#troubles[endpoint] = trouble;
  }

  /** Whether every endpoint was tried and is something else than a Terrarium server: waiting will not help. */
  get hopeless(): boolean {
    return this.#troubles.every((trouble) => trouble?.code === "PROTOCOL_ERROR");
  }

  /** Whether every endpoint was tried and is of another cluster than the session. */
  get allElsewhere(): boolean {
    return this.#troubles.every((trouble) => trouble?.code === "WRONG_CLUSTER");
  }

  /** Why there is no server, in one failure: what a live server says counts for more than the silence of dead ones. */
  unavailable(): Failure {
    for (const code of ["NO_QUORUM", "OVERLOADED"] as const) {
      const trouble = this.#troubles.find((other) => other?.code === code);
      if (trouble !== undefined) return trouble;
    }
    const told = this.#troubles.filter((trouble) => trouble !== undefined).map((trouble) => trouble.message);
    const code = this.hopeless ? "PROTOCOL_ERROR" : "NO_SERVER";
    const what = told.length > 0 ? told : [`tried ${this.#names.join(", ")}`];
    return { code, message: `${errorMessage(code)}: ${what.join("; ")}` };
  }
}

/** 0 … length - 1 in random order (Fisher–Yates). */
function shuffled(length: number, random: Random): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const swapped = present(order[i], "endpoint");
    order[i] = present(order[j], "endpoint");
    order[j] = swapped;
  }
  return order;
}
