import { describe, expect, it } from "vitest";
import { Connection } from "../../src/node/clients/connection.ts";
import { ReadIndexes } from "../../src/node/clients/read-indexes.ts";
import type { Slot } from "../../src/node/clients/request-queue.ts";

const connection = (id: number) =>
  new Connection(id, {
    appliedIndex: () => 0,
    evaluate: () => ({}),
    disarm: () => {},
    mayEvaluate: () => true,
    allTold: () => true,
  });
const slot = (): Slot => ({
  xid: 1,
  requestId: 0,
  read: undefined,
  identities: [],
  known: undefined,
  bytes: 0,
  count: 1,
  work: 0,
  readIndex: undefined,
  answer: undefined,
  armed: undefined,
  events: undefined,
});

describe("ReadIndexes", () => {
  it("asks one question for all reads of a turn, and none without reads", () => {
    const reads = new ReadIndexes();
    const asked: number[] = [];
    reads.ask((id) => asked.push(id));
    reads.add(slot(), connection(1));
    reads.add(slot(), connection(2));
    reads.ask((id) => asked.push(id));
    expect(asked).toHaveLength(1);
  });

  it("sets the index in the slots and lets connections go on once it is applied", () => {
    const reads = new ReadIndexes();
    const [one, two] = [connection(1), connection(2)];
    const slots = [slot(), slot()];
    reads.add(slots[0] ?? slot(), one);
    reads.add(slots[1] ?? slot(), two);
    reads.ask((id) => reads.answered(id, 7));
    expect(slots.map((s) => s.readIndex)).toEqual([7, 7]);
    expect(reads.takeReady(6)).toEqual([]);
    expect(reads.takeReady(7)).toEqual([one, two]);
    expect(reads.takeReady(8)).toEqual([]);
  });

  it("cancels a question when the last connection that waits for it has gone", () => {
    const reads = new ReadIndexes();
    const [one, two] = [connection(1), connection(2)];
    const cancelled: number[] = [];
    let question = 0;
    reads.add(slot(), one);
    reads.add(slot(), two);
    reads.ask((id) => {
      question = id;
    });
    reads.forget(one, (id) => cancelled.push(id));
    expect(cancelled).toEqual([]);
    reads.forget(two, (id) => cancelled.push(id));
    expect(cancelled).toEqual([question]);
  });
});
