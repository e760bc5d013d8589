import { describe, expect, it } from "vitest";
import type { Configuration, Entry, HardState, Index, LogWrite, RecoveredLog } from "../../src/raft/types.ts";
import { logBlockIndex } from "../../src/storage/layout.ts";
import { LogWriter } from "../../src/storage/log-writer.ts";
import { openStorage, type Recovered } from "../../src/storage/open.ts";
import { MemoryDisk } from "../support/memory-disk.ts";

const identity = { clusterId: "test", serverId: 1 };
const bootstrap: Configuration = {
  members: [{ id: 1, peerAddress: "p:1", clientAddress: "c:1" }],
  voters: [1],
  oldVoters: [],
  learners: [],
};

function recover(disk: MemoryDisk): Recovered {
  let recovered: Recovered | undefined;
  openStorage(new MemoryDisk("immediate", disk.rows), identity, bootstrap, (error, found) => {
    if (error !== undefined) throw error;
    recovered = found;
  });
  if (recovered === undefined) throw new Error("openStorage did not call back");
  return recovered;
}

/** The log on the disk as "index.term" after the bootstrap entry. */
function logOn(disk: MemoryDisk): string[] {
  return names(recover(disk).log);
}

function names(log: RecoveredLog): string[] {
  return log.entries.slice(1).map((entry) => `${entry.index}.${entry.term}`);
}

/** First indexes of the blocks on the disk. */
function blocksOn(disk: MemoryDisk): Index[] {
  return disk.rows.flatMap((row) => logBlockIndex(row.key) ?? []);
}

function command(index: Index, term: number, bytes = 10): Entry {
  return { kind: "command", index, term, data: new Uint8Array(bytes).fill(index) };
}

function commands(first: Index, last: Index, term: number): Entry[] {
  return Array.from({ length: last - first + 1 }, (_, i) => command(first + i, term));
}

/** A writer on a bootstrapped disk whose writes wait for the test. */
function started(term = 5) {
  const disk = new MemoryDisk("manual");
  const durable: number[] = [];
  const failures: Error[] = [];
  let recovered: Recovered | undefined;
  openStorage(disk, identity, bootstrap, (_, found) => {
    recovered = found;
  });
  disk.complete();
  if (recovered === undefined) throw new Error("openStorage did not call back");
  const writer = new LogWriter(disk, recovered.stored, {
    durable: (token) => durable.push(token),
    failed: (error) => failures.push(error),
  });
  let token = 0;
  const append = (write: Partial<Omit<LogWrite, "token">>) => {
    token++;
    writer.append({ token, entries: [], ...write });
  };
  /** Flushes and completes until nothing is left. */
  const settle = () => {
    do writer.flush();
    while (disk.complete());
  };
  append({ hardState: { currentTerm: term, votedFor: 1 } });
  settle();
  durable.length = 0;
  return { disk, writer, append, settle, durable, failures };
}

describe("group commit", () => {
  it("has one batch in flight; what arrives meanwhile becomes one block", () => {
    const { disk, writer, append, durable } = started();
    append({ entries: commands(2, 3, 5) });
    writer.flush();
    for (let i = 4; i <= 9; i++) {
      append({ entries: [command(i, 5)] });
      writer.flush();
    }
    expect(disk.pending.length).toBe(1);
    disk.complete();
    expect(durable).toEqual([2]);
    expect(disk.pending.length).toBe(0);
    writer.flush();
    disk.complete();
    expect(durable).toEqual([2, 8]);
    expect(blocksOn(disk)).toEqual([1, 2, 4]);
    expect(logOn(disk)).toEqual(["2.5", "3.5", "4.5", "5.5", "6.5", "7.5", "8.5", "9.5"]);
  });

  it("writes nothing when nothing is queued", () => {
    const { disk, writer } = started();
    writer.flush();
    expect(disk.pending.length).toBe(0);
  });

  it("takes the next batch from within durable", () => {
    const disk = new MemoryDisk();
    openStorage(disk, identity, bootstrap, () => {});
    const durable: number[] = [];
    const writer: LogWriter = new LogWriter(disk, recover(disk).stored, {
      durable: (token) => {
        durable.push(token);
        if (token < 3) writer.append({ token: token + 1, entries: [command(token + 2, 1)] });
        writer.flush();
      },
      failed: (error) => {
        throw error;
      },
    });
    writer.append({ token: 1, entries: [command(2, 1)] });
    writer.flush();
    expect(durable).toEqual([1, 2, 3]);
    expect(logOn(disk)).toEqual(["2.1", "3.1", "4.1"]);
  });

  it("writes term and vote with the entries, in one batch, the last one winning", () => {
    const { disk, writer, append } = started();
    append({ hardState: { currentTerm: 6, votedFor: 2 } });
    append({ hardState: { currentTerm: 7, votedFor: 0 }, entries: [command(2, 7)] });
    writer.flush();
    expect(disk.pending.length).toBe(1);
    disk.complete();
    const expected: HardState = { currentTerm: 7, votedFor: 0 };
    expect(recover(disk).log.hardState).toEqual(expected);
    expect(logOn(disk)).toEqual(["2.7"]);
  });

  it("splits what is larger than a block, and keeps a large entry whole", () => {
    const { disk, append, settle } = started();
    append({ entries: [2, 3, 4, 5, 6].map((index) => command(index, 5, 400_000)) });
    append({ entries: [command(7, 5, 3_000_000), command(8, 5)] });
    settle();
    expect(blocksOn(disk)).toEqual([1, 2, 4, 6, 7, 8]);
    for (const row of disk.rows) {
      if (logBlockIndex(row.key) !== 7) expect(row.value.length).toBeLessThanOrEqual(1024 * 1024);
    }
    expect(logOn(disk).length).toBe(7);
  });
});

