import { describe, expect, it } from "vitest";
import { membershipText } from "../../src/protocol/membership-text.ts";
import type { Configuration } from "../../src/raft/types.ts";
import { CheckpointLoader, type LoadedCheckpoint } from "../../src/storage/checkpoint-loader.ts";
import { Checkpointer } from "../../src/storage/checkpointer.ts";
import { headKey, segmentKey, segmentName } from "../../src/storage/layout.ts";
import { decodeHead } from "../../src/storage/records.ts";
import { SegmentTable } from "../../src/storage/segment-table.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { create, del, Harness, password, set } from "./znode-harness.ts";

const configuration: Configuration = {
  members: [{ id: 1, peerAddress: "p:1", clientAddress: "c:1" }],
  voters: [1],
  oldVoters: [],
  learners: [],
};
const small = { segmentBytes: 300, cleanBytes: 1000, slackBytes: 500 };

/** A machine whose checkpoints go to a disk in memory. */
class Checkpointed {
  readonly disk: MemoryDisk;
  readonly harness = new Harness();
  readonly durable: number[] = [];
  readonly failures: Error[] = [];
  readonly table = new SegmentTable(1);
  readonly checkpointer: Checkpointer;

  constructor(completion: "immediate" | "manual" = "immediate", options = small) {
    // The entry that says who the members are comes before all others.
    this.harness.machine.membersRestored(membershipText(configuration) ?? "");
    this.disk = new MemoryDisk(completion);
    this.checkpointer = new Checkpointer(this.disk, this.harness.machine, this.table, options, {
      durable: (index) => this.durable.push(index),
      swept: () => {},
      failed: (error) => this.failures.push(error),
    });
  }

  begin(): void {
    this.checkpointer.begin({ index: this.harness.machine.appliedIndex, term: 1, configuration });
  }

  /** As a node does: behind a sweep, if it is time for one. */
  checkpoint(): void {
    if (this.checkpointer.isWasteful) this.checkpointer.sweep();
    this.begin();
    while (this.checkpointer.encoding) this.checkpointer.step();
  }

  /** What a start would find. */
  load(): LoadedCheckpoint {
    const head = this.disk.rows.find((row) => row.key[0] === headKey[0]);
    if (head === undefined) throw new Error("there is no checkpoint");
    const loader = new CheckpointLoader(1);
    for (const { key, value } of this.disk.rows) {
      const name = segmentName(key);
      if (name !== undefined) loader.add(name.number, value);
    }
    return loader.finish(decodeHead(head.value));
  }

  segments(): number[] {
    return this.disk.rows.flatMap(({ key }) => segmentName(key)?.number ?? []);
  }
}

