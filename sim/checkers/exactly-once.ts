/** Every write of a session takes effect at most once, and each answer stands for another effect. */

import { hex } from "../../src/base/bytes.ts";
import type { Zxid } from "../../src/base/operations.ts";
import type { Entry, ServerId } from "../../src/raft/types.ts";
import type { HistoryOperation } from "../history.ts";
import { InvariantBroken, type Observer } from "../observer.ts";
import type { ModelFeed } from "./model-feed.ts";
import type { RaftChecker } from "./raft-history.ts";

export class ExactlyOnce implements Observer, RaftChecker {
  readonly name = "exactly-once";
  readonly #feed: ModelFeed;
  /** What each write stores is its own: the zxid at which that took effect. */
  readonly #stored = new Map<string, Zxid>();
  /** The operation that was answered with a zxid. */
  readonly #claimed = new Map<Zxid, number>();

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  /** Effects that a write of the workload has, or would have but for its refusal. */
  committed(_id: ServerId, { index }: Entry): void {
    const effect = this.#feed.model.effects.get(index);
    if (effect === undefined || effect.operation.op === "delete" || effect.operation.data.length === 0) return;
    const data = hex(effect.operation.data);
    const other = this.#stored.get(data) ?? index;
    if (other !== index)
      throw new InvariantBroken(this.name, `one write took effect at zxid ${other}, and again at ${index}`);
    this.#stored.set(data, index);
  }

  answered({ id, client, invocation, outcome, zxid, result }: HistoryOperation): void {
    if (outcome !== "answered" || invocation.type !== "write" || result === undefined) return;
    const other = this.#claimed.get(zxid);
    if (other !== undefined)
      throw new InvariantBroken(this.name, `writes ${other} and ${id} were both answered with zxid ${zxid}`);
    this.#claimed.set(zxid, id);
    const effect = this.#feed.model.effects.get(zxid);
    const { operation } = invocation;
    if (effect === undefined || operation.op === "delete" || effect.operation.op === "delete") return;
    // Each write of the workload stores something of its own.
    if (hex(effect.operation.data) !== hex(operation.data))
      throw new InvariantBroken(this.name, `write ${id} of client ${client} was answered for another write`);
  }
}
