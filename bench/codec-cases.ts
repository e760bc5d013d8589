/** The messages that `npm run bench:codec` measures: those of a write and a read, of the disk, and of checkpoints. */
import type { Stat } from "../src/base/operations.ts";
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
} from "../src/protocol/client-codec.ts";
import type { ClientMessage, ServerMessage } from "../src/protocol/client-messages.ts";
import { decodeCommand, encodeCommand, stampCommand } from "../src/protocol/command-codec.ts";
import { decodePeerFrame, encodePeerFrame } from "../src/protocol/peer-codec.ts";
import type { Entry } from "../src/raft/types.ts";
import { decodeLogBlock, encodeLogBlock } from "../src/storage/log-block.ts";
import { decodeSegment, SegmentEncoder } from "../src/storage/segment.ts";
import type { CommandBody } from "../src/znode/commands.ts";
import { Znode } from "../src/znode/stat.ts";
import { decodeEntry, encodeEntry } from "../test/support/entries.ts";

export interface CodecCase {
  readonly name: string;
  readonly encode: () => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
  /** What one call does so many times: results are divided by it. */
  readonly items: number;
}

const data = new Uint8Array(100).fill(7);
const path = "/services/search/shard-0017";

const body: CommandBody = {
  type: "write",
  sessionId: 81_234_567,
  attachment: 81_234_999,
  requestId: 1234,
  ackedRequestId: 1200,
  operation: { op: "setData", path, data, version: -1 },
};
const command = stampCommand(encodeCommand(body, 2, 123_456_789), 1_764_000_000_000);

function entries(count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => ({ kind: "command", index: 90_000_000 + i, term: 41, data: command }));
}

const stat: Stat = {
  czxid: 81_234_567,
  mzxid: 90_000_000,
  pzxid: 81_234_567,
  ctime: 1_764_000_000_000,
  mtime: 1_764_000_005_000,
  version: 17,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0,
  dataLength: 100,
  numChildren: 0,
};

const append = {
  type: "AppendEntries",
  term: 41,
  prevLogIndex: 89_999_999,
  prevLogTerm: 41,
  leaderCommit: 89_999_990,
  readRound: 5_000,
  noReply: false,
} as const;

const write: ClientMessage = {
  type: "request",
  xid: 5000,
  requestId: 1234,
  ackedRequestId: 1200,
  body: { type: "write", operation: { op: "setData", path, data, version: -1 } },
};

const read: ClientMessage = {
  type: "request",
  xid: 5001,
  requestId: 0,
  ackedRequestId: 1200,
  body: { type: "read", read: { kind: "getData", path, watch: false, local: true } },
};

function peer(name: string, message: Parameters<typeof encodePeerFrame>[0][number]): CodecCase {
  return { name, encode: () => encodePeerFrame([message]), decode: decodePeerFrame, items: 1 };
}

function client(name: string, message: ClientMessage): CodecCase {
  return { name, encode: () => encodeClientFrame([message]), decode: decodeClientFrame, items: 1 };
}

function server(name: string, message: ServerMessage): CodecCase {
  return { name, encode: () => encodeServerFrame([message]), decode: decodeServerFrame, items: 1 };
}

const blockEntries = entries(16);
const segmentRows = 1000;

function segment(): Uint8Array {
  const znodes = Array.from({ length: segmentRows }, (_, i) => {
    const znode = new Znode(`${path}/${i}`, data, 0, 81_000_000 + i, 1_764_000_000_000);
    znode.version = i;
    znode.frozen = true;
    return znode;
  });
  const nothing = { removedZnodes: [], endedSessions: [], sessions: [] };
  const encoder = new SegmentEncoder(
    { ...nothing, znodes },
    2 ** 20,
    () => {},
    () => {},
  );
  while (encoder.step());
  return encoder.finish()[0]?.value ?? data;
}

/** One after another, as a table prints them. */
export const codecCases: readonly CodecCase[] = [
  client("client: request, setData of 100 bytes", write),
  client("client: request, getData", read),
  server("server: reply with a stat", { type: "reply", xid: 5000, zxid: 90_000_000, result: { stat } }),
  server("server: reply with 100 bytes and a stat", {
    type: "reply",
    xid: 5001,
    zxid: 90_000_000,
    result: { data, stat },
  }),
  server("server: watch event", {
    type: "event",
    event: { type: "dataChanged", path, zxid: 90_000_000, kind: "data" },
  }),
  peer("peer: AppendEntries, one entry", { ...append, entries: entries(1) }),
  peer("peer: AppendEntries, 16 entries", { ...append, entries: entries(16) }),
  peer("peer: AppendEntries, heartbeat", { ...append, entries: [] }),
  peer("peer: AppendEntriesReply", {
    type: "AppendEntriesReply",
    term: 41,
    success: true,
    matchIndex: 90_000_000,
    rejectedIndex: 0,
    hintIndex: 0,
    hintTerm: 0,
    readRound: 5000,
  }),
  peer("peer: ReadIndexReply", { type: "ReadIndexReply", term: 41, readId: 77_000, index: 90_000_000 }),
  peer("peer: Forward, one command", { type: "Forward", commands: [encodeCommand(body, 2, 123_456_789)] }),
  { name: "command", encode: () => encodeCommand(body, 2, 123_456_789), decode: decodeCommand, items: 1 },
  {
    name: "entry",
    encode: () => encodeEntry({ kind: "command", index: 90_000_000, term: 41, data: command }),
    decode: decodeEntry,
    items: 1,
  },
  {
    name: "log block of 16 entries, per entry",
    encode: () => encodeLogBlock({ currentTerm: 41, prevTerm: 41, entries: blockEntries }),
    decode: (bytes) => decodeLogBlock(90_000_000, bytes),
    items: blockEntries.length,
  },
  {
    name: "segment of 1000 znodes, per row",
    encode: segment,
    decode: (bytes) => decodeSegment(bytes, "the segment"),
    items: segmentRows,
  },
];