describe("a checkpoint", () => {
  it("holds tree, sessions, answers that are not acknowledged, counters and time", () => {
    const { harness, ...rest } = fill();
    const { machine } = rest.checkpointed.load();
    expect(machine.digest()).toBe(harness.machine.digest());
    machine.assertSound();
    expect(machine.appliedIndex).toBe(harness.machine.appliedIndex);
    expect(machine.lastTimeMs).toBe(harness.machine.lastTimeMs);
    expect([...machine.sessions()].map((session) => session.id)).toEqual(
      [...harness.machine.sessions()].map((session) => session.id),
    );
  });

  it("goes on as the original does: the same answers to repeated requests, the same sequence numbers", () => {
    const { harness, session, checkpointed } = fill();
    const { machine } = checkpointed.load();
    const body = {
      type: "write",
      sessionId: session,
      attachment: session,
      requestId: 3,
      ackedRequestId: 2,
      operation: create("/a/s-", { sequential: true }),
    } as const;
    const index = machine.appliedIndex + 1;
    const command = { timeMs: 5000, origin: 2, proposal: 9, body };
    expect(machine.apply(index, command)).toEqual(harness.machine.apply(index, command));
    const next = { ...command, body: { ...body, requestId: 5 } };
    expect(machine.apply(index + 1, next)).toEqual(harness.machine.apply(index + 1, next));
    expect(machine.digest()).toBe(harness.machine.digest());
  });

  it("writes only what has changed", () => {
    const c = new Checkpointed("immediate", { segmentBytes: 100_000, cleanBytes: 0, slackBytes: 1e9 });
    const session = c.harness.open();
    for (let i = 0; i < 50; i++) c.harness.write(session, create(`/n${i}`, { data: "x".repeat(100) }));
    c.checkpoint();
    c.harness.write(session, set("/n7", "y"));
    c.checkpoint();
    const [first = 0, second = 0] = c.disk.rows.filter((row) => row.key.length === 13).map((row) => row.value.length);
    expect(first).toBeGreaterThan(5000);
    expect(second).toBeLessThan(300);
  });

  it("of nothing but time and index is one too", () => {
    const c = new Checkpointed();
    c.harness.machine.skip(1);
    c.checkpoint();
    expect(c.load().machine.appliedIndex).toBe(1);
  });

  it("removes what was deleted, also when an older segment still holds it", () => {
    const c = new Checkpointed("immediate", { ...small, slackBytes: 1e9 });
    const session = c.harness.open();
    c.harness.write(session, create("/keep"));
    c.harness.write(session, create("/gone"));
    c.checkpoint();
    c.harness.write(session, set("/gone", "again"));
    c.checkpoint();
    c.harness.write(session, del("/gone"));
    c.checkpoint();
    for (let i = 0; i < 3; i++) {
      c.harness.write(session, set("/keep", `${i}`));
      c.checkpoint();
      expect(c.load().machine.digest()).toBe(c.harness.machine.digest());
    }
    expect(c.load().machine.stat("/gone")).toBeUndefined();
  });

  it("a znode that is deleted and made again is the new one", () => {
    const c = new Checkpointed();
    const session = c.harness.open();
    c.harness.write(session, create("/x", { data: "1" }));
    c.checkpoint();
    c.harness.write(session, del("/x"));
    c.harness.write(session, create("/x", { data: "2" }));
    c.checkpoint();
    expect(c.load().machine.digest()).toBe(c.harness.machine.digest());
  });

  it("gives a session with many answers a segment of its own, so that it fits in a frame to a peer", () => {
    const c = new Checkpointed();
    for (const requests of [1, 12, 12]) {
      const session = c.harness.open();
      for (let i = 1; i <= requests; i++) c.harness.request(session, i, create(`/${"x".repeat(20)}${session}-${i}`));
    }
    c.checkpoint();
    const sizes = c.disk.rows.flatMap(({ key, value }) => (segmentName(key) === undefined ? [] : [value.length]));
    // Two sessions have more than a segment; neither lies behind another.
    const larger = sizes.filter((bytes) => bytes > small.segmentBytes + 200);
    expect(larger).toHaveLength(2);
    expect(Math.max(...larger) - Math.min(...larger)).toBeLessThan(20);
    expect(c.load().machine.digest()).toBe(c.harness.machine.digest());
  });

  it("forgets sessions that ended, with their ephemerals", () => {
    const c = new Checkpointed();
    const session = c.harness.open();
    c.harness.write(session, create("/e", { ephemeral: true }));
    c.checkpoint();
    c.harness.apply({ type: "expireSessions", sessions: [{ sessionId: session, attachment: session }] });
    c.checkpoint();
    const { machine } = c.load();
    expect(machine.counts().sessions).toBe(0);
    expect(machine.digest()).toBe(c.harness.machine.digest());
  });
});

function fill() {
  const checkpointed = new Checkpointed();
  const { harness } = checkpointed;
  const session = harness.open();
  const other = harness.open();
  harness.request(session, 1, create("/a", { data: "data" }));
  harness.request(session, 2, create("/a/s-", { sequential: true }));
  checkpointed.checkpoint();
  harness.timeMs = 4000;
  harness.request(session, 3, create("/a/s-", { sequential: true }), 1);
  harness.request(session, 4, set("/missing", "x"), 1);
  harness.request(other, 1, create("/e", { ephemeral: true }));
  harness.apply({ type: "attachSession", sessionId: other, password: password(2), timeoutMs: 9000, holder: 0 }, 3, 77);
  checkpointed.checkpoint();
  return { harness, session, checkpointed };
}

