/** A checkpoint at i, with the log behind it, equals a replay up to the end; whatever happened before and in between. */
import fc from "fast-check";
import { describe, it } from "vitest";
import { assert } from "../../src/base/assert.ts";
import type { Operation } from "../../src/base/operations.ts";
import type { Configuration } from "../../src/raft/types.ts";
import { CheckpointLoader } from "../../src/storage/checkpoint-loader.ts";
import { Checkpointer } from "../../src/storage/checkpointer.ts";
import { segmentName } from "../../src/storage/layout.ts";
import { decodeHead } from "../../src/storage/records.ts";
import { SegmentTable } from "../../src/storage/segment-table.ts";
import type { Command, CommandBody } from "../../src/znode/commands.ts";
import { ZnodeMachine } from "../../src/znode/machine.ts";
import { MemoryDisk } from "../support/memory-disk.ts";

/** With a step to go: it is not shown, so that the state is what the tests apply, and nothing else. */
const configuration: Configuration = {
  members: [{ id: 1, peerAddress: "p:1", clientAddress: "c:1" }],
  voters: [1],
  oldVoters: [1],
  learners: [],
};

/** "checkpoint" begins one, or goes on with one that takes several turns. */
type Step = { readonly body: (machine: ZnodeMachine) => CommandBody } | "checkpoint" | "restart";

const name = fc.constantFrom("/a", "/b", "/a/x", "/a/y", "/b/z");
const bytes = fc.uint8Array({ maxLength: 20 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    op: fc.constant("create" as const),
    path: name,
    data: bytes,
    ephemeral: fc.boolean(),
    sequential: fc.boolean(),
  }),
  fc.record({ op: fc.constant("delete" as const), path: name, version: fc.constantFrom(-1, 0) }),
  fc.record({ op: fc.constant("setData" as const), path: name, data: bytes, version: fc.constantFrom(-1, 0, 1) }),
);

/** The nth live session, or one that never was. */
function nth(machine: ZnodeMachine, n: number): { id: number; attachment: number; lastRequestId: number } {
  return [...machine.sessions()][n] ?? { id: 9999, attachment: 9999, lastRequestId: 0 };
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.constant("checkpoint" as const) },
  { weight: 1, arbitrary: fc.constant("restart" as const) },
  {
    weight: 2,
    arbitrary: fc.uint8Array({ minLength: 2, maxLength: 2 }).map((password) => ({
      body: () => ({ type: "createSession", password, timeoutMs: 4000, holder: 0 }) as const,
    })),
  },
  {
    weight: 12,
    arbitrary: fc
      .record({
        n: fc.constantFrom(0, 0, 0, 1, 2),
        ahead: fc.constantFrom(1, 1, 1, 1, 1, 0, 2),
        unacked: fc.nat(3),
        operation,
      })
      .map((w) => ({
        body: (machine: ZnodeMachine) => {
          const { id, attachment, lastRequestId } = nth(machine, w.n);
          const requestId = lastRequestId + w.ahead;
          const ackedRequestId = Math.max(0, requestId - 1 - w.unacked);
          return {
            type: "write",
            sessionId: id,
            attachment,
            requestId,
            ackedRequestId,
            operation: w.operation,
          } as const;
        },
      })),
  },
  {
    weight: 1,
    arbitrary: fc.nat(2).map((n) => ({
      body: (machine: ZnodeMachine) => {
        const { id, attachment } = nth(machine, n);
        return { type: "expireSessions", sessions: [{ sessionId: id, attachment }] } as const;
      },
    })),
  },
);

/** What a start would find on the disk: the head, if there is one, sorts before the segments. */
function reload(disk: MemoryDisk) {
  const [head, ...segments] = disk.rows;
  if (head === undefined) return { machine: new ZnodeMachine(), table: new SegmentTable(1) };
  const loader = new CheckpointLoader(1);
  for (const { key, value } of segments) loader.add(segmentName(key)?.number ?? 0, value);
  return loader.finish(decodeHead(head.value));
}

describe("checkpoints", () => {
  it("and the log behind them are the state", () => {
    const sizes = {
      segmentBytes: fc.constantFrom(1, 80, 1000),
      cleanBytes: fc.constantFrom(1, 500),
      slackBytes: fc.constantFrom(0, 300),
    };
    fc.assert(
      fc.property(fc.record(sizes), fc.array(step, { maxLength: 120, size: "max" }), (options, steps) => {
        const replay = new ZnodeMachine();
        const disk = new MemoryDisk();
        const log: Command[] = [];
        let { machine, table } = reload(disk);
        const writer = () =>
          new Checkpointer(disk, machine, table, options, {
            durable: () => {},
            swept: () => {},
            failed: (error) => {
              throw error;
            },
          });
        let checkpointer = writer();
        for (const one of steps) {
          if (one === "checkpoint") {
            if (checkpointer.encoding) checkpointer.step();
            else if (machine.appliedIndex > 0) {
              if (checkpointer.isWasteful) checkpointer.sweep();
              checkpointer.begin({ index: machine.appliedIndex, term: 1, configuration });
            }
          } else if (one === "restart") {
            ({ machine, table } = reload(disk));
            checkpointer = writer();
            while (machine.appliedIndex < log.length) {
              const command = log[machine.appliedIndex];
              assert(command !== undefined, "a command of the log");
              machine.apply(machine.appliedIndex + 1, command);
            }
            machine.assertSound();
            assert(machine.digest() === replay.digest(), "the digest after a restart is that of the replay");
          } else {
            const command = { timeMs: 1000 + log.length, origin: 1, proposal: log.length, body: one.body(replay) };
            log.push(command);
            replay.apply(log.length, command);
            machine.apply(log.length, command);
          }
        }
        assert(machine.digest() === replay.digest(), "the digest at the end is that of the replay");
      }),
      { numRuns: 300 },
    );
  });
});
