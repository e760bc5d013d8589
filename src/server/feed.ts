/** What happened of late, for pages: changes of the tree in a ring, all else, which is rarer and tells more, in a list. */
import { limits } from "../base/limits.ts";
import type { FeedEvent, FeedFact } from "../http/observed.ts";
import type { Applied, Command } from "../znode/commands.ts";

/** Characters of all paths that are told at a time: older changes give way, so that no page is sent a lot at once. */
const pathCharactersMax = 32 * 1024;

/** An entry that changed the tree: kept as it is, since what it would say is only asked for when a page is open. */
interface Changed {
  readonly zxid: number;
  readonly timeMs: number;
  readonly changes: Applied["changes"];
  /** The number of its last change that is told. */
  readonly last: number;
}

export class Feed {
  /** A ring: an entry costs one small object, and no copy of the ring. */
  readonly #changed: Changed[] = [];
  readonly #events: FeedEvent[] = [];
  readonly #max: number;
  #oldest = 0;
  #last = 0;

  /** Remembers at most `max` changes of the tree, and as many events of all other kinds. */
  constructor(max: number = limits.feedMax) {
    this.#max = max;
  }

  /** The number of the newest event; 0: there was none. */
  get last(): number {
    return this.#last;
  }

  /** Something other than a change of the tree happened, at `atMs` by the wall clock. */
  tell(fact: Exclude<FeedFact, { path: string }>, atMs: number): void {
    this.#events.push({ ...fact, n: ++this.#last, atMs });
    // Cut now and then, as that costs as much as the list is long.
    if (this.#events.length >= 2 * this.#max) this.#events.splice(0, this.#events.length - this.#max);
  }

  /** A command was applied: now, or long after it was proposed, as when a server that restarts replays its log. */
  applied({ body, timeMs }: Command, { zxid, outcome, changes, ended }: Applied): void {
    let told = 0;
    for (const { type } of changes) if (type !== "childrenChanged") told += 1;
    if (told > 0) {
      this.#last += told;
      // Of an entry with very many, as the end of a session, no more than can be told.
      const kept = changes.length > 2 * this.#max ? changes.slice(-2 * this.#max) : changes;
      this.#changed[this.#oldest] = { zxid, timeMs, changes: kept, last: this.#last };
      this.#oldest = (this.#oldest + 1) % this.#max;
    }
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
    const changes = this.#changed
      .filter(({ last }) => last > n)
      .flatMap(told)
      .sort((a, b) => a.n - b.n)
      .slice(-this.#max);
    let left = pathCharactersMax;
    return [...changes, ...this.#events.slice(-this.#max)]
      .filter((event) => event.n > n)
      .sort((a, b) => b.n - a.n)
      .filter((event) => {
        if (!("path" in event)) return true;
        left -= event.path.length;
        return left >= 0;
      })
      .reverse();
  }
}

/** What an entry's changes say, oldest first. */
function told({ zxid, timeMs, changes, last }: Changed): FeedEvent[] {
  const facts = changes.flatMap(({ type, path }) => (type === "childrenChanged" ? [] : [{ type, path, zxid }]));
  return facts.map((fact, i) => ({ ...fact, n: last - (facts.length - 1 - i), atMs: timeMs }));
}
