import { describe, expect, it } from "vitest";
import type { TerrariumError } from "../../src/base/errors.ts";
import type { Configuration, Entry } from "../../src/raft/types.ts";
import { admissionKey, hardStateKey, identityKey, logBlockIndex, logBlockKey } from "../../src/storage/layout.ts";
import { encodeLogBlock } from "../../src/storage/log-block.ts";
import { LogWriter } from "../../src/storage/log-writer.ts";
import { type Identity, openStorage, type Recovered } from "../../src/storage/open.ts";
import { encodeAdmission } from "../../src/storage/records.ts";
import { seal, unseal } from "../../src/storage/sealed.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { decodeProto, encodeProto } from "../support/schema.ts";

const identity = { clusterId: "alpha", serverId: 2 };
const bootstrap: Configuration = {
  members: [1, 2, 3].map((id) => ({ id, peerAddress: `p:${id}`, clientAddress: `c:${id}` })),
  voters: [1, 2, 3],
  oldVoters: [],
  learners: [],
};

function open(
  disk: MemoryDisk,
  expected: Identity = identity,
  configuration: Configuration | undefined = bootstrap,
): { error?: Error; recovered?: Recovered } {
  const calls: { error?: Error; recovered?: Recovered }[] = [];
  openStorage(disk, expected, configuration, (error, recovered) => {
    calls.push({ ...(error === undefined ? {} : { error }), ...(recovered === undefined ? {} : { recovered }) });
  });
  expect(calls.length).toBe(1);
  return calls[0] ?? {};
}

function errorOf(disk: MemoryDisk, expected: Identity = identity): Error | undefined {
  return open(disk, expected).error;
}

const command = (index: number, term: number): Entry => ({ kind: "command", index, term, data: new Uint8Array(20) });

/** A disk with the blocks 1, 2–4, 5–7 and 8–9, all of term 2. */
function written(): MemoryDisk {
  const disk = new MemoryDisk();
  const { recovered } = open(disk);
  if (recovered === undefined) throw new Error("the fresh disk was refused");
  const writer = new LogWriter(disk, recovered.stored, { durable: () => {}, failed: () => {} });
  let token = 0;
  for (const indexes of [
    [2, 3, 4],
    [5, 6, 7],
    [8, 9],
  ]) {
    token++;
    writer.append({ token, hardState: { currentTerm: 2, votedFor: 3 }, entries: indexes.map((i) => command(i, 2)) });
    writer.flush();
  }
  return disk;
}

function put(disk: MemoryDisk, key: Uint8Array, value: Uint8Array): MemoryDisk {
  disk.write([{ type: "put", key, value }], () => {});
  return disk;
}

const corrupt = (message: string) => ({ code: "CORRUPT", message: expect.stringContaining(message) });

describe("a fresh disk", () => {
  it("gets identity, term 1 and the bootstrap configuration in one batch", () => {
    const disk = new MemoryDisk("manual");
    let recovered: Recovered | undefined;
    openStorage(disk, identity, bootstrap, (_, found) => {
      recovered = found;
    });
    expect(disk.pending.length).toBe(1);
    expect(recovered).toBeUndefined();
    disk.complete();
    expect(recovered?.log.hardState).toEqual({ currentTerm: 1, votedFor: 0 });
    expect(recovered?.log.entries).toMatchObject([
      { kind: "configuration", index: 1, term: 1, configuration: bootstrap },
    ]);
    expect(recovered?.log.base).toEqual({ index: 0, term: 0, configuration: bootstrap });
    expect(disk.rows.length).toBe(3);
  });

  it("is found again as it was begun", () => {
    const disk = new MemoryDisk();
    const begun = open(disk).recovered;
    const again = open(disk).recovered;
    expect(again).toEqual(begun);
  });

  it("needs a membership, and one with the server in it", () => {
    const disk = new MemoryDisk();
    openStorage(disk, identity, undefined, (error) => expect(error).toMatchObject({ code: "USAGE" }));
    expect(errorOf(disk, { clusterId: "alpha", serverId: 9 })).toMatchObject({
      code: "NOT_A_MEMBER",
      message: expect.stringContaining("server 9"),
    });
    expect(disk.rows).toEqual([]);
    expect.assertions(4);
  });

  it("reports a first write that failed", () => {
    const disk = new MemoryDisk("manual");
    const errors: (Error | undefined)[] = [];
    openStorage(disk, identity, bootstrap, (error) => errors.push(error));
    disk.fail(new Error("read-only file system"));
    expect(errors).toMatchObject([{ code: "DISK_FAILED", message: expect.stringContaining("read-only") }]);
  });
});

