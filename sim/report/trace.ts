/** Writes a run as NDJSON: one object per event with id, cause, time, and what the servers concerned thought then. */
import type { SimEvent } from "../world/events.ts";
import type { Observer, StruckFault, World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { tellEvent } from "./tell-events.ts";

export class Trace implements Observer {
  readonly name = "trace";
  readonly #write: (line: string) => void;
  #world: World | undefined;

  /** `write` takes one line, with its end. */
  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  begin(world: World): void {
    this.#world = world;
  }

  event(event: SimEvent, sequence: number, timeUs: number): void {
    this.#line({ id: sequence, cause: event.cause, us: timeUs, kind: event.kind, what: tellEvent(event) });
  }

  /** What the server is after it took the event. */
  step(server: ServerView): void {
    const { node, id } = server;
    if (node === undefined) return;
    const { role, currentTerm, commitIndex, lastIndex, durableIndex } = node.raft.status();
    this.#line({
      cause: this.#world?.current ?? 0,
      us: this.#world?.now ?? 0,
      kind: "state",
      node: id,
      term: currentTerm,
      role,
      lastIndex,
      durableIndex,
      commitIndex,
      appliedIndex: node.machine.appliedIndex,
    });
  }

  crashed(server: ServerView, why: string): void {
    this.#line({ cause: this.#world?.current ?? 0, us: this.#world?.now ?? 0, kind: "crashed", node: server.id, why });
  }

  fault(struck: StruckFault): void {
    this.#line({ cause: this.#world?.current ?? 0, us: struck.atUs, kind: "struck", ...struck });
  }

  #line(fields: Readonly<Record<string, unknown>>): void {
    this.#write(`${JSON.stringify(fields)}\n`);
  }
}
