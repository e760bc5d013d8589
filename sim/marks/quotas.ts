/** Marks of quotas. */
import { partsOf, pathOf } from "../../src/base/operation-traits.ts";
import type { Zxid } from "../../src/base/operations.ts";
import { limitsPath, parseCounts, parseLimits } from "../../src/base/quotas.ts";
import type { Entry } from "../../src/raft/types.ts";
import { countedBy } from "../checkers/model-quotas.ts";
import type { HistoryOperation } from "../world/history.ts";
import type { Observer } from "../world/observer.ts";
import { EntryMarks } from "./entry-marks.ts";

/** Is to watch the log behind its feed. */
export class QuotaMarks extends EntryMarks implements Observer {
  readonly name = "quota marks";
  /** Paths of znodes that keep counts. */
  readonly #stats = new Set<string>();

  protected entered({ index }: Entry): void {
    const body = this.feed.commandAt(index)?.body;
    if (body === undefined) return;
    if (body.type === "closeSession" || body.type === "expireSessions") return this.#ended(index);
    const effect = this.feed.model.effects.get(index);
    if (body.type !== "write" || effect === undefined) return;
    if (effect.code === "QUOTA_EXCEEDED") this.marks.hit("quota-refuses");
    if (effect.code === "QUOTA_EXCEEDED" && (effect.failedPart ?? 0) > 0) this.marks.hit("quota-refuses-part");
    if (effect.code !== "ok") return;
    for (const part of partsOf(body.operation)) if (part.op.startsWith("create")) this.#created(pathOf(part), index);
    this.#passed(index);
  }

  answered({ invocation, result }: HistoryOperation): void {
    if (invocation.type !== "read" || result?.failure !== undefined) return;
    if (countedBy(invocation.read.path) !== undefined) this.marks.hit("quota-read");
  }

  #created(path: string, index: Zxid): void {
    if (countedBy(path) === undefined) return;
    this.#stats.add(path);
    if (this.#counts(path, index).count > 0) this.marks.hit("quota-set");
  }

  #ended(index: Zxid): void {
    for (const path of this.#stats)
      if (this.#counts(path, index).count < this.#counts(path, index - 1).count) this.marks.hit("quota-counts-ends");
  }

  #passed(index: Zxid): void {
    const { tree } = this.feed.model;
    for (const path of this.#stats) {
      const limits = tree.at(limitsPath(countedBy(path) ?? ""), index - 1);
      if (limits === undefined) continue;
      const { count, hardCount } = parseLimits(new TextDecoder().decode(limits.data));
      if (count === undefined || hardCount !== undefined || this.#counts(path, index - 1).count > count) continue;
      if (this.#counts(path, index).count > count) this.marks.hit("soft-limit-passed");
    }
  }

  #counts(path: string, at: Zxid): { readonly count: number } {
    return parseCounts(new TextDecoder().decode(this.feed.model.tree.at(path, at)?.data));
  }
}
