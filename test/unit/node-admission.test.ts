import { describe, expect, it } from "vitest";
import { Admission, type AdmissionStart } from "../../src/node/admission.ts";
import type { HelloReply } from "../../src/node/ports.ts";

const first: AdmissionStart = {
  incarnation: 11,
  joining: false,
  acquaintances: undefined,
  firstMembers: [2, 3],
  retryMs: 100,
};
const reply = (known: number, incarnation: number, asker = 11): HelloReply => ({
  type: "HelloReply",
  asker,
  known,
  incarnation,
});

describe("a first member", () => {
  it("takes part once every other first member has answered, and then knows them", () => {
    const admission = new Admission(first);
    expect(admission.due(0)).toEqual([2, 3]);
    expect(admission.answered(2, reply(0, 22))).toBe("nothing");
    expect(admission.missing).toEqual([3]);
    expect(admission.answered(3, reply(11, 33))).toBe("complete");
    expect(admission.admitted).toBe(false); // not before it is on disk
    admission.complete();
    expect(admission.admitted).toBe(true);
    expect([...admission.met]).toEqual([
      [2, 22],
      [3, 33],
    ]);
  });

  it("asks again those that have not answered, and no others", () => {
    const admission = new Admission(first);
    admission.due(0);
    admission.answered(2, reply(0, 22));
    expect(admission.nextDeadline()).toBe(100);
    expect(admission.due(99)).toEqual([]);
    expect(admission.due(100)).toEqual([3]);
  });

  it("was wiped if anybody knows it under another incarnation", () => {
    expect(new Admission(first).answered(2, reply(10, 22))).toBe("wiped");
  });

  it("does not count answers to an earlier life, nor those of others", () => {
    const admission = new Admission(first);
    expect(admission.answered(2, reply(10, 22, 10))).toBe("nothing");
    expect(admission.answered(4, reply(0, 44))).toBe("nothing");
    expect(admission.missing).toEqual([2, 3]);
  });

  it("alone takes part at once", () => {
    expect(new Admission({ ...first, firstMembers: [] }).isComplete).toBe(true);
  });

  it("does not vouch for others before it is admitted, and then for those that it met", () => {
    const hello = { type: "Hello", incarnation: 99 } as const;
    const waiting = new Admission(first);
    waiting.answered(2, reply(0, 22));
    expect(waiting.answer(2, hello, 0)).toEqual({ type: "HelloReply", asker: 99, known: 0, incarnation: 11 });
    const admitted = new Admission({ ...first, acquaintances: new Map([[2, 22]]) });
    expect(admitted.answer(2, hello, 0).known).toBe(22);
    expect(admitted.answer(6, hello, 66).known).toBe(66);
    expect(admitted.answer(7, hello, 0).known).toBe(0);
  });
});

describe("a joining server", () => {
  const joining: AdmissionStart = { ...first, joining: true, firstMembers: [] };

  it("introduces itself to whoever speaks to it, at intervals", () => {
    const admission = new Admission(joining);
    expect(admission.isComplete).toBe(false);
    expect(admission.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect(admission.spokenTo(1, 0)).toBe(true);
    expect(admission.spokenTo(1, 50)).toBe(false);
    expect(admission.spokenTo(2, 50)).toBe(true);
    expect(admission.spokenTo(1, 100)).toBe(true);
  });

  it("takes part when a member knows it under this incarnation", () => {
    const admission = new Admission(joining);
    expect(admission.answered(1, reply(0, 5))).toBe("nothing");
    expect(admission.answered(1, reply(12, 5))).toBe("wiped");
    expect(admission.answered(1, reply(11, 5))).toBe("complete");
  });
});
