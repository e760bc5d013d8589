import { describe, expect, it } from "vitest";
import { DiskThrift } from "../../sim/checkers/disk-thrift.ts";
import { SegmentReader } from "../../sim/checkers/segments.ts";
import type { ServerView } from "../../sim/world/view.ts";
import { utf8 } from "../../src/base/bytes.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { hardStateKey, headKey, logBlockKey, segmentKey } from "../../src/storage/layout.ts";
import { encodeLogBlock } from "../../src/storage/log-block.ts";
import { encodeHardState, encodeHead } from "../../src/storage/records.ts";
import { SegmentEncoder } from "../../src/storage/segment.ts";
import { Session } from "../../src/znode/sessions.ts";
import { Znode } from "../../src/znode/stat.ts";

const server = { id: 1, wiped: false, emptied: false } as ServerView;
const stats = "/zookeeper/quota/q/zookeeper_stats";

/** A row that was changed last at `mzxid`. */
function znode(path: string, mzxid: number, data = ""): Znode {
  const made = new Znode(path, utf8(data), 0, 1, 1);
  made.mzxid = mzxid;
  made.frozen = true;
  return made;
}

function session(lastRequestId: number): Session {
  const made = new Session(7, utf8("0123456789abcdef"), 5_000);
  made.lastRequestId = lastRequestId;
  made.ackedRequestId = lastRequestId;
  return made;
}

interface Rows {
  readonly znodes?: readonly Znode[];
  readonly removed?: readonly string[];
  readonly sessions?: readonly Session[];
}

/** A batch with one segment of these rows, which takes others away. */
function checkpoint(number: number, rows: Rows, gone: readonly number[] = [], generation = 1): DiskOperation[] {
  const { znodes = [], removed = [], sessions = [] } = rows;
  const removedZnodes = removed.map((path) => znode(path, 1));
  const dirty = { znodes: [...znodes], removedZnodes, sessions: [...sessions], endedSessions: [] };
  const encoder = new SegmentEncoder(
    dirty,
    1_000_000,
    () => {},
    () => {},
  );
  while (encoder.step());
  const member = { id: 1, peerAddress: "n1:1", clientAddress: "n1:2" };
  const configuration = { members: [member], voters: [1], oldVoters: [], learners: [] };
  const counts = { timeMs: 1, znodes: 1, sessions: 0, segments: 1 };
  const head = encodeHead({ generation, index: number, term: 1, configuration, ...counts });
  return [
    ...encoder
      .finish()
      .map(({ value }): DiskOperation => ({ type: "put", key: segmentKey({ generation, number }), value })),
    ...gone.map((one): DiskOperation => ({ type: "delete", key: segmentKey({ generation, number: one }) })),
    { type: "put", key: headKey, value: head },
  ];
}

function hardState(currentTerm: number): DiskOperation {
  return { type: "put", key: hardStateKey, value: encodeHardState({ currentTerm, votedFor: 1 }) };
}

function block(firstIndex: number, entries: number): DiskOperation {
  const all = Array.from({ length: entries }, (_, n) => ({ kind: "noop", index: firstIndex + n, term: 1 }) as const);
  return {
    type: "put",
    key: logBlockKey(firstIndex),
    value: encodeLogBlock({ currentTerm: 1, prevTerm: 1, entries: all }),
  };
}

