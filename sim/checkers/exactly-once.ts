/** Every write of a session takes effect at most once, and each answer stands for another effect. */

import { hex } from "../../src/base/bytes.ts";
import type { Zxid } from "../../src/base/operations.ts";
import type { HistoryOperation } from "../history.ts";
import { InvariantBroken, type Observer } from "../observer.ts";
import type { ModelFeed } from "./model-feed.ts";

export class ExactlyOnce implements Observer {
  readonly name = "exactly-once";
  readonly #feed: ModelFeed;
  /** The operation that was answered with a zxid. */
  readonly #claimed = new Map<Zxid, number>();

  constructor(feed: ModelFeed) {
    this.#feed = feed;
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
