import { beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import type { Result } from "../../src/base/operations.ts";
import type { Read, WatchEvent } from "../../src/base/reads.ts";
import { RequestQueue, type Slot } from "../../src/node/clients/request-queue.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";

const read = (local: boolean): Read => ({ kind: "getData", path: "/a", watch: false, local });
const event = (zxid: number): WatchEvent => ({ type: "dataChanged", path: "/a", zxid, kind: "data" });

describe("RequestQueue", () => {
  let applied: number;
  let mayEvaluate = true;
  let allTold = true;
  let sent: ServerMessage[];
  let queue: RequestQueue;
  /** A watch on /a, and whether it was armed before the last read; a read is refused from `closedAt` on. */
  let watch = false;
  let had = false;
  let closedAt = Number.POSITIVE_INFINITY;
  const spec = { kind: "data", path: "/a" } as const;
  const evaluate = (asked: Read): Result => {
    had = watch;
    if (asked.kind === "removeWatches") {
      watch = false;
      return had ? {} : { failure: { code: "NO_WATCHER", message: "there is none" } };
    }
    if (applied >= closedAt) return { failure: { code: "NO_AUTH", message: "it is closed" } };
    if (asked.watch) watch = true;
    return { data: utf8(String(applied)) };
  };
  /** What left, as `xid@zxid` for replies and `!zxid` for events. */
  const left = () =>
    sent.map((m) => (m.type === "reply" ? `${m.xid}@${m.zxid}` : m.type === "event" ? `!${m.event.zxid}` : m.type));
  const apply = (requestId: number) => {
    queue.beforeWrite(requestId);
    applied++;
    queue.answerWrite(requestId, applied, {});
  };

  beforeEach(() => {
    applied = 10;
    mayEvaluate = true;
    allTold = true;
    [watch, had, closedAt] = [false, false, Number.POSITIVE_INFINITY];
    sent = [];
    const evaluator = {
      appliedIndex: () => applied,
      evaluate: (slot: Slot, asked: Read): Result => {
        const result = evaluate(asked);
        if (watch && !had) slot.armed = spec;
        return result;
      },
      disarm: () => {
        watch = false;
      },
      mayEvaluate: () => mayEvaluate,
      allTold: () => allTold,
    };
    queue = new RequestQueue(evaluator, (message) => sent.push(message));
  });

  it("answers a local read at once", () => {
    expect(queue.addRead(1, read(true))).toBeUndefined();
    queue.advance();
    expect(left()).toEqual(["1@10"]);
    expect(queue.length).toBe(0);
  });

  it("lets a local read wait for the session's earlier write, and see it", () => {
    queue.addWrite(1, 1);
    queue.addRead(2, read(true));
    queue.advance();
    expect(left()).toEqual([]);
    apply(1);
    expect(left()).toEqual(["1@11", "2@11"]);
  });

  it("does not show a read the writes that its session sent later", () => {
    queue.addWrite(1, 1);
    queue.addRead(2, read(true));
    queue.addWrite(3, 2);
    queue.addRead(4, read(true));
    apply(1);
    apply(2);
    expect(left()).toEqual(["1@11", "2@11", "3@12", "4@12"]);
  });

  it("disarms what an answer armed that does not count, unless it was armed before", () => {
    for (const before of [false, true]) {
      watch = before;
      applied = 10;
      closedAt = 11;
      const slot = queue.addRead(1, { ...read(false), watch: true });
      queue.addWrite(2, before ? 2 : 1);
      apply(before ? 2 : 1);
      expect(watch).toBe(true);
      if (slot !== undefined) slot.readIndex = 11;
      queue.advance();
      expect(sent.at(-2)).toMatchObject({ xid: 1, result: { failure: { code: "NO_AUTH" } } });
      expect(watch).toBe(before);
    }
  });

  it("says of a watch that it was removed, though the answer is made anew", () => {
    watch = true;
    const slot = queue.addRead(1, read(false));
    queue.addRead(2, { ...read(true), kind: "removeWatches" });
    queue.addWrite(3, 1);
    apply(1);
    if (slot !== undefined) slot.readIndex = 11;
    queue.advance();
    expect([left(), watch]).toEqual([["1@11", "2@11", "3@11"], false]);
    expect(sent[1]).toMatchObject({ xid: 2, result: {} });
    expect(sent[1]).not.toHaveProperty("result.failure");
  });

  it("answers nothing behind close, and what was sent before it once its index is known", () => {
    const slot = queue.addRead(1, read(false), 5);
    const { readBytes } = queue;
    queue.addWrite(2, 1);
    queue.addRead(3, read(true), 7);
    queue.addWrite(4, 2);
    queue.beforeWrite(1);
    applied++;
    expect(queue.answerClose(2, applied)).toBe(false); // not its turn
    expect(queue.length).toBe(4);
    expect(queue.answerClose(1, applied)).toBe(true);
    expect(queue.length).toBe(2);
    expect([queue.readWork, queue.readBytes]).toEqual([5, readBytes]);
    expect(left()).toEqual([]);
    if (slot !== undefined) slot.readIndex = 10;
    queue.advance();
    expect(left()).toEqual(["1@10", "2@11"]);
    expect(queue.length).toBe(0);
  });

  it("tells nothing while it is held; then events in the order of their changes, each before what may show it", () => {
    queue.addWrite(1, 1);
    queue.addRead(2, read(true));
    queue.addWrite(3, 2);
    queue.hold();
    queue.event(event(10));
    apply(1);
    queue.event(event(9));
    queue.event(event(11));
    apply(2);
    queue.event(event(12));
    queue.event(event(13));
    expect(left()).toEqual([]);
    queue.letGo();
    expect(left()).toEqual(["!9", "!10", "!11", "1@11", "2@11", "!12", "3@12", "!13"]);
    expect(queue.length).toBe(0);
  });

  it("does not evaluate what can wait while it is held", () => {
    queue.hold();
    queue.addRead(1, read(true));
    queue.advance();
    applied = 11;
    expect(queue.hasReadyRead).toBe(false);
    queue.letGo();
    expect(left()).toEqual(["1@11"]);
  });

  it("holds a linearizable read until its index is known and applied", () => {
    const slot = queue.addRead(1, read(false));
    queue.advance();
    expect(left()).toEqual([]);
    if (slot !== undefined) slot.readIndex = 12;
    queue.advance();
    expect(left()).toEqual([]);
    applied = 12;
    queue.advance();
    expect(left()).toEqual(["1@12"]);
  });

  it("answers a linearizable read from before the session's next write if the index allows it", () => {
    const slot = queue.addRead(1, read(false));
    queue.addWrite(2, 1);
    apply(1);
    expect(left()).toEqual([]);
    if (slot !== undefined) slot.readIndex = 10;
    queue.advance();
    expect(left()).toEqual(["1@10", "2@11"]);
  });

  it("answers it anew if the provisional answer proves too old, events first", () => {
    const slot = queue.addRead(1, read(false));
    queue.addWrite(2, 1);
    queue.beforeWrite(1);
    applied++;
    queue.event(event(11));
    queue.answerWrite(1, 11, {});
    if (slot !== undefined) slot.readIndex = 11;
    queue.advance();
    expect(left()).toEqual(["!11", "1@11", "2@11"]);
  });

  it("keeps a later local read behind a linearizable one", () => {
    const slot = queue.addRead(1, read(false));
    queue.addRead(2, read(true));
    queue.advance();
    expect(left()).toEqual([]);
    if (slot !== undefined) slot.readIndex = 10;
    queue.advance();
    expect(left()).toEqual(["1@10", "2@10"]);
  });

  it("sends an event at once when nothing is held back", () => {
    queue.addWrite(1, 1);
    queue.event(event(11));
    apply(1);
    expect(left()).toEqual(["!11", "1@11"]);
  });

  it("sends an event after the held answers that were evaluated before it", () => {
    const slot = queue.addRead(1, read(false));
    queue.addWrite(2, 1);
    queue.beforeWrite(1);
    applied++;
    queue.event(event(11));
    queue.answerWrite(1, 11, {});
    if (slot !== undefined) slot.readIndex = 10;
    queue.advance();
    expect(left()).toEqual(["1@10", "!11", "2@11"]);
  });

  it("answers at once a write that was applied through an earlier attachment, in its place", () => {
    queue.addWrite(1, 1);
    queue.addAppliedWrite(2, 2, 9, {});
    expect(left()).toEqual([]);
    apply(1);
    expect(left()).toEqual(["1@11", "2@9"]);
    queue.addAppliedWrite(3, 3, 10, {});
    expect(left()).toEqual(["1@11", "2@9", "3@10"]);
  });

  it("answers a write behind a held read and a write that was applied before", () => {
    const slot = queue.addRead(1, read(false));
    queue.addAppliedWrite(2, 1, 9, {});
    queue.addRead(3, read(true));
    queue.addWrite(4, 2);
    apply(2);
    if (slot !== undefined) slot.readIndex = 10;
    queue.advance();
    expect(left()).toEqual(["1@10", "2@9", "3@10", "4@11"]);
  });

  it("ignores the answer of a write that nobody awaits", () => {
    queue.addWrite(1, 2);
    expect(queue.answerWrite(1, 11, {})).toBe(false);
    expect(left()).toEqual([]);
    expect(queue.length).toBe(1);
  });
});
