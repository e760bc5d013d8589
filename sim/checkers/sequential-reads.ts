/**
 * What one session sees never goes back: the zxid of each of its reads is at least that of every answer before it, its
 * own writes are read, and a local read is what the model says at its zxid.
 */
import type { Zxid } from "../../src/base/operations.ts";
import type { HistoryOperation } from "../world/history.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import { judgeRead } from "./judge.ts";
import type { ModelFeed } from "./model-feed.ts";

export class SequentialReads implements Observer {
  readonly name = "sequential-reads";
  readonly #feed: ModelFeed;
  /** Newest zxid that a session was answered with; by session id. */
  readonly #seen = new Map<number, Zxid>();

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  answered({ invocation, outcome, result, zxid, sessionId, identities, client, id }: HistoryOperation): void {
    if (outcome !== "answered" || result === undefined || invocation.type === "close") return;
    const seen = this.#seen.get(sessionId) ?? 0;
    if (invocation.type === "read") {
      if (zxid < seen)
        throw new InvariantBroken(
          this.name,
          `read ${id} of client ${client} shows zxid ${zxid}, but its session has seen ${seen}`,
        );
      const fault = invocation.read.local
        ? judgeRead(this.#feed.model, invocation.read, zxid, result, { sessionId, identities })
        : undefined;
      if (fault !== undefined) throw new InvariantBroken(this.name, `local read ${id} of client ${client} ${fault}`);
    }
    this.#seen.set(sessionId, Math.max(seen, zxid));
  }
}
