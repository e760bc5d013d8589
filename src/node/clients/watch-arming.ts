/**
 * What a client that was elsewhere has its new server do first: arm its watches again, which may be very many. A server
 * does so bit by bit, in the client's visits (`read-turns.ts`): each watch counts as a small read. Until the last one is
 * armed nothing else of the connection goes on. Its events wait, since what the next watch has missed may be older; its
 * requests and pings wait, since their answers tell the client that it knows of all that it has missed.
 */
import { limits } from "../../base/limits.ts";
import type { Failure, Zxid } from "../../base/operations.ts";
import { Queue } from "../../base/queue.ts";
import type { WatchEvent, WatchSpec } from "../../base/reads.ts";
import { forEachKind } from "../../base/watch-rules.ts";
import type { Disarm, SetWatches } from "../../protocol/client-messages.ts";

/** How a server arms and disarms the watches of one connection. */
export interface Armer {
  /** Whether there is room for another watch in this visit. */
  mayArm(): boolean;
  /** Arms one watch whose client knows everything up to `relativeZxid`; or tells what it has missed, or a failure. */
  arm(spec: WatchSpec, relativeZxid: Zxid): { readonly missed?: WatchEvent; readonly failure?: Failure };
  /** A failure if the message is malformed. */
  disarm(watches: readonly WatchSpec[]): Failure | undefined;
  /** The event is to be told, when all watches are armed. */
  missed(event: WatchEvent): void;
}

/** As many as a connection may have armed, and as many again: of those that it had, some may have fired unseen. */
const charactersMax = 2 * limits.watchCharactersPerConnectionMax;

/** Of one connection. */
export class WatchArming {
  readonly #messages = new Queue<SetWatches | Disarm>();
  /** Watches of the first message that are done. */
  #done = 0;
  /** Those of it that were seen, by kind. */
  #seen = nothingSeen();
  /** Watches that wait, and the characters of their paths. */
  #waiting = 0;
  #characters = 0;
  #pings: number[] = [];

  /** Whether there is nothing to do. */
  get idle(): boolean {
    return this.#messages.length === 0;
  }

  /** Takes a message that is to be carried out behind the others. A failure if there are too many watches. */
  add(message: SetWatches | Disarm): Failure | undefined {
    this.#waiting += message.watches.length;
    this.#characters += charactersOf(message);
    if (this.#waiting > limits.setWatchesMax)
      return { code: "OVERLOADED", message: `more than ${limits.setWatchesMax} watches to arm at once` };
    if (this.#characters > charactersMax)
      return { code: "OVERLOADED", message: `watches of more than ${charactersMax} characters to arm at once` };
    this.#messages.push(message);
    return undefined;
  }

  /** A ping that is to be answered when all is done. A failure if there are too many. */
  addPing(number: number): Failure | undefined {
    if (this.#pings.length >= limits.outstandingRequestsMax)
      return { code: "TOO_MANY_REQUESTS", message: `more than ${limits.outstandingRequestsMax} pings have no answer` };
    this.#pings.push(number);
    return undefined;
  }

  /** The pings that waited. */
  takePings(): readonly number[] {
    const pings = this.#pings;
    this.#pings = [];
    return pings;
  }

  /** Goes on as far as there is room. After a failure the connection has to end. */
  run(armer: Armer): Failure | undefined {
    for (let message = this.#messages.at(0); message !== undefined; message = this.#messages.at(0)) {
      const failure = message.type === "disarm" ? armer.disarm(message.watches) : this.#arm(message, armer);
      if (failure !== undefined) return failure;
      if (message.type === "setWatches" && this.#done < message.watches.length) return undefined;
      this.#messages.shift();
      this.#waiting -= message.watches.length;
      this.#characters -= charactersOf(message);
      this.#done = 0;
      this.#seen = nothingSeen();
    }
    return undefined;
  }

  #arm({ relativeZxid, watches }: SetWatches, armer: Armer): Failure | undefined {
    for (; this.#done < watches.length && armer.mayArm(); this.#done++) {
      const spec = watches[this.#done];
      if (spec === undefined || this.#seen[spec.kind].has(spec.path)) continue;
      this.#seen[spec.kind].add(spec.path);
      const { missed, failure } = armer.arm(spec, relativeZxid);
      if (failure !== undefined) return failure;
      if (missed !== undefined) armer.missed(missed);
    }
    return undefined;
  }
}

function nothingSeen(): Readonly<Record<WatchSpec["kind"], Set<string>>> {
  return forEachKind(() => new Set());
}

function charactersOf({ watches }: SetWatches | Disarm): number {
  return watches.reduce((characters, { path }) => characters + path.length, 0);
}
