import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { Proposals } from "../../src/node/proposals.ts";

const texts = (commands: readonly Uint8Array[]) => commands.map(fromUtf8);
const add = (proposals: Proposals, text: string) => proposals.add(() => utf8(text));

describe("Proposals", () => {
  it("offers what is unsent in order, and again until it was accepted", () => {
    const proposals = new Proposals(7, 100);
    add(proposals, "a");
    add(proposals, "b");
    expect(texts(proposals.take(1, 2, 0))).toEqual(["a", "b"]);
    expect(texts(proposals.take(1, 2, 0))).toEqual(["a", "b"]);
    proposals.sent(0);
    expect(proposals.take(1, 2, 0)).toEqual([]);
  });

  it("sends everything pending to a new leader and in a new term", () => {
    const proposals = new Proposals(1, 100);
    add(proposals, "a");
    const b = add(proposals, "b");
    add(proposals, "c");
    proposals.take(1, 2, 0);
    proposals.sent(0);
    proposals.settle(b);
    expect(texts(proposals.take(2, 3, 1))).toEqual(["a", "c"]);
    proposals.sent(1);
    expect(texts(proposals.take(2, 4, 1))).toEqual(["a", "c"]);
  });

  it("repeats what is overdue, ever more slowly", () => {
    const proposals = new Proposals(1, 100);
    add(proposals, "a");
    proposals.take(1, 2, 0);
    proposals.sent(0);
    expect(proposals.nextDeadline()).toBe(100);
    expect(texts(proposals.take(1, 2, 99))).toEqual([]);
    expect(texts(proposals.take(1, 2, 100))).toEqual(["a"]);
    proposals.sent(100);
    expect(proposals.nextDeadline()).toBe(300);
  });

  it("keeps the order when a gap asks for repetition", () => {
    const proposals = new Proposals(1, 100);
    const ids = ["a", "b", "c"].map((text) => add(proposals, text));
    proposals.take(1, 2, 0);
    proposals.sent(0);
    for (const id of [ids[2], ids[0]]) if (id !== undefined) proposals.again(id);
    expect(texts(proposals.take(1, 2, 1))).toEqual(["a", "c"]);
  });

  it("forgets what is settled", () => {
    const proposals = new Proposals(1, 100);
    const a = add(proposals, "a");
    proposals.settle(a);
    proposals.again(a);
    expect(proposals.size).toBe(0);
    expect(proposals.take(1, 2, 0)).toEqual([]);
  });
});
