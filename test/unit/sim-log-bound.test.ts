import { expect, it } from "vitest";
import { DiskThrift } from "../../sim/checkers/disk-thrift.ts";
import { LogBound } from "../../sim/checkers/log-bound.ts";
import { SegmentReader } from "../../sim/checkers/segments.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import type { World } from "../../sim/world/observer.ts";
import type { ServerView } from "../../sim/world/view.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { headKey, logBaseKey, logBlockKey } from "../../src/storage/layout.ts";
import { encodeHead } from "../../src/storage/records.ts";

/** A server that has applied up to `appliedIndex`; its checkpoints are due every 100 bytes, and `heldBytes` may stay. */
function watched(heldBytes = 0) {
  const machine = { appliedIndex: 0 };
  const node = { machine, raft: { logBase: { index: 0 } }, encodingIndex: undefined as number | undefined };
  const server = { id: 1, state: "running", wiped: false, emptied: false, node };
  // No more of a server than the checker looks at.
  const view = server as unknown as ServerView;
  const checkpoints = { logBytes: 100, tailBytes: 0, awayBytes: 0, heldBytes };
  const plan = checkPlan({ version: 1, seed: 1, config: { checkpoints, diskUs: { min: 1, typical: 1, max: 1 } } });
  const world = { plan, now: 0, allServers: [view] };
  const disk = new DiskThrift(undefined);
  const checker = new LogBound(disk, undefined);
  const reader = new SegmentReader([checker]);
  checker.begin(world as unknown as World);
  checker.started(view);
  return {
    node,
    /** Entries of 60 bytes each. */
    apply(entries: number): void {
      for (let i = 0; i < entries; i++) {
        const index = ++machine.appliedIndex;
        checker.committed(1, { kind: "command", index, term: 1, data: new Uint8Array(60) });
        checker.appliedCommand(view, index);
      }
    },
    after(us: number): void {
      world.now += us;
      checker.end();
    },
    write(batch: readonly DiskOperation[]): void {
      checker.writing(view, batch);
      disk.durable(view, batch);
      reader.durable(view, batch);
    },
    begins(batch: readonly DiskOperation[]): void {
      checker.writing(view, batch);
    },
  };
}

function head(index: number, generation = 1): DiskOperation {
  const member = { id: 1, peerAddress: "n1:1", clientAddress: "n1:2" };
  const configuration = { members: [member], voters: [1], oldVoters: [], learners: [] };
  const counts = { timeMs: 1, znodes: 1, sessions: 0, segments: 1 };
  return { type: "put", key: headKey, value: encodeHead({ generation, index, term: 1, configuration, ...counts }) };
}

/** A block of 50 bytes. */
function block(first: number): DiskOperation {
  return { type: "put", key: logBlockKey(first), value: new Uint8Array(50) };
}

const second = 1_000_000;

it("sees that a checkpoint is due and none begins", () => {
  const { apply, after } = watched();
  apply(1);
  after(60 * second);
  apply(1);
  after(2 * second);
  expect(() => after(2 * second)).toThrow("n1 has applied 120 bytes of its log behind its checkpoint of entry 0");
});

it("is content with one that begins, however long it takes, and with a snapshot in its place", () => {
  const { apply, after, begins } = watched();
  apply(2);
  begins([head(2)]);
  apply(5);
  after(60 * second);

  const encoding = watched();
  encoding.apply(2);
  encoding.node.encodingIndex = 2;
  encoding.after(60 * second);

  const replaced = watched();
  replaced.apply(2);
  replaced.node.raft.logBase.index = 3;
  replaced.after(60 * second);
});

it("counts from the checkpoint that was made, also what was applied while it was written", () => {
  const { apply, after, write } = watched();
  apply(2);
  write([head(2)]);
  after(60 * second);
  apply(1);
  after(60 * second);
  apply(1);
  expect(() => after(60 * second)).toThrow("behind its checkpoint of entry 2");
});

it("sees that the log stays though checkpoints cover it, beyond what is held for others", () => {
  const batches = [
    [block(1), block(2), block(3), block(4), block(5)],
    [head(4)],
    [block(6), head(5)],
    // What the first of these covers is four blocks; the newest was one of them, and the tail begins in another.
    [block(7), head(6)],
  ];
  const { write } = watched(99);
  for (const batch of batches.slice(0, -1)) write(batch);
  expect(() => write(batches.at(-1) ?? [])).toThrow(
    "n1 keeps 200 bytes of its log that a checkpoint of entry 4 covers",
  );
  const held = watched(100);
  for (const batch of batches) held.write(batch);
});

it("lets a snapshot take the log's place", () => {
  const { write } = watched();
  write([block(1), block(2), block(3), block(4), block(5)]);
  write([head(4)]);
  write([{ type: "put", key: logBaseKey, value: new Uint8Array(0) }, head(9, 2)]);
  write([head(10, 2)]);
  write([head(11, 2)]);
});
