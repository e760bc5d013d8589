import { describe, expect, it } from "vitest";
import { Admission, type AdmissionStart } from "../../src/node/peers/admission.ts";
import { instanceOf } from "../../src/node/peers/instance.ts";
import type { HelloReply } from "../../src/protocol/peer-messages.ts";

const first: AdmissionStart = {
  id: 1,
  incarnation: 11,
  origin: 0,
  joining: false,
  hasData: false,
  record: undefined,
  firstMembers: [2, 3],
  retryMs: 100,
};
const instance = instanceOf(
  new Map([
    [1, 11],
    [2, 22],
    [3, 33],
  ]),
  0,
);
const reply = (known: number, incarnation: number, rest: Partial<HelloReply> = {}): HelloReply => ({
  type: "HelloReply",
  asker: 11,
  known,
  incarnation,
  instance: 0,
  admitted: false,
  origin: 0,
  ...rest,
});

/** What is to be written now is. */
function write(admission: Admission): void {
  const record = admission.beginWrite();
  if (record === undefined) throw new Error("nothing to write");
  admission.written(record);
}

/** A first member that has met the others, and has that on its disk. */
function met(start: AdmissionStart = first): Admission {
  const admission = new Admission(start);
  admission.answered(2, reply(0, 22));
  admission.answered(3, reply(0, 33));
  write(admission);
  return admission;
}

