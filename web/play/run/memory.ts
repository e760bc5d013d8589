/** What the page remembers of a run beside the simulation itself: when things began, what entries say, what struck. */

import { tellEntry } from "../../../sim/report/tell-commands.ts";
import type { SimEvent } from "../../../sim/world/events.ts";
import type { Observer, StruckFault, World } from "../../../sim/world/observer.ts";
import type { ServerView } from "../../../sim/world/view.ts";
import type { Effects } from "../../../src/raft/effects.ts";
import type { RoleName } from "../../../src/raft/status.ts";
import type { Entry } from "../../../src/raft/types.ts";

/** Events whose times are kept, a power of two: what is on its way for longer than so many events seems to have begun then. */
const timesMax = 2 ** 15;

/** Entries whose content is kept. */
const entriesMax = 20_000;

/** The event that was handled last. */
export interface LastEvent {
  readonly event: SimEvent;
  /** Role of the server that it concerned, before it was handled. */
  readonly role: RoleName | undefined;
}

/** An observer that keeps what the picture needs and the simulation forgets. Cheap: it watches every run of the page, those that only lead back to a moment as well. */
export class Memory implements Observer {
  readonly name = "memory";
  last: LastEvent | undefined;
  /** Positions in the plan of the faults that have struck. */
  readonly struck = new Set<number>();
  #world: World | undefined;
  readonly #times = new Float64Array(timesMax);
  readonly #sequences = new Float64Array(timesMax);
  readonly #entries = new Map<number, Entry>();

  begin(world: World): void {
    this.#world = world;
  }

  event(event: SimEvent, sequence: number, timeUs: number): void {
    const at = sequence % timesMax;
    this.#times[at] = timeUs;
    this.#sequences[at] = sequence;
    const server = "server" in event ? event.server : "to" in event ? event.to : 0;
    this.last = { event, role: this.#world?.servers[server]?.node?.raft.role };
  }

  effects(_server: ServerView, { write }: Effects): void {
    if (write === undefined) return;
    for (const entry of write.entries) {
      this.#entries.set(keyOf(entry.index, entry.term), entry);
      if (this.#entries.size <= entriesMax) continue;
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
  }

  fault({ fault }: StruckFault): void {
    this.struck.add(fault);
  }

  /** When the event with this sequence number was handled, µs; undefined if that is too long ago. 0 is the beginning. */
  timeOf(sequence: number): number | undefined {
    if (sequence === 0) return 0;
    const at = sequence % timesMax;
    return this.#sequences[at] === sequence ? this.#times[at] : undefined;
  }

  /** What is in an entry; "" if that is not known. */
  textOf(index: number, term: number): string {
    const entry = this.#entries.get(keyOf(index, term));
    return entry === undefined ? "" : tellEntry(entry);
  }
}

/** By log matching, index and term say which entry it is. */
function keyOf(index: number, term: number): number {
  return index * 2 ** 20 + (term % 2 ** 20);
}
