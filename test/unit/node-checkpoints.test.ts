import { describe, expect, it } from "vitest";
import { defaultCheckpointOptions } from "../../src/node/options.ts";
import { Checkpoints } from "../../src/node/snapshots/checkpoints.ts";
import { LogWriter } from "../../src/storage/log-writer.ts";
import { SegmentTable } from "../../src/storage/segment-table.ts";
import { configurationOf, TestServer } from "../paper/cluster.ts";
import { MemoryDisk } from "../support/memory-disk.ts";
import { create, Harness } from "./znode-harness.ts";

/** A follower with a log of 20 entries of which some are applied, and whose checkpoints write a row a turn. */
function follower() {
  const disk = new MemoryDisk();
  const { raft, disk: files } = new TestServer(1, [1, 2, 3], { terms: Array.from({ length: 20 }, () => 1) });
  const failed = (error: Error) => {
    throw error;
  };
  const writer = new LogWriter(
    disk,
    { hardState: files.hardState, base: { index: 0, term: 0 }, blocks: [] },
    { durable: () => {}, failed },
  );
  const harness = new Harness();
  const options = { ...defaultCheckpointOptions, logBytes: 1, segmentBytes: 1 };
  const ports = { disk, requestFlush: () => {}, fatal: failed };
  const parts = { raft, ports, writer, options, heldIndex: () => 0 };
  const checkpoints = new Checkpoints(parts, harness.machine, new SegmentTable(1));
  const session = harness.open();
  for (let i = 0; i < 10; i++) harness.write(session, create(`/n${i}`));
  checkpoints.applied(1000);
  return { disk, raft, checkpoints, applied: harness.machine.appliedIndex };
}

describe("checkpoints of a node", () => {
  it("take a turn for each segment, and are on disk after the last", () => {
    const { disk, checkpoints, applied } = follower();
    let turns = 0;
    while (checkpoints.turn()) turns++;
    expect(turns).toBeGreaterThan(10);
    expect(checkpoints.durableIndex).toBe(applied);
    expect(disk.rows.length).toBeGreaterThan(10);
  });

  it("go no further once a snapshot is on its way to the disk: the state that they are of has no future", () => {
    const { disk, raft, checkpoints, applied } = follower();
    expect(checkpoints.turn()).toBe(true);
    expect(checkpoints.encodingIndex).toBe(applied);
    expect(raft.installSnapshot({ index: 30, term: 1, configuration: configurationOf([1, 2, 3]) })).toBe(true);
    for (let turn = 0; turn < 50; turn++) expect(checkpoints.turn()).toBe(false);
    expect(disk.rows).toEqual([]);
  });
});