describe("truncation", () => {
  it("deletes whole blocks and writes the one that straddles again", () => {
    const { disk, append, settle } = started();
    for (const [first, last] of [
      [2, 4],
      [5, 7],
      [8, 9],
    ] as const) {
      append({ entries: commands(first, last, 5) });
      settle();
    }
    append({ hardState: { currentTerm: 6, votedFor: 0 }, truncateFrom: 6, entries: commands(6, 6, 6) });
    settle();
    expect(blocksOn(disk)).toEqual([1, 2, 5, 6]);
    expect(logOn(disk)).toEqual(["2.5", "3.5", "4.5", "5.5", "6.6"]);
  });

  it("at the edge of a block puts the new block under the old one's key", () => {
    const { disk, append, settle } = started();
    append({ entries: commands(2, 4, 5) });
    settle();
    append({ entries: commands(5, 8, 5) });
    settle();
    append({ hardState: { currentTerm: 6, votedFor: 0 }, truncateFrom: 5, entries: commands(5, 5, 6) });
    settle();
    expect(blocksOn(disk)).toEqual([1, 2, 5]);
    expect(logOn(disk)).toEqual(["2.5", "3.5", "4.5", "5.6"]);
  });

  it("of entries that are only queued drops them", () => {
    const { disk, writer, append, durable } = started();
    append({ entries: commands(2, 9, 5) });
    append({ hardState: { currentTerm: 6, votedFor: 0 }, truncateFrom: 4, entries: commands(4, 4, 6) });
    writer.flush();
    expect(disk.pending[0]?.batch.length).toBe(2);
    disk.complete();
    expect(durable).toEqual([3]);
    expect(logOn(disk)).toEqual(["2.5", "3.5", "4.6"]);
  });

  it("of entries in flight cuts them in the next batch", () => {
    const { disk, writer, append, settle } = started();
    append({ entries: commands(2, 9, 5) });
    writer.flush();
    append({ hardState: { currentTerm: 6, votedFor: 0 }, truncateFrom: 4 });
    append({ entries: commands(4, 6, 6) });
    append({ hardState: { currentTerm: 7, votedFor: 0 }, truncateFrom: 3, entries: commands(3, 3, 7) });
    disk.complete();
    expect(logOn(disk)).toEqual(["2.5", "3.5", "4.5", "5.5", "6.5", "7.5", "8.5", "9.5"]);
    settle();
    expect(logOn(disk)).toEqual(["2.5", "3.7"]);
    expect(blocksOn(disk)).toEqual([1, 2, 3]);
  });

  it("of everything queued still completes the write", () => {
    const { disk, writer, append, settle, durable } = started();
    append({ entries: commands(2, 3, 5) });
    append({ truncateFrom: 2 });
    writer.flush();
    expect(disk.pending[0]?.batch.length).toBe(1);
    settle();
    expect(durable).toEqual([3]);
    expect(logOn(disk)).toEqual([]);
  });

  it("behind the end of the log changes nothing", () => {
    const { disk, append, settle } = started();
    append({ entries: commands(2, 3, 5) });
    append({ truncateFrom: 4, entries: commands(4, 4, 5) });
    settle();
    expect(logOn(disk)).toEqual(["2.5", "3.5", "4.5"]);
  });

  it("finds the entries of blocks from before a restart", () => {
    const { disk, append, settle } = started();
    append({ entries: commands(2, 6, 5) });
    settle();
    const again = new MemoryDisk("immediate", disk.rows);
    const writer = new LogWriter(again, recover(disk).stored, { durable: () => {}, failed: () => {} });
    writer.append({
      token: 1,
      hardState: { currentTerm: 6, votedFor: 0 },
      truncateFrom: 5,
      entries: commands(5, 5, 6),
    });
    writer.flush();
    expect(logOn(again)).toEqual(["2.5", "3.5", "4.5", "5.6"]);
  });
});

describe("what a LogWriter refuses", () => {
  it("a token out of order", () => {
    const { writer } = started();
    expect(() => writer.append({ token: 3, entries: [] })).toThrow("tokens of writes rise by one");
  });

  it("a gap, or an overlap", () => {
    expect(() => started().append({ entries: [command(3, 5)] })).toThrow("continue the log");
    expect(() => started().append({ entries: [command(1, 5)] })).toThrow("continue the log");
  });

  it("an entry of a term that is not durable with it", () => {
    expect(() => started(5).append({ entries: [command(2, 6)] })).toThrow("before its term");
  });

  it("to cut off the first entry of the log", () => {
    expect(() => started().append({ truncateFrom: 1 })).toThrow("never cut off");
  });

  it("everything after a failed write, which it reports once and does not try again", () => {
    const { disk, writer, append, settle, durable, failures } = started();
    append({ entries: commands(2, 3, 5) });
    writer.flush();
    append({ entries: commands(4, 4, 5) });
    disk.fail(new Error("no space left on device"));
    expect(failures).toMatchObject([{ code: "DISK_FAILED", message: expect.stringContaining("no space left") }]);
    append({ entries: commands(5, 5, 5) });
    settle();
    expect(disk.pending.length).toBe(0);
    expect(durable).toEqual([]);
    expect(failures.length).toBe(1);
    expect(logOn(disk)).toEqual([]);
  });
});
