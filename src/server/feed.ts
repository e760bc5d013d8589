/** What happened of late, for pages: changes of the tree in one ring, all else, which is rarer and tells more, in another. */
import { limits } from "../base/limits.ts";
import type { FeedEvent, FeedFact } from "../http/observed.ts";
import type { Applied, Command } from "../znode/commands.ts";

export class Feed {
  readonly #changes: FeedEvent[] = [];
  readonly #events: FeedEvent[] = [];
  readonly #max: number;
  #last = 0;

  /** Remembers at most `max` events of each of the two kinds. */
  constructor(max: number = limits.feedMax) {
    this.#max = max;
  }

  /** The number of the newest event; 0: there was none. */
  get last(): number {
    return this.#last;
  }

  /** Something happened, at `atMs` by the wall clock. */
  tell(fact: FeedFact, atMs: number): void {
    const ring = "path" in fact ? this.#changes : this.#events;
    const event = { ...fact, n: ++this.#last, atMs };
    ring.push(event);
    // Cut now and then, as that costs as much as the ring is long.
    if (ring.length >= 2 * this.#max) ring.splice(0, ring.length - this.#max);
  }

  /** A command was applied. */
  applied({ body }: Command, { zxid, outcome, changes, ended }: Applied, atMs: number): void {
    for (const { type, path } of changes) if (type !== "childrenChanged") this.tell({ type, path, zxid }, atMs);
    if (outcome.type === "attached" && outcome.attachment === zxid)
      this.tell(
        { type: zxid === outcome.sessionId ? "sessionOpened" : "sessionMoved", session: outcome.sessionId, zxid },
        atMs,
      );
    const type = body.type === "expireSessions" ? "sessionExpired" : "sessionClosed";
    for (const session of ended) this.tell({ type, session, zxid }, atMs);
  }

  /** The events behind number `n` that are remembered, in order. */
  behind(n: number): FeedEvent[] {
    if (n >= this.#last) return [];
    const recent = [...this.#changes.slice(-this.#max), ...this.#events.slice(-this.#max)];
    return recent.filter((event) => event.n > n).sort((a, b) => a.n - b.n);
  }
}
