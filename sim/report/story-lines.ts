/** The lines of a story, of which the newest are kept. */
import type { RoleName } from "../../src/raft/status.ts";
import type { World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { logStrip } from "./log-strip.ts";

/**
 * How much a line matters. `turning`: elections, deaths, faults, membership, sessions that end. `step`: what happens in
 * between. `message`: what servers say to each other.
 */
export type Weight = "turning" | "step" | "message";

export interface StoryLine {
  /** Virtual time, microseconds. */
  readonly atUs: number;
  /** Number of the event during which it happened. */
  readonly event: number;
  /** "n2", "c1", or "" for what concerns everybody. */
  readonly who: string;
  /** Role and term of the server; "" where it has none. */
  readonly role: string;
  readonly text: string;
  readonly weight: Weight;
  /** Its log, where that changed. */
  readonly log: string;
}

const roleNames: Readonly<Record<RoleName, string>> = {
  follower: "follower",
  preCandidate: "pre-cand.",
  candidate: "candidate",
  leader: "leader",
};

export class StoryLines {
  /** What it is the story of; undefined before it began. */
  world: World | undefined;
  readonly #max: number;
  #lines: StoryLine[] = [];
  #left = 0;

  /** Keeps the last `max`. */
  constructor(max: number) {
    this.#max = max;
  }

  /** What was kept, in order. */
  get kept(): readonly StoryLine[] {
    return this.#lines.length > this.#max ? this.#lines.slice(-this.#max) : this.#lines;
  }

  /** Lines that were not kept. */
  get left(): number {
    return this.#left + Math.max(0, this.#lines.length - this.#max);
  }

  /** Something happened now to a server, or to `whom`; `withLog`: and changed the server's log. */
  add(weight: Weight, whom: ServerView | string, text: () => string, withLog = false): void {
    const { now = 0, current = 0 } = this.world ?? {};
    const server = typeof whom === "string" ? undefined : whom;
    this.#lines.push({
      atUs: now,
      event: current,
      who: server === undefined ? String(whom) : `n${server.id}`,
      role: server === undefined ? "" : roleOf(server),
      text: text(),
      weight,
      log: server !== undefined && withLog ? logStrip(server) : "",
    });
    if (this.#lines.length < 8 * this.#max) return;
    this.#left += this.#lines.length - this.#max;
    this.#lines = this.#lines.slice(-this.#max);
  }
}

function roleOf({ node }: ServerView): string {
  return node === undefined ? "" : `${roleNames[node.raft.role]} t${node.raft.currentTerm}`;
}