describe("a first member", () => {
  it("takes part once every other one has confirmed whom they all met", () => {
    const admission = new Admission(first);
    expect(admission.due(0)).toEqual([2, 3]);
    expect(admission.answered(2, reply(0, 22))).toBe("nothing");
    expect(admission.missing).toEqual([3]);
    expect(admission.answered(3, reply(11, 33))).toBe("write");
    write(admission);
    expect(admission.admitted).toBe(false);
    expect(admission.due(1)).toEqual([2, 3]); // at once
    expect(admission.answered(2, reply(11, 22, { instance }))).toBe("nothing");
    expect(admission.answered(3, reply(11, 33))).toBe("nothing"); // it has not met all yet
    expect(admission.missing).toEqual([3]);
    expect(admission.answered(3, reply(11, 33, { instance }))).toBe("write");
    expect(admission.admitted).toBe(false); // not before it is on disk
    write(admission);
    expect(admission.admitted).toBe(true);
    expect(admission.instance).toBe(instance);
  });

  it("needs no more than the word of one that takes part", () => {
    const admission = met();
    expect(admission.answered(3, reply(11, 33, { instance, admitted: true }))).toBe("write");
    write(admission);
    expect(admission.admitted).toBe(true);
  });

  it("tells the instance only once it is on its disk, and answers nobody's change while it is being written", () => {
    const hello = { type: "Hello", incarnation: 22 } as const;
    const admission = new Admission(first);
    admission.answered(2, reply(0, 22));
    admission.answered(3, reply(0, 33));
    const record = admission.beginWrite();
    expect(record).toMatchObject({ instance, pending: true });
    expect(admission.beginWrite()).toBeUndefined();
    expect(admission.answered(2, reply(0, 222))).toBe("nothing");
    expect(admission.answer(2, hello, 0)).toMatchObject({ instance: 0, known: 0 });
    if (record !== undefined) admission.written(record);
    expect(admission.answer(2, hello, 0)).toMatchObject({ instance, known: 22, admitted: false });
  });

  it("never takes part beside one that met other data of a third, which was emptied in between", () => {
    // Server 2 has met an earlier life of server 3.
    const other = instanceOf(
      new Map([
        [1, 11],
        [2, 22],
        [3, 30],
      ]),
      0,
    );
    const admission = met();
    expect(admission.answered(2, reply(11, 22, { instance: other }))).toBe("nothing");
    expect(admission.answered(3, reply(11, 33, { instance }))).toBe("nothing");
    expect(admission.missing).toEqual([2]);
    expect(admission.conflict).toBe(2);
    expect(admission.beginWrite()).toBeUndefined();
  });

  it("may meet another that was emptied before anything is on its own disk", () => {
    const admission = new Admission(first);
    admission.answered(2, reply(0, 20));
    admission.answered(2, reply(0, 22));
    admission.answered(3, reply(0, 33));
    expect(admission.beginWrite()?.instance).toBe(instance);
  });

  it("meets nobody whose data began with something else, until that one is started with the same", () => {
    for (const [own, others] of [
      [0, 7],
      [7, 0],
      [7, 8],
    ] as const) {
      const admission = new Admission({ ...first, origin: own });
      admission.answered(2, reply(0, 22, { origin: own }));
      expect(admission.answered(3, reply(0, 33, { origin: others }))).toBe("nothing");
      expect(admission.strangers).toEqual([3]);
      expect(admission.missing).toEqual([3]);
      expect(admission.beginWrite()).toBeUndefined();
      expect(admission.answer(3, { type: "Hello", incarnation: 33 }, 0)).toMatchObject({ origin: own, known: 0 });
      // Emptied, and started as this one was.
      expect(admission.answered(3, reply(0, 34, { origin: own }))).toBe("write");
      expect(admission.strangers).toEqual([]);
    }
  });

  it("does not take data of an older build, which wrote no origin down, for none", () => {
    const restored = new Admission({ ...first, hasData: true });
    expect(restored.answered(2, reply(0, 22))).toBe("nothing");
    expect(restored.strangers).toEqual([2]);
    const { origin } = restored.answer(2, { type: "Hello", incarnation: 22 }, 0);
    const fresh = new Admission(first);
    expect(fresh.answered(2, reply(0, 22, { origin }))).toBe("nothing");
    expect(fresh.strangers).toEqual([2]);
    // Where all were restored so, they make the same instance as before.
    restored.answered(2, reply(0, 22, { origin }));
    restored.answered(3, reply(0, 33, { origin }));
    expect(restored.beginWrite()?.instance).toBe(instance);
    // Who takes part has its record; who joins is told.
    for (const more of [{ record: { acquaintances: new Map(), instance, pending: false } }, { joining: true }]) {
      const other = new Admission({ ...first, hasData: true, ...more });
      expect(other.answer(2, { type: "Hello", incarnation: 22 }, 0).origin).toBe(0);
    }
  });

  it("says the same of such data when it has met all and starts again, before others have met it", () => {
    const restored = { ...first, hasData: true };
    const hello = { type: "Hello", incarnation: 22 } as const;
    const { origin } = new Admission(restored).answer(2, hello, 0);
    const sealed = new Admission(restored);
    for (const id of [2, 3]) sealed.answered(id, reply(0, id * 11, { origin }));
    const record = sealed.beginWrite();
    expect(record?.pending).toBe(true);
    const again = new Admission({ ...restored, record });
    const answer = again.answer(2, hello, 0);
    const other = new Admission({ ...restored, id: 2, incarnation: 22, firstMembers: [1, 3] });
    other.answered(1, { ...answer, known: 0 });
    expect(other.strangers).toEqual([]);
    expect(other.missing).toEqual([3]);
  });

  it("has not met another any more that was met, and has been started with other data since", () => {
    const admission = new Admission(first);
    admission.answered(2, reply(0, 22));
    admission.answered(2, reply(0, 23, { origin: 7 }));
    expect(admission.answered(3, reply(0, 33))).toBe("nothing");
    expect(admission.missing).toEqual([2]);
  });

  it("does not agree with servers that count on another origin, whoever says so", () => {
    const admission = met();
    const members = new Map([...[1, 2, 3].map((id): [number, number] => [id, id * 11])]);
    admission.answered(2, reply(11, 22, { instance: instanceOf(members, 7) }));
    expect(admission.conflict).toBe(2);
  });

  it("goes on where it was when it starts again", () => {
    const acquaintances = new Map([
      [2, 22],
      [3, 33],
    ]);
    const pending = new Admission({ ...first, record: { acquaintances, instance, pending: true } });
    expect(pending.admitted).toBe(false);
    expect(pending.due(0)).toEqual([2, 3]);
    expect(pending.hears(instance)).toBe(false);
    expect(new Admission({ ...first, record: { acquaintances, instance, pending: false } }).admitted).toBe(true);
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
    expect(met().answered(2, reply(10, 22, { instance: 5 }))).toBe("wiped");
  });

  it("does not count answers to an earlier life, nor those of others", () => {
    const admission = new Admission(first);
    expect(admission.answered(2, reply(10, 22, { asker: 10 }))).toBe("nothing");
    expect(admission.answered(4, reply(0, 44))).toBe("nothing");
    expect(admission.missing).toEqual([2, 3]);
  });

  it("alone takes part at once", () => {
    const alone = new Admission({ ...first, firstMembers: [] });
    write(alone);
    expect(alone.admitted).toBe(true);
    expect(alone.instance).toBe(instanceOf(new Map([[1, 11]]), 0));
  });

  it("does not vouch for others before it has met all, and then for those that it met", () => {
    const hello = { type: "Hello", incarnation: 99 } as const;
    const waiting = new Admission(first);
    waiting.answered(2, reply(0, 22));
    expect(waiting.answer(2, hello, 0)).toEqual({ ...reply(0, 11), asker: 99 });
    expect(met().answer(2, hello, 0).known).toBe(22);
    expect(met().answer(6, hello, 66).known).toBe(66);
    expect(met().answer(7, hello, 0).known).toBe(0);
  });
});