describe("a checkpoint that takes several steps", () => {
  it("holds the state with which it began, whatever happens to the znodes meanwhile", () => {
    for (const stepsBefore of [0, 1, 3]) {
      const c = new Checkpointed();
      const session = c.harness.open();
      c.harness.write(session, create("/p"));
      for (let i = 0; i < 40; i++) c.harness.write(session, create(`/p/n${i}`, { data: "old".repeat(10) }));
      const digest = c.harness.machine.digest();
      c.begin();
      for (let i = 0; i < stepsBefore; i++) c.checkpointer.step();
      expect(c.checkpointer.encoding).toBe(true);
      // From the end, where their turn has not come; and from the beginning, where it has.
      for (const i of [39, 0, 38, 1]) c.harness.write(session, set(`/p/n${i}`, "new"));
      for (const i of [37, 2]) c.harness.write(session, del(`/p/n${i}`));
      for (const i of [40, 41]) c.harness.write(session, create(`/p/n${i}`));
      c.harness.write(session, set("/p", "new"));
      while (c.checkpointer.encoding) c.checkpointer.step();
      expect(c.load().machine.digest()).toBe(digest);
      const later = c.harness.machine.digest();
      c.checkpoint();
      expect(c.load().machine.digest()).toBe(later);
    }
  });

  it("encodes about one segment in a step, and writes nothing before the last", () => {
    const c = new Checkpointed();
    const session = c.harness.open();
    for (let i = 0; i < 40; i++) c.harness.write(session, create(`/n${i}`, { data: "x".repeat(50) }));
    c.begin();
    let steps = 1;
    for (; c.checkpointer.encoding; steps++) {
      expect(c.disk.rows).toEqual([]);
      expect(c.checkpointer.busy).toBe(true);
      c.checkpointer.step();
    }
    expect(Math.abs(c.segments().length - steps)).toBeLessThan(2);
    expect(steps).toBeGreaterThan(5);
  });

  it("leaves nothing on the disk when another state takes the place of this one", () => {
    const c = new Checkpointed();
    const session = c.harness.open();
    for (let i = 0; i < 40; i++) c.harness.write(session, create(`/n${i}`, { data: "x".repeat(50) }));
    c.begin();
    c.checkpointer.step();
    c.checkpointer.abandon();
    expect(c.checkpointer.busy).toBe(false);
    c.harness.write(session, set("/n39", "new"));
    expect(c.disk.rows).toEqual([]);
  });
});

describe("segments", () => {
  it("do not pile up under an endless stream of sets on the same keys", () => {
    const c = new Checkpointed("immediate", { segmentBytes: 1000, cleanBytes: 2000, slackBytes: 1000 });
    const session = c.harness.open();
    for (let i = 0; i < 60; i++) c.harness.write(session, create(`/cold${i}`, { data: "x".repeat(50) }));
    for (let i = 0; i < 10; i++) c.harness.write(session, create(`/hot${i}`));
    c.checkpoint();
    let largest = 0;
    for (let i = 0; i < 2000; i++) {
      c.harness.write(session, set(`/hot${i % 10}`, `value ${i}`.repeat(3)));
      if (i % 3 === 0) c.checkpoint();
      largest = Math.max(largest, c.table.bytes);
    }
    c.checkpoint();
    const live = c.load().table.bytes;
    expect(largest).toBeLessThan(25_000);
    expect(live).toBe(c.table.bytes);
    expect(c.load().machine.digest()).toBe(c.harness.machine.digest());
    expect(c.segments()).toEqual(c.table.names().map(({ number }) => number));
  });

  it("that are damaged, missing or too many are noticed", () => {
    const c = fill().checkpointed;
    const [key = headKey] = c.disk.rows.filter((row) => row.key.length === 13).map((row) => row.key);
    const rows = c.disk.rows;
    c.disk.flip(key, 9);
    expect(() => c.load()).toThrow(/checksum of segment 1/);
    c.disk.rows = rows;
    c.disk.drop(key);
    expect(() => c.load()).toThrow(/were found/);
    c.disk.rows = rows;
    c.disk.write([{ type: "delete", key: segmentKey({ generation: 1, number: 999 }) }], () => {});
    c.load();
  });

  it("a row larger than a segment has one for itself", () => {
    const c = new Checkpointed();
    const session = c.harness.open();
    c.harness.write(session, create("/large", { data: "x".repeat(5000) }));
    c.checkpoint();
    expect(c.load().machine.digest()).toBe(c.harness.machine.digest());
  });
});

describe("a checkpoint on its way to the disk", () => {
  it("is told when it is durable, and not before", () => {
    const c = new Checkpointed("manual");
    c.harness.open();
    c.checkpoint();
    expect(c.checkpointer.busy).toBe(true);
    expect(c.durable).toEqual([]);
    c.disk.complete();
    expect(c.durable).toEqual([1]);
    expect(c.checkpointer.busy).toBe(false);
  });

  it("leaves what changes meanwhile to the next one", () => {
    const c = new Checkpointed("manual");
    const session = c.harness.open();
    c.checkpoint();
    c.harness.write(session, create("/later"));
    c.disk.complete();
    expect(c.load().machine.stat("/later")).toBeUndefined();
    c.checkpoint();
    c.disk.complete();
    expect(c.load().machine.digest()).toBe(c.harness.machine.digest());
  });

  it("that fails is fatal, once", () => {
    const c = new Checkpointed("manual");
    c.harness.open();
    c.checkpoint();
    c.disk.fail(new Error("no space left on device"));
    expect(c.failures).toMatchObject([{ code: "DISK_FAILED" }]);
    expect(c.failures[0]?.message).toContain("no space left on device");
    expect(c.durable).toEqual([]);
  });
});
