/** Every write of a session takes effect at most once, and each answer stands for another effect. */

import { hex } from "../../src/base/bytes.ts";
import { dataOf, partsOf } from "../../src/base/operation-traits.ts";
import type { Operation, Zxid } from "../../src/base/operations.ts";
import type { Entry, ServerId } from "../../src/raft/types.ts";
import type { HistoryOperation } from "../world/history.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ModelFeed } from "./model-feed.ts";
import type { RaftChecker } from "./raft-history.ts";

export class ExactlyOnce implements Observer, RaftChecker {
  readonly name = "exactly-once";
  readonly #feed: ModelFeed;
  /** By what it is: how many writes that store it were asked for, less those that have taken effect. */
  readonly #owed = new Map<string, number>();
  /** Every entry is judged once, when the first server commits it. */
  #judged: Zxid = 0;
  /** The operation that was answered with a zxid. */
  readonly #claimed = new Map<Zxid, number>();

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  committed(_id: ServerId, { index }: Entry): void {
    if (index <= this.#judged) return;
    this.#judged = index;
    const effect = this.#feed.model.effects.get(index);
    // No client of the plan asks for more than a znode holds: that was a stranger, and nothing came of it.
    if (effect === undefined || effect.code === "DATA_TOO_LARGE" || effect.code === "MULTI_TOO_LARGE") return;
    const data = storedBy(effect.operation);
    if (data === "") return;
    const owed = (this.#owed.get(data) ?? 0) - 1;
    if (owed < 0) throw new InvariantBroken(this.name, `a write takes effect at zxid ${index} that took effect before`);
    this.#owed.set(data, owed);
  }

  invoked({ invocation }: HistoryOperation): void {
    if (invocation.type !== "write") return;
    const data = storedBy(invocation.operation);
    this.#owed.set(data, (this.#owed.get(data) ?? 0) + 1);
  }

  answered({ id, client, invocation, outcome, zxid, result }: HistoryOperation): void {
    if (outcome !== "answered" || invocation.type !== "write" || result === undefined) return;
    const other = this.#claimed.get(zxid);
    if (other !== undefined)
      throw new InvariantBroken(this.name, `writes ${other} and ${id} were both answered with zxid ${zxid}`);
    this.#claimed.set(zxid, id);
    const effect = this.#feed.model.effects.get(zxid);
    const { operation } = invocation;
    // Of one that is refused for want of room the data was left out.
    if (effect === undefined || effect.code === "DISK_FULL") return;
    const [stored, asked] = [storedBy(effect.operation), storedBy(operation)];
    if (stored !== "" && asked !== "" && stored !== asked)
      throw new InvariantBroken(this.name, `write ${id} of client ${client} was answered for another write`);
  }
}

/** All that an operation stores, as one word; "" for nothing. Each drawn step that stores something stores something of its own. */
function storedBy(operation: Operation): string {
  return partsOf(operation)
    .map((part) => hex(dataOf(part)))
    .join("");
}
