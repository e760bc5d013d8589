/** What happened of late, for pages: changes of the tree in one ring, all else, which is rarer and tells more, in another. */
import { limits } from "../base/limits.ts";
import type { FeedEvent, FeedFact } from "../http/observed.ts";
import type { Applied, Command } from "../znode/commands.ts";

/** Characters of all paths that are told at a time: older changes give way, so that no page is sent a lot at once. */
const pathCharactersMax = 32 * 1024;

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

  /** A command was applied: now, or long after it was proposed, as when a server that restarts replays its log. */
  applied({ body, timeMs }: Command, { zxid, outcome, changes, ended }: Applied): void {
    for (const { type, path } of changes) if (type !== "childrenChanged") this.tell({ type, path, zxid }, timeMs);
    if (outcome.type === "attached" && outcome.attachment === zxid)
      this.tell(
        { type: zxid === outcome.sessionId ? "sessionOpened" : "sessionMoved", session: outcome.sessionId, zxid },
        timeMs,
      );
    const type = body.type === "expireSessions" ? "sessionExpired" : "sessionClosed";
    for (const session of ended) this.tell({ type, session, zxid }, timeMs);
  }

  /** The events behind number `n` that are remembered, in order; of changes with long paths the newest. */
  behind(n: number): FeedEvent[] {
    if (n >= this.#last) return [];
    const recent = [...this.#changes.slice(-this.#max), ...this.#events.slice(-this.#max)];
    let left = pathCharactersMax;
    const told = recent
      .filter((event) => event.n > n)
      .sort((a, b) => b.n - a.n)
      .filter((event) => {
        if (!("path" in event)) return true;
        left -= event.path.length;
        return left >= 0;
      });
    return told.reverse();
  }
}