/** What the checker says of these batches, one after the other. */
function judge(batches: readonly (readonly DiskOperation[])[], of = server): string {
  const thrift = new DiskThrift(undefined);
  const reader = new SegmentReader([thrift]);
  try {
    for (const batch of batches) {
      thrift.durable(of, batch);
      reader.durable(of, batch);
    }
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "";
}

describe("the thrift of the disk sees", () => {
  it("a row of a znode that is written again as it is, and lets one pass that has changed", () => {
    const first = checkpoint(1, { znodes: [znode("/a", 1), znode("/b", 1)] });
    expect(judge([first, checkpoint(2, { znodes: [znode("/a", 1)] })])).toMatch("n1 writes /a again");
    expect(judge([first, checkpoint(2, { znodes: [znode("/a", 2)] })])).toBe("");
    expect(judge([first, checkpoint(2, { znodes: [znode("/a", 1, "x")] })])).toBe("");
  });

  it("a session's, too", () => {
    const first = checkpoint(1, { sessions: [session(1)] });
    expect(judge([first, checkpoint(2, { sessions: [session(1)] })])).toMatch("n1 writes session 7 again");
    expect(judge([first, checkpoint(2, { sessions: [session(2)] })])).toBe("");
  });

  it("nothing in what the cleaning moves, only in what it moves from elsewhere", () => {
    const before = [checkpoint(1, { znodes: [znode("/a", 1)] }), checkpoint(2, { znodes: [znode("/b", 2)] })];
    expect(judge([...before, checkpoint(3, { znodes: [znode("/a", 1)] }, [1])])).toBe("");
    expect(judge([...before, checkpoint(3, { znodes: [znode("/a", 1), znode("/b", 2)] }, [1])])).toMatch("/b again");
  });

  it("a removal of what is not there", () => {
    const first = checkpoint(1, { znodes: [znode("/a", 1)] });
    expect(judge([first, checkpoint(2, { removed: ["/a"] })])).toBe("");
    expect(judge([first, checkpoint(2, { removed: ["/a"] }), checkpoint(3, { removed: ["/a"] })])).toMatch(
      "removal of /a",
    );
  });

  it("counts that are written again though nothing that they count has changed", () => {
    const first = checkpoint(1, { znodes: [znode("/q", 1), znode("/q/a", 1), znode(stats, 1, "count=2,bytes=0")] });
    const counts = znode(stats, 1, "count=2,bytes=0");
    expect(judge([first, checkpoint(2, { znodes: [counts, znode("/other", 2)] })])).toMatch(`${stats} again`);
    // One came and went: its parent tells of it.
    expect(judge([first, checkpoint(2, { znodes: [counts, znode("/q", 2)] })])).toBe("");
    expect(judge([first, checkpoint(2, { znodes: [counts], removed: ["/q/a", "/q"] })])).toBe("");
  });

  it("nothing in a snapshot, or in a segment of one that was given up", () => {
    const first = checkpoint(1, { znodes: [znode("/a", 1)] });
    expect(judge([first, checkpoint(1, { znodes: [znode("/a", 1)] }, [], 2)])).toBe("");
    const [staged] = checkpoint(1, { znodes: [znode("/b", 5)] }, [], 2);
    const givenUp = { type: "delete", key: segmentKey({ generation: 2, number: 1 }) } as const;
    const installed = checkpoint(1, { znodes: [znode("/a", 1)] }, [], 2);
    const next = checkpoint(2, { znodes: [znode("/b", 5)] }, [], 2);
    if (staged === undefined) throw new Error("a segment is staged");
    expect(judge([first, [staged], [givenUp], installed, next])).toBe("");
  });

  it("term and vote that are written again, unless they stand in for a write that came to nothing", () => {
    expect(judge([[hardState(1), block(1, 1)], [hardState(2)]])).toBe("");
    expect(judge([[hardState(1), block(1, 1)], [hardState(1)]])).toBe("");
    expect(
      judge([
        [hardState(1), block(1, 1)],
        [block(2, 1), hardState(1)],
      ]),
    ).toMatch("n1 writes its row 2 again");
  });

  it("a block of the log that is written again, and lets one pass that has lost its end", () => {
    expect(judge([[block(1, 2)], [block(1, 1), block(2, 3)]])).toBe("");
    expect(judge([[block(1, 2)], [block(1, 2), block(3, 1)]])).toMatch("the block of its log at entry 1 again");
  });

  it("nothing on a disk that lost what it had", () => {
    const again = [[block(1, 2)], [block(1, 2)]];
    expect(judge(again)).not.toBe("");
    expect(judge(again, { ...server, emptied: true })).toBe("");
  });
});
