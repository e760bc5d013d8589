/** Marks of transactions. */
import { partsOf, pathOf } from "../../src/base/operation-traits.ts";
import type { MultiPart } from "../../src/base/operations.ts";
import type { Entry } from "../../src/raft/types.ts";
import type { HistoryOperation } from "../world/history.ts";
import type { Observer } from "../world/observer.ts";
import { EntryMarks } from "./entry-marks.ts";

/** Is to watch the log behind its feed. */
export class TransactionMarks extends EntryMarks implements Observer {
  readonly name = "transaction marks";

  protected entered({ index }: Entry): void {
    const body = this.feed.commandAt(index)?.body;
    if (body?.type !== "write" || body.operation.op !== "multi") return;
    const { effects, sessions } = this.feed.model;
    const effect = effects.get(index);
    if (effect === undefined) {
      const session = sessions.get(body.sessionId);
      if (session?.attachment === body.attachment && body.requestId <= session.lastRequestId)
        this.marks.hit("multi-repeated");
      return;
    }
    if ((effect.failedPart ?? 0) > 0) this.marks.hit("multi-refused");
    if (effect.code !== "ok" || body.operation.parts.length < 2) return;
    this.marks.hit("multi-done");
    if (meetsItself(partsOf(body.operation))) this.marks.hit("multi-part-sees-another");
  }

  answered({ invocation, result }: HistoryOperation): void {
    if (invocation.type !== "read" || invocation.read.kind !== "multiRead" || result?.failure !== undefined) return;
    const failed = result?.results?.filter(({ failure }) => failure !== undefined).length ?? 0;
    if (failed > 0 && failed < (result?.results?.length ?? 0)) this.marks.hit("multi-read");
  }
}

/** Whether a part names a path that one before it has changed. */
function meetsItself(parts: readonly MultiPart[]): boolean {
  const changed = new Set<string>();
  for (const part of parts) {
    if (changed.has(pathOf(part))) return true;
    if (part.op !== "check") changed.add(pathOf(part));
  }
  return false;
}