describe("a joining server", () => {
  const joining: AdmissionStart = { ...first, joining: true, firstMembers: [] };

  it("introduces itself to whoever speaks to it, at intervals", () => {
    const admission = new Admission(joining);
    expect(admission.beginWrite()).toBeUndefined();
    expect(admission.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect(admission.spokenTo(1, 0)).toBe(true);
    expect(admission.spokenTo(1, 50)).toBe(false);
    expect(admission.spokenTo(2, 50)).toBe(true);
    expect(admission.spokenTo(1, 100)).toBe(true);
  });

  it("takes part when a member knows it under this incarnation, in the life that this one tells", () => {
    const admission = new Admission(joining);
    expect(admission.answered(1, reply(0, 5, { admitted: true }))).toBe("nothing");
    expect(admission.answered(1, reply(12, 5))).toBe("wiped");
    expect(admission.answered(1, reply(11, 5))).toBe("nothing");
    expect(admission.answered(1, reply(11, 5, { instance: 9, admitted: true }))).toBe("write");
    write(admission);
    expect(admission.instance).toBe(9);
  });
});

describe("a server that takes part", () => {
  const record = { acquaintances: new Map<number, number>(), pending: false };

  it("hears those of its own life only", () => {
    const admission = new Admission({ ...first, record: { ...record, instance: 9 } });
    expect(admission.hears(9)).toBe(true);
    expect(admission.hears(8)).toBe(false);
    expect(admission.hears(0)).toBe(false);
  });

  it("hears all where its data are older than instances", () => {
    const admission = new Admission({ ...first, record: { ...record, instance: 0 } });
    expect(admission.admitted).toBe(true);
    expect(admission.hears(8)).toBe(true);
  });
});

describe("the instance", () => {
  it("is another one when any directory is another one", () => {
    const members: [number, number][] = [
      [1, 11],
      [2, 22],
      [3, 33],
    ];
    const seen = new Set([instance]);
    for (let i = 0; i < 3; i++)
      for (let incarnation = 100; incarnation < 1_100; incarnation++)
        seen.add(instanceOf(new Map(members.map(([id, known], at) => [id, at === i ? incarnation : known])), 0));
    expect(seen.size).toBe(3_001);
    expect(instanceOf(new Map(members.toReversed()), 0)).toBe(instance);
    expect(instanceOf(new Map(members), 7)).not.toBe(instance);
    expect(instanceOf(new Map(members), 7)).not.toBe(instanceOf(new Map(members), 8));
  });
});
