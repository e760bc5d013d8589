import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/base/bytes.ts";
import { BackupReader, type BackupSummary, BackupWriter } from "../../src/protocol/backup-file.ts";

const summary: BackupSummary = {
  clusterId: "cluster-1",
  serverId: 3,
  takenMs: 1_700_000_000_000,
  index: 12_345,
  term: 6,
  timeMs: 1_699_999_999_999,
  znodes: 40,
  sessions: 2,
  segments: 2,
};

const member = { id: 1, peerAddress: "a:1", clientAddress: "a:2" };
const configuration = { members: [member], voters: [1], oldVoters: [], learners: [] };

function file(
  segments: readonly [number, Uint8Array][] = [
    [3, new Uint8Array(700).fill(1)],
    [8, new Uint8Array(5)],
  ],
) {
  const writer = new BackupWriter();
  const parts = [writer.header({ ...summary, segments: segments.length }, 7, configuration)];
  for (const [number, value] of segments) parts.push(writer.segment(number, value));
  parts.push(writer.trailer());
  return concatBytes(parts);
}

function read(bytes: Uint8Array, pieceBytes = bytes.length) {
  const segments: [number, number][] = [];
  const headers: BackupSummary[] = [];
  const reader = new BackupReader({
    header: (header) => headers.push(header),
    segment: (number, value) => segments.push([number, value.length]),
  });
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  const end = reader.end();
  expect(headers).toEqual([end]);
  return { end, segments, bytes: reader.bytes };
}

describe("a backup file", () => {
  it("comes back as it was, in pieces of any size", () => {
    const bytes = file();
    for (const size of [1, 7, 20, 21, 100, bytes.length])
      expect(read(bytes, size)).toEqual({
        end: summary,
        segments: [
          [3, 700],
          [8, 5],
        ],
        bytes: bytes.length,
      });
  });

  it("may hold no segment at all", () => {
    expect(read(file([])).end.segments).toBe(0);
  });

  it("is refused when it is cut, wherever", () => {
    const bytes = file();
    for (let length = 0; length < bytes.length; length++)
      expect(() => read(bytes.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: "BACKUP_UNUSABLE" }),
      );
  });

  it("is refused when a bit is turned, wherever", () => {
    const bytes = file();
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      expect(() => read(flipped), `byte ${at}`).toThrow(expect.objectContaining({ code: "BACKUP_UNUSABLE" }));
    }
  });

  it("is refused when a part of it is missing, twice there, or follows its end", () => {
    const writer = new BackupWriter();
    const header = writer.header(summary, 1, configuration);
    const one = writer.segment(1, new Uint8Array(3));
    const two = writer.segment(2, new Uint8Array(3));
    const end = writer.trailer();
    const joined =
      (...parts: Uint8Array[]) =>
      () =>
        read(concatBytes(parts));
    expect(joined(header, one, two, end)).not.toThrow();
    expect(joined(header, one, end)).toThrow(/parts of it are missing/);
    expect(joined(header, one, one, end)).toThrow(/out of order/);
    expect(joined(header, two, one, end)).toThrow(/out of order/);
    expect(joined(header, one, two, end, new Uint8Array(1))).toThrow(/follows the end/);
    expect(joined(header, header.subarray(20), one, two, end)).toThrow(/not where it should be/);
    expect(joined(header, one, two)).toThrow(/cut short/);
  });

  it("of another version, or of another program, says so", () => {
    const bytes = file();
    bytes[19] = 2;
    expect(() => read(bytes)).toThrow(/version 2, and this version of Terrarium knows version 1/);
    expect(() => read(new Uint8Array(100).fill(80))).toThrow(/no backup of Terrarium/);
    expect(() => read(new Uint8Array())).toThrow(/empty/);
  });
});