describe("a disk with data", () => {
  it("gives back log, term and vote; the bootstrap configuration given now does not count", () => {
    const disk = written();
    const { recovered } = open(disk, identity, { ...bootstrap, voters: [1, 2] });
    expect(recovered?.log.hardState).toEqual({ currentTerm: 2, votedFor: 3 });
    expect(recovered?.log.entries.map((entry) => entry.index)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(recovered?.log.entries[0]).toMatchObject({ configuration: bootstrap });
    expect(recovered?.stored.blocks.map((block) => block.firstIndex)).toEqual([1, 2, 5, 8]);
  });

  it("of another server or cluster is refused with both names", () => {
    for (const other of [
      { clusterId: "alpha", serverId: 1 },
      { clusterId: "beta", serverId: 2 },
    ]) {
      const error = errorOf(written(), other);
      expect(error).toMatchObject({ code: "WRONG_DATA_DIR" });
      expect(error?.message).toContain('server 2 of cluster "alpha"');
      expect(error?.message).toContain(`server ${other.serverId} of cluster "${other.clusterId}"`);
    }
  });

  it("of a later format is refused, with the version to use", () => {
    const later = encodeProto("Identity", { format: 2, ...identity });
    const error = errorOf(put(written(), identityKey, seal(later)));
    expect(error).toMatchObject({ code: "DATA_DIR_UNUSABLE", message: expect.stringContaining("format 2") });
  });

  it("that cannot be read is reported", () => {
    const disk = written();
    disk.scan = (_range, _visit, done) => done(new Error("input/output error"));
    expect(errorOf(disk)).toMatchObject({ code: "DISK_FAILED", message: expect.stringContaining("input/output") });
  });
});

describe("damage stops the server", () => {
  it("a flipped bit anywhere in any value", () => {
    for (const { key, value } of written().rows) {
      for (let offset = 0; offset < value.length; offset++) {
        const disk = written();
        disk.flip(key, offset);
        expect(errorOf(disk), `key ${key}, offset ${offset}`).toMatchObject({ code: "CORRUPT" });
      }
    }
  });

  it("says which block it is, and what to do", () => {
    const disk = written();
    disk.flip(logBlockKey(5), 30);
    const error = errorOf(disk);
    expect(error).toMatchObject(corrupt("the log block at entry 5"));
    expect((error as TerrariumError).hint).toContain("replace this server");
  });

  it("a lost record or block", () => {
    const lost = (key: Uint8Array) => {
      const disk = written();
      disk.drop(key);
      return errorOf(disk);
    };
    expect(lost(identityKey)).toMatchObject(corrupt("whose data"));
    expect(lost(hardStateKey)).toMatchObject(corrupt("hard state"));
    expect(lost(logBlockKey(5))).toMatchObject(corrupt("entries 5 to 7 are missing"));
    expect(lost(logBlockKey(1))).toMatchObject(corrupt("entries 1 to 1 are missing"));
    const disk = written();
    for (const { key } of disk.rows) if (logBlockIndex(key) !== undefined) disk.drop(key);
    expect(errorOf(disk)).toMatchObject(corrupt("the log is missing"));
  });

  it("a lost block whose place older entries hold", () => {
    // Entries 5 to 7 of term 2 were replaced in term 3, and 8 appended: but the replacement was lost.
    const disk = written();
    const value = encodeLogBlock({ currentTerm: 3, prevTerm: 3, entries: [command(8, 3)] });
    put(put(disk, logBlockKey(8), value), hardStateKey, seal(encodeProto("HardState", { currentTerm: 3 })));
    expect(errorOf(disk)).toMatchObject(corrupt("a block in between was lost"));
  });

  it("blocks that contradict themselves, their key, or the term", () => {
    const with5 = (prevTerm: number, currentTerm: number, entries: Entry[]) =>
      errorOf(put(written(), logBlockKey(5), encodeLogBlock({ currentTerm, prevTerm, entries })));
    expect(with5(2, 2, [command(5, 2), command(6, 2), command(7, 2)])).toBeUndefined();
    expect(with5(2, 2, [command(5, 2), command(6, 2), command(7, 2), command(8, 2)])).toMatchObject(
      corrupt("overlaps"),
    );
    expect(with5(2, 2, [command(6, 2), command(7, 2)])).toMatchObject(corrupt("begins at entry 6"));
    expect(with5(2, 2, [command(5, 2), command(7, 2)])).toMatchObject(corrupt("in the place of entry 6"));
    expect(with5(2, 2, [command(5, 1), command(6, 2), command(7, 2)])).toMatchObject(corrupt("after one of term 2"));
    expect(with5(2, 2, [command(5, 2), command(6, 2), command(7, 3)])).toMatchObject(corrupt("entry of term 3"));
    expect(with5(2, 3, [command(5, 2), command(6, 2), command(7, 2)])).toMatchObject(corrupt("hard state says term 2"));
  });

  it("a sound checksum over what cannot be read", () => {
    const put5 = (value: Uint8Array) => errorOf(put(written(), logBlockKey(5), value));
    expect(put5(seal(new Uint8Array([1, 2, 3])))).toMatchObject(corrupt("cannot be read"));
    expect(put5(seal(new Uint8Array(0)))).toMatchObject(corrupt("begins at entry 0"));
    expect(put5(new Uint8Array(2))).toMatchObject(corrupt("cut short"));
    expect(errorOf(put(written(), hardStateKey, seal(new Uint8Array([10]))))).toMatchObject(corrupt("hard state"));
    expect(errorOf(put(written(), hardStateKey, seal(new Uint8Array(0))))).toMatchObject(corrupt("term 0"));
  });

  it("a log that does not begin with a configuration", () => {
    const value = encodeLogBlock({ currentTerm: 1, prevTerm: 0, entries: [command(1, 1)] });
    expect(errorOf(put(written(), logBlockKey(1), value))).toMatchObject({ code: "CORRUPT" });
  });

  it("a key of nobody's", () => {
    expect(errorOf(put(written(), new Uint8Array([0x77, 1]), new Uint8Array(3)))).toMatchObject(corrupt("7701"));
    expect(errorOf(put(new MemoryDisk(), new Uint8Array([0x77]), new Uint8Array(3)))).toMatchObject(
      corrupt("whose data"),
    );
  });
});

describe("on disk", () => {
  it("a block is its checksum and the LogBlock of proto/disk.proto", () => {
    const row = written().rows.find(({ key }) => logBlockIndex(key) === 5);
    const block = decodeProto("LogBlock", unseal(row?.value ?? new Uint8Array(0), "the block"));
    const entries = [5, 6, 7].map((index) => ({ index }));
    expect(block).toMatchObject({ firstIndex: 5, currentTerm: 2, prevTerm: 2, entries });
  });
});

describe("a server that joins", () => {
  const joining = { ...identity, incarnation: 77, joining: true };

  it("begins with an empty log, and is found again so", () => {
    const disk = new MemoryDisk();
    const begun = open(disk, joining, undefined).recovered;
    expect(begun?.log.entries).toEqual([]);
    expect(begun?.log.base.configuration.voters).toEqual([]);
    expect(open(disk, joining, undefined).recovered).toEqual(begun);
    expect(open(disk, { ...joining, clusterId: "", incarnation: 5 }, undefined).recovered?.identity).toEqual(joining);
  });

  it("needs to know its cluster on a fresh disk", () => {
    expect(errorOf(new MemoryDisk(), { ...joining, clusterId: "" })).toMatchObject({ code: "NO_SERVER" });
  });

  it("is admitted once that is on its disk", () => {
    const disk = new MemoryDisk();
    open(disk, joining, undefined);
    const admission = { acquaintances: new Map([[3, 33]]), instance: 77, pending: true };
    put(disk, admissionKey, encodeAdmission(admission));
    expect(open(disk, joining).recovered?.admission).toEqual(admission);
    put(disk, admissionKey, new Uint8Array(9));
    expect(errorOf(disk, joining)).toMatchObject(corrupt("the checksum of the admission"));
  });

  it("finds its log missing only if it was a first member", () => {
    const disk = new MemoryDisk();
    open(disk, { ...identity, incarnation: 1 });
    disk.write([{ type: "delete", key: logBlockKey(1) }], () => {});
    expect(errorOf(disk)).toMatchObject(corrupt("the log is missing"));
  });
});
