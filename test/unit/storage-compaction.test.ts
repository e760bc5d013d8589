/** The log on disk behind a checkpoint, and what a start makes of both. */
import { describe, expect, it } from "vitest";
import type { Configuration, Entry, Index, LogBase, LogWrite } from "../../src/raft/types.ts";
import { Checkpointer } from "../../src/storage/checkpointer.ts";
import { headKey, logBaseKey, logBlockIndex, logBlockKey, segmentKey, segmentName } from "../../src/storage/layout.ts";
import { LogWriter } from "../../src/storage/log-writer.ts";
import { openStorage, type Recovered } from "../../src/storage/open.ts";
import { decodeHead, encodeHead, encodeLogBase } from "../../src/storage/records.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { password } from "./znode-harness.ts";

const identity = { clusterId: "test", serverId: 1 };
/** With a step to go: it is not shown, so that the state is what the tests apply, and nothing else. */
const configuration: Configuration = {
  members: [{ id: 1, peerAddress: "p:1", clientAddress: "c:1" }],
  voters: [1],
  oldVoters: [1],
  learners: [],
};

function open(disk: MemoryDisk): Recovered | Error {
  let result: Recovered | Error = new Error("openStorage did not call back");
  openStorage(disk, identity, configuration, (error, recovered) => {
    result = error ?? recovered ?? result;
  });
  return result;
}

function opened(disk: MemoryDisk): Recovered {
  const result = open(disk);
  if (result instanceof Error) throw result;
  return result;
}

function command(index: Index): Entry {
  return { kind: "command", index, term: 2, data: new Uint8Array(100).fill(index) };
}

function baseAt(index: Index): LogBase {
  return { index, term: 2, configuration };
}

/** A disk with one block for each entry from 2 to `last`, and the writer of its log. */
function written(last: Index) {
  const disk = new MemoryDisk();
  const recovered = opened(disk);
  const writer = new LogWriter(disk, recovered.stored, {
    durable: () => {},
    failed: (error) => {
      throw error;
    },
  });
  let token = 0;
  const append = (write: Omit<LogWrite, "token">, operations: Parameters<LogWriter["append"]>[1] = []) => {
    writer.append({ token: ++token, ...write }, operations);
    writer.flush();
  };
  append({ hardState: { currentTerm: 2, votedFor: 1 }, entries: [] });
  for (let i = 2; i <= last; i++) append({ entries: [command(i)] });
  return { disk, writer, append, ...recovered };
}

/** The same with a checkpoint of a machine that has applied everything up to `index`. */
function checkpointed(last: Index, index: Index) {
  const all = written(last);
  const { disk, machine, table } = all;
  machine.skip(1);
  machine.apply(2, {
    timeMs: 5,
    origin: 1,
    proposal: 1,
    body: { type: "createSession", password: password(1), timeoutMs: 4000, holder: 0 },
  });
  while (machine.appliedIndex < index) machine.skip(machine.appliedIndex + 1);
  const options = { segmentBytes: 100, cleanBytes: 1000, slackBytes: 1000 };
  const callbacks = { durable: () => {}, swept: () => {}, failed: () => {} };
  new Checkpointer(disk, machine, table, options, callbacks).begin(baseAt(index));
  return all;
}

function blocksOn(disk: MemoryDisk): Index[] {
  return disk.rows.flatMap((row) => logBlockIndex(row.key) ?? []);
}

