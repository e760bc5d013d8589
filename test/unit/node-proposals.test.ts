import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { type Outgoing, Proposals } from "../../src/node/proposals.ts";

const texts = (proposals: readonly Outgoing[]) => proposals.map(({ bytes }) => fromUtf8(bytes));
/** Takes what is to be sent and says that it went out. */
const send = (proposals: Proposals, leader: number, term: number, nowMs: number, own = false) => {
  const taken = proposals.take(leader, term, nowMs, own);
  proposals.sent(taken, nowMs, own);
  return texts(taken);
};
const add = (proposals: Proposals, text: string) => proposals.add(() => utf8(text));

describe("Proposals", () => {
  it("offers what is unsent in order, and again until it was accepted", () => {
    const proposals = new Proposals(7, 100, 1000);
    add(proposals, "a");
    add(proposals, "b");
    expect(texts(proposals.take(1, 2, 0))).toEqual(["a", "b"]);
    expect(send(proposals, 1, 2, 0)).toEqual(["a", "b"]);
    expect(proposals.take(1, 2, 0)).toEqual([]);
  });

  it("sends everything pending again once the stream to the leader is open again, and not when another one is", () => {
    const proposals = new Proposals(1, 100, 1000);
    add(proposals, "a");
    add(proposals, "b");
    send(proposals, 1, 2, 0);
    proposals.linkOpened(3);
    expect(proposals.take(1, 2, 1)).toEqual([]);
    proposals.linkOpened(1);
    expect(send(proposals, 1, 2, 1)).toEqual(["a", "b"]);
    // Its patience begins anew: what the broken stream lost says nothing of this leader.
    expect(proposals.take(1, 2, 100)).toEqual([]);
    expect(send(proposals, 1, 2, 101)).toEqual(["a", "b"]);
  });

  it("sends everything pending to a new leader and in a new term", () => {
    const proposals = new Proposals(1, 100, 1000);
    add(proposals, "a");
    const b = add(proposals, "b");
    add(proposals, "c");
    send(proposals, 1, 2, 0);
    proposals.settle(b);
    expect(send(proposals, 2, 3, 1)).toEqual(["a", "c"]);
    expect(texts(proposals.take(2, 4, 1))).toEqual(["a", "c"]);
  });

  it("repeats what is overdue, ever more slowly", () => {
    const proposals = new Proposals(1, 100, 1000);
    add(proposals, "a");
    send(proposals, 1, 2, 0);
    expect(proposals.nextDeadline()).toBe(100);
    expect(texts(proposals.take(1, 2, 99))).toEqual([]);
    expect(send(proposals, 1, 2, 100)).toEqual(["a"]);
    expect(proposals.nextDeadline()).toBe(300);
  });

  it("repeats nothing that may be committed and wait here to be applied", () => {
    const proposals = new Proposals(1, 100, 1000);
    add(proposals, "a");
    send(proposals, 1, 2, 0);
    proposals.progress(9, 5);
    expect(send(proposals, 1, 2, 100)).toEqual([]);
    add(proposals, "b");
    expect(send(proposals, 1, 2, 150)).toEqual(["b"]);
    proposals.progress(20, 8);
    expect(proposals.nextDeadline()).toBeGreaterThan(150);
    expect(send(proposals, 1, 2, 5000)).toEqual([]);
    // What was committed when it was overdue is done, and it was not among it; b may be in what is left.
    proposals.progress(20, 9);
    expect(send(proposals, 1, 2, 5100)).toEqual(["a"]);
    expect(send(proposals, 1, 2, 5200)).toEqual([]);
    proposals.progress(30, 20);
    expect(send(proposals, 1, 2, 5300)).toEqual(["b"]);
  });

  it("has no more on its way to another server than its window, and lets more follow what has arrived", () => {
    const proposals = new Proposals(1, 100, 2);
    const [a, b, , , large = 0] = ["a", "b", "c", "d", "large", "e"].map((text) => add(proposals, text));
    expect(send(proposals, 1, 2, 0)).toEqual(["a", "b"]);
    expect(send(proposals, 1, 2, 1)).toEqual([]);
    expect(proposals.mayFollow).toBe(false);
    proposals.settle(b ?? 0);
    expect(proposals.mayFollow).toBe(true);
    expect(send(proposals, 1, 2, 2)).toEqual(["c"]);
    proposals.settle(a ?? 0);
    expect(send(proposals, 1, 2, 3)).toEqual(["d"]);
    expect(send(proposals, 1, 2, 4)).toEqual([]);
    // What is lost keeps its place until it goes again, before the others.
    expect(send(proposals, 1, 2, 104)).toEqual(["c", "d"]);
    for (const id of [3, 4]) proposals.settle(id);
    expect(send(proposals, 1, 2, 105)).toEqual(["large"]);
    expect(send(proposals, 1, 2, 106)).toEqual([]);
    proposals.settle(large);
    expect(send(proposals, 1, 2, 107)).toEqual(["e"]);
    expect(proposals.mayFollow).toBe(false);
  });

  it("puts all of them into the server's own log, whatever the window", () => {
    const proposals = new Proposals(1, 100, 2);
    for (const text of ["a", "b", "c", "d"]) add(proposals, text);
    expect(texts(proposals.take(1, 2, 0, true))).toEqual(["a", "b", "c", "d"]);
    proposals.sent(proposals.take(1, 2, 0, true), 0, true);
    // Deposed, it begins with nothing on its way.
    expect(send(proposals, 3, 3, 1)).toEqual(["a", "b"]);
  });

  it("is patient only with a leader of whom it hears nothing", () => {
    const proposals = new Proposals(1, 100, 1000);
    const [, b = 0] = ["a", "b"].map((text) => add(proposals, text));
    for (const nowMs of [0, 100, 300, 700]) expect(send(proposals, 1, 2, nowMs)).toEqual(["a", "b"]);
    expect(proposals.nextDeadline()).toBe(1500);
    proposals.settle(b);
    proposals.applied();
    expect(proposals.nextDeadline()).toBe(800);
    expect(send(proposals, 1, 2, 799)).toEqual([]);
    expect(send(proposals, 1, 2, 800)).toEqual(["a"]);
    expect(send(proposals, 1, 2, 900)).toEqual(["a"]);
    expect(proposals.nextDeadline()).toBe(1100);
  });

  it("begins its patience anew with a new leader", () => {
    const proposals = new Proposals(1, 100, 1000);
    add(proposals, "a");
    for (const nowMs of [0, 100, 300, 700]) expect(send(proposals, 1, 2, nowMs)).toEqual(["a"]);
    expect(proposals.nextDeadline()).toBe(1500);
    expect(send(proposals, 2, 3, 800)).toEqual(["a"]);
    expect(proposals.nextDeadline()).toBe(900);
  });

  it("does not repeat into the server's own log what is there already", () => {
    const proposals = new Proposals(1, 100, 1000);
    add(proposals, "a");
    send(proposals, 1, 2, 0, true);
    expect(proposals.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect(texts(proposals.take(1, 2, 10_000))).toEqual([]);
    expect(texts(proposals.take(2, 3, 10_000))).toEqual(["a"]);
  });

  it("is never overdue at the server that leads, whatever of its own is applied", () => {
    const proposals = new Proposals(1, 100, 1000);
    const a = add(proposals, "a");
    add(proposals, "b");
    send(proposals, 1, 2, 0, true);
    proposals.settle(a);
    proposals.applied();
    expect(proposals.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it("offers again what did not fit", () => {
    const proposals = new Proposals(1, 100, 1000);
    add(proposals, "a");
    add(proposals, "b");
    proposals.sent(proposals.take(1, 2, 0).slice(0, 1), 0, true);
    expect(texts(proposals.take(1, 2, 0))).toEqual(["b"]);
  });

  it("keeps the order when a gap asks for repetition", () => {
    const proposals = new Proposals(1, 100, 1000);
    const ids = ["a", "b", "c"].map((text) => add(proposals, text));
    send(proposals, 1, 2, 0);
    for (const id of [ids[2], ids[0]]) if (id !== undefined) proposals.again(id);
    expect(texts(proposals.take(1, 2, 1))).toEqual(["a", "c"]);
  });

  it("forgets what is settled", () => {
    const proposals = new Proposals(1, 100, 1000);
    const a = add(proposals, "a");
    proposals.settle(a);
    proposals.again(a);
    expect(proposals.size).toBe(0);
    expect(proposals.take(1, 2, 0)).toEqual([]);
  });
});
