/**
 * Writes, linearizable reads and sync are linearizable, with the zxids as witness: the order of zxids respects real time,
 * and every answer is what the reference model says at its zxid.
 */
import type { Zxid } from "../../src/base/operations.ts";
import type { HistoryOperation } from "../world/history.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import { judgeRead, judgeWrite } from "./judge.ts";
import type { ModelFeed } from "./model-feed.ts";

export class Linearizability implements Observer {
  readonly name = "linearizability";
  readonly #feed: ModelFeed;
  /** Newest zxid that a write or a linearizable read has shown to anybody. */
  #floor: Zxid = 0;
  /** What it was when an operation began; by the operation's id. */
  readonly #floors = new Map<number, Zxid>();

  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  invoked(operation: HistoryOperation): void {
    if (!isLocal(operation)) this.#floors.set(operation.id, this.#floor);
  }

  answered(operation: HistoryOperation): void {
    const floor = this.#floors.get(operation.id);
    this.#floors.delete(operation.id);
    const { invocation, result, zxid, outcome } = operation;
    if (floor === undefined || outcome !== "answered" || result === undefined || invocation.type === "close") return;
    if (invocation.type === "auth") return;
    if (zxid > this.#feed.model.applied) this.#break(operation, `has zxid ${zxid}, which nobody has committed`);
    if (invocation.type === "write") {
      if (zxid <= floor) this.#break(operation, `has zxid ${zxid}, but began after an answer of zxid ${floor}`);
      this.#blame(operation, judgeWrite(this.#feed.model, operation, invocation.operation, result));
    } else {
      if (zxid < floor) this.#break(operation, `shows zxid ${zxid}, but began after an answer of zxid ${floor}`);
      this.#blame(operation, judgeRead(this.#feed.model, invocation.read, zxid, result, operation));
    }
    this.#floor = Math.max(this.#floor, zxid);
  }

  #blame(operation: HistoryOperation, fault: string | undefined): void {
    if (fault !== undefined) this.#break(operation, fault);
  }

  #break({ client, id }: HistoryOperation, what: string): never {
    throw new InvariantBroken(this.name, `operation ${id} of client ${client} ${what}`);
  }
}

function isLocal({ invocation }: HistoryOperation): boolean {
  return invocation.type === "read" && invocation.read.local;
}
