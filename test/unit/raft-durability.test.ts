import { describe, expect, it } from "vitest";
import { Durability } from "../../src/raft/durability.ts";
import { Log } from "../../src/raft/log.ts";
import { Outbox } from "../../src/raft/outbox.ts";
import { appendEntriesReply, command, configurationOf, entriesOfTerms } from "../paper/cluster.ts";

const configuration = configurationOf([1, 2, 3]);
const hardState = { currentTerm: 2, votedFor: 0 } as const;

/** A log of one durable entry. */
function setup(): { log: Log; durability: Durability } {
  const base = { index: 0, term: 0, configuration };
  const log = new Log({ hardState, entries: entriesOfTerms([1], configuration), base });
  return { log, durability: new Durability(log.lastIndex) };
}

describe("durability", () => {
  it("writes nothing when nothing changed", () => {
    const { log, durability } = setup();
    expect(durability.takeWrite(log, hardState, 0)).toBeUndefined();
    expect(durability.hardStateIsDurable).toBe(true);
  });

  it("writes what is new, once", () => {
    const { log, durability } = setup();
    log.append(command(2, 2));
    durability.hardStateChanged();
    expect(durability.takeWrite(log, hardState, 0)).toEqual({ token: 1, hardState, entries: [command(2, 2)] });
    expect(durability.takeWrite(log, hardState, 0)).toBeUndefined();
    log.append(command(3, 2));
    expect(durability.takeWrite(log, hardState, 0)).toEqual({ token: 2, entries: [command(3, 2)] });
  });

  it("tells of each index which write makes it durable", () => {
    const { log, durability } = setup();
    log.append(command(2, 2));
    durability.takeWrite(log, hardState, 0);
    log.append(command(3, 2));
    durability.takeWrite(log, hardState, 0);
    expect([1, 2, 3].map((index) => durability.tokenOf(index))).toEqual([0, 1, 2]);
    durability.persisted(1, 0);
    expect([durability.durableIndex, durability.isPersisted(durability.tokenOf(2))]).toEqual([2, true]);
    expect(durability.isPersisted(durability.tokenOf(3))).toBe(false);
  });

  it("takes several completions at once, and old ones again", () => {
    const { log, durability } = setup();
    for (const index of [2, 3, 4]) {
      log.append(command(index, 2));
      durability.takeWrite(log, hardState, 0);
    }
    durability.persisted(3, 0);
    expect(durability.durableIndex).toBe(4);
    durability.persisted(1, 0);
    expect(durability.durableIndex).toBe(4);
    expect(() => durability.persisted(4, 0)).toThrow("handed out");
  });

  it("a truncation takes back what is durable, written and under way", () => {
    const { log, durability } = setup();
    for (const index of [2, 3, 4]) log.append(command(index, 2));
    durability.takeWrite(log, hardState, 0);
    log.truncateFrom(3);
    durability.truncated(3);
    log.append(command(3, 3));
    expect(durability.takeWrite(log, hardState, 0)).toEqual({ token: 2, truncateFrom: 3, entries: [command(3, 3)] });
    durability.persisted(1, 0);
    expect(durability.durableIndex).toBe(2);
    durability.persisted(2, 0);
    expect(durability.durableIndex).toBe(3);
    log.truncateFrom(2);
    durability.truncated(2);
    expect(durability.durableIndex).toBe(1);
    expect(durability.takeWrite(log, hardState, 0)).toEqual({ token: 3, truncateFrom: 2, entries: [] });
  });

  it("two truncations in a turn are written as the lower one", () => {
    const { log, durability } = setup();
    for (const index of [2, 3, 4]) log.append(command(index, 2));
    durability.takeWrite(log, hardState, 0);
    for (const index of [4, 2]) {
      log.truncateFrom(index);
      durability.truncated(index);
    }
    log.append(command(2, 4));
    expect(durability.takeWrite(log, hardState, 0)).toMatchObject({
      truncateFrom: 2,
      entries: [{ index: 2, term: 4 }],
    });
  });

  it("the hard state is durable when the newest write with one is", () => {
    const { log, durability } = setup();
    durability.hardStateChanged();
    expect(durability.hardStateIsDurable).toBe(false);
    durability.takeWrite(log, hardState, 0);
    expect(durability.hardStateIsDurable).toBe(false);
    durability.persisted(1, 0);
    expect(durability.hardStateIsDurable).toBe(true);
  });
});

describe("the outbox", () => {
  const reply = (term: number, matchIndex: number) => appendEntriesReply({ term, matchIndex });

  it("lets go at once what rests on nothing, and in the order sent", () => {
    const { log, durability } = setup();
    const outbox = new Outbox();
    outbox.send(2, reply(2, 0));
    outbox.sendOnceDurable(3, reply(2, 1), 1);
    durability.takeWrite(log, hardState, 0);
    expect(outbox.take(durability, 2).map(({ to }) => to)).toEqual([2, 3]);
    expect(outbox.take(durability, 2)).toEqual([]);
  });

  it("holds each message for its own write, and for the hard state", () => {
    const { log, durability } = setup();
    const outbox = new Outbox();
    durability.hardStateChanged();
    outbox.send(2, reply(2, 0));
    durability.takeWrite(log, hardState, 0);
    expect(outbox.take(durability, 2)).toEqual([]);
    log.append(command(2, 2));
    outbox.sendOnceDurable(3, reply(2, 2), 2);
    durability.takeWrite(log, hardState, 0);
    expect(outbox.take(durability, 2)).toEqual([]);
    durability.persisted(1, 0);
    expect(outbox.take(durability, 2).map(({ to }) => to)).toEqual([2]);
    durability.persisted(2, 0);
    expect(outbox.take(durability, 2).map(({ to }) => to)).toEqual([3]);
  });

  it("holds a bounded number of messages", () => {
    const { log, durability } = setup();
    const outbox = new Outbox();
    durability.hardStateChanged();
    for (let i = 0; i < 5000; i++) outbox.send(2, reply(2, 0));
    durability.takeWrite(log, hardState, 0);
    expect(outbox.take(durability, 2)).toEqual([]);
    durability.persisted(1, 0);
    expect(outbox.take(durability, 2)).toHaveLength(1000);
  });

  it("drops what is of an older term by then", () => {
    const { log, durability } = setup();
    const outbox = new Outbox();
    log.append(command(2, 2));
    outbox.sendOnceDurable(3, reply(2, 2), 2);
    durability.takeWrite(log, hardState, 0);
    outbox.take(durability, 2);
    durability.persisted(1, 0);
    expect(outbox.take(durability, 3)).toEqual([]);
    expect(outbox.take(durability, 2)).toEqual([]);
  });
});
