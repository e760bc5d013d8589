import { describe, expect, it } from "vitest";
import { commandSize, entrySize, Log } from "../../src/raft/log.ts";
import { command, configurationOf, entriesOfTerms } from "../paper/cluster.ts";

const configuration = configurationOf([1, 2, 3]);
const hardState = { currentTerm: 9, votedFor: 0 } as const;

function logOf(terms: readonly number[]): Log {
  const base = { index: 0, term: 0, configuration };
  return new Log({ hardState, entries: entriesOfTerms(terms, configuration), base });
}

/** A log whose first ten entries are in a checkpoint. */
function compacted(): Log {
  const base = { index: 10, term: 3, configuration };
  return new Log({ hardState, entries: [command(11, 3), command(12, 5)], base });
}

describe("the log", () => {
  it("knows its ends and its terms, also behind a checkpoint", () => {
    expect([logOf([]).lastIndex, logOf([]).lastTerm]).toEqual([0, 0]);
    const log = compacted();
    expect([log.lastIndex, log.lastTerm]).toEqual([12, 5]);
    expect([10, 11, 12].map((index) => log.termAt(index))).toEqual([3, 3, 5]);
    expect(() => log.termAt(9)).toThrow("entry 9");
    expect(() => log.termAt(13)).toThrow("entry 13");
  });

  it("takes only what comes right behind its end, with a term that does not fall", () => {
    const log = logOf([1, 2]);
    expect(() => log.append(command(4, 2))).toThrow("right behind");
    expect(() => log.append(command(2, 2))).toThrow("right behind");
    expect(() => log.append(command(3, 1))).toThrow("terms never fall");
    log.append(command(3, 2));
    expect(log.lastIndex).toBe(3);
  });

  it("tells its end by terms, for those who look at it", () => {
    expect(logOf([]).lastTerms(9)).toEqual([]);
    const log = logOf([1, 1, 2, 5, 5, 5]);
    const stretches = [
      { term: 1, first: 1, last: 2 },
      { term: 2, first: 3, last: 3 },
      { term: 5, first: 4, last: 6 },
    ];
    expect(log.lastTerms(9)).toEqual(stretches);
    expect(log.lastTerms(2)).toEqual(stretches.slice(1));
    expect(compacted().lastTerms(9)).toEqual([
      { term: 3, first: 11, last: 11 },
      { term: 5, first: 12, last: 12 },
    ]);
  });

  it("is truncated within its entries only", () => {
    const log = compacted();
    expect(() => log.truncateFrom(10)).toThrow();
    expect(() => log.truncateFrom(13)).toThrow();
    log.truncateFrom(12);
    expect(log.lastIndex).toBe(11);
    log.truncateFrom(11);
    expect([log.lastIndex, log.lastTerm]).toEqual([10, 3]);
  });

  it("gives slices by index", () => {
    const log = logOf([1, 1, 2, 3]);
    expect(log.slice(2, 3).map(({ index }) => index)).toEqual([2, 3]);
    expect(log.slice(5, 4)).toEqual([]);
    expect(() => log.slice(4, 5)).toThrow();
    expect(compacted().slice(11, 12)).toHaveLength(2);
    expect(() => compacted().slice(10, 12)).toThrow();
  });

  it("gives slices by bytes: whole entries, and at least one", () => {
    const log = logOf([1]);
    for (let index = 2; index <= 5; index++) {
      log.append({ kind: "command", index, term: 1, data: new Uint8Array(100) });
    }
    const size = commandSize(new Uint8Array(100));
    expect(log.sliceOfBytes(2, log.lastIndex, 2 * size)).toHaveLength(2);
    expect(log.sliceOfBytes(2, log.lastIndex, 2 * size - 1)).toHaveLength(1);
    expect(log.sliceOfBytes(2, log.lastIndex, 0)).toHaveLength(1);
    expect(log.sliceOfBytes(6, log.lastIndex, 1000)).toEqual([]);
    expect(log.sliceOfBytes(2, 3, 1000 * size)).toHaveLength(2);
    expect(log.bytesBehind(2)).toBe(3 * size);
    log.truncateFrom(5);
    log.compact(2);
    expect(log.bytesBehind(2)).toBe(2 * size);
    expect(log.bytesBehind(4)).toBe(0);
    expect(entrySize(log.entryAt(3))).toBeGreaterThan(0);
  });

  it("finds the newest entry of a term at most, like a walk from the end", () => {
    const log = logOf([1, 1, 2, 2, 5, 5, 5, 9]);
    for (let index = 0; index <= 10; index++) {
      for (let term = 0; term <= 10; term++) {
        let naive = Math.min(index, log.lastIndex);
        while (naive > 0 && log.termAt(naive) > term) naive--;
        expect(log.newestIndexOfTermAtMost(term, index)).toBe(naive);
      }
    }
    expect(compacted().newestIndexOfTermAtMost(4, 12)).toBe(11);
    expect(compacted().newestIndexOfTermAtMost(2, 12)).toBeUndefined();
    expect(compacted().newestIndexOfTermAtMost(9, 9)).toBeUndefined();
  });

  it("knows the newest configuration, through appends and truncations", () => {
    const log = logOf([1, 1]);
    const next = configurationOf([1, 2, 3, 4], [1, 2, 3]);
    log.append({ kind: "configuration", index: 3, term: 2, configuration: next });
    log.append(command(4, 2));
    expect(log.configuration).toBe(next);
    log.truncateFrom(4);
    expect(log.configuration).toBe(next);
    log.truncateFrom(3);
    expect(log.configuration).toBe(configuration);
    log.truncateFrom(1);
    expect(log.configuration).toBe(configuration);
  });
});