describe("a log that is compacted", () => {
  it("loses whole blocks behind the checkpoint, less the tail, and never the newest", () => {
    const { writer } = checkpointed(9, 7);
    expect(writer.compactable(7, 0)).toBe(7);
    expect(writer.compactable(9, 0)).toBe(8);
    expect(writer.compactable(1_000_000, 300)).toBe(6);
    expect(writer.compactable(7, 1_000_000)).toBeUndefined();
    expect(writer.compactable(0, 0)).toBeUndefined();
  });

  it("begins where its base says, in one batch with it", () => {
    const { disk, writer, append } = checkpointed(9, 7);
    writer.compact(baseAt(6));
    expect(blocksOn(disk)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    writer.flush();
    expect(blocksOn(disk)).toEqual([7, 8, 9]);
    append({ entries: [command(10)] });
    const { log, machine } = opened(disk);
    expect(log.base).toEqual(baseAt(6));
    expect(log.entries.map((entry) => entry.index)).toEqual([7, 8, 9, 10]);
    expect(log.appliedIndex).toBe(7);
    expect(machine.appliedIndex).toBe(7);
    expect(machine.counts().sessions).toBe(1);
  });

  it("goes on being cut and appended to", () => {
    const { disk, writer, append } = checkpointed(9, 7);
    writer.compact(baseAt(7));
    append({ truncateFrom: 8, entries: [command(8)] });
    expect(() => append({ truncateFrom: 7, entries: [] })).toThrow(/checkpoint covers/);
    expect(opened(disk).log.entries.map((entry) => entry.index)).toEqual([8]);
  });
});

describe("a snapshot that takes the place of the log", () => {
  it("leaves nothing of it, and entries follow", () => {
    const { disk, append } = checkpointed(9, 7);
    const head = decodeHead(disk.rows.find((row) => row.key[0] === headKey[0])?.value ?? headKey);
    const value = encodeHead({ ...head, index: 20, generation: 2 });
    for (const { key, value: segment } of disk.rows) {
      const name = segmentName(key);
      if (name === undefined) continue;
      disk.write([{ type: "put", key: segmentKey({ ...name, generation: 2 }), value: segment }], () => {});
    }
    append({ snapshot: baseAt(20), entries: [command(21)] }, [{ type: "put", key: headKey, value }]);
    expect(blocksOn(disk)).toEqual([21]);
    const { log, table, machine } = opened(disk);
    expect(log).toMatchObject({ base: { index: 20, term: 2 }, appliedIndex: 20 });
    expect(log.entries.map((entry) => entry.index)).toEqual([21]);
    expect(table.generation).toBe(2);
    expect(machine.counts().sessions).toBe(1);
    // What is left of the old generation goes when the server starts.
    expect(disk.rows.flatMap(({ key }) => segmentName(key)?.generation ?? [])).toEqual([2]);
  });

  it("may leave an empty log", () => {
    const { disk, append } = checkpointed(9, 7);
    const head = decodeHead(disk.rows.find((row) => row.key[0] === headKey[0])?.value ?? headKey);
    append({ snapshot: baseAt(20), entries: [] }, [
      { type: "put", key: headKey, value: encodeHead({ ...head, index: 20 }) },
    ]);
    expect(opened(disk).log).toMatchObject({ entries: [], base: { index: 20 }, appliedIndex: 20 });
  });
});

describe("a start", () => {
  it("removes what is left of a snapshot that was not received to its end", () => {
    const { disk, machine } = checkpointed(9, 7);
    const before = machine.digest();
    for (let number = 1; number <= 1200; number++)
      disk.write([{ type: "put", key: segmentKey({ generation: 5, number }), value: new Uint8Array(3) }], () => {});
    expect(opened(disk).machine.digest()).toBe(before);
    expect(disk.rows.some(({ key }) => segmentName(key)?.generation === 5)).toBe(false);
  });

  it.each([
    [
      "a checkpoint that is ahead of the log",
      { index: 10 },
      /checkpoint is of entry 10, but the log reaches from 1 to 9/,
    ],
    ["a checkpoint of another term", { term: 1 }, /in term 1, in the log it has 2/],
    ["a head that promises more", { sessions: 4 }, /4 sessions, but/],
    ["a head of another generation", { generation: 3 }, /segments/],
  ])("refuses %s", (_, change, message) => {
    const { disk } = checkpointed(9, 7);
    const head = decodeHead(disk.rows.find((row) => row.key[0] === headKey[0])?.value ?? headKey);
    disk.write([{ type: "put", key: headKey, value: encodeHead({ ...head, ...change }) }], () => {});
    expect(open(disk)).toMatchObject({ code: "CORRUPT", message: expect.stringMatching(message) });
  });

  it("refuses a log that begins behind no checkpoint, or leaves a gap", () => {
    const without = checkpointed(9, 7).disk;
    without.write([{ type: "put", key: logBaseKey, value: encodeLogBase(baseAt(4)) }], () => {});
    for (const first of [1, 2, 3, 4]) without.drop(logBlockKey(first));
    expect(opened(new MemoryDisk("immediate", without.rows)).log.base.index).toBe(4);
    const gap = new MemoryDisk("immediate", without.rows);
    gap.drop(logBlockKey(5));
    expect(open(gap)).toMatchObject({ code: "CORRUPT" });
    without.drop(headKey);
    expect(open(without)).toMatchObject({ code: "CORRUPT", message: expect.stringMatching(/there is no checkpoint/) });
  });

  it("refuses a damaged segment, head or base", () => {
    for (const which of [headKey, logBaseKey, segmentKey({ generation: 1, number: 1 })]) {
      const { disk, writer } = checkpointed(9, 7);
      writer.compact(baseAt(6));
      writer.flush();
      disk.flip(which, 6);
      expect(open(disk)).toMatchObject({ code: "CORRUPT" });
    }
  });
});
