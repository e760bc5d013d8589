import { beforeEach, describe, expect, it, vi } from "vitest";
import { present } from "../../src/base/assert.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import type { Result } from "../../src/base/operations.ts";
import type { WatchKind } from "../../src/base/reads.ts";
import { digestOf } from "../../src/doors/identities.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import { Conversation } from "../../src/zookeeper/conversation.ts";
import { FrameSplitter } from "../../src/zookeeper/frames.ts";
import { type Codec, encode, JuteReader, JuteWriter } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import {
  connectRequest,
  multiHeader,
  replyHeader,
  requestHeader,
  requests,
  watcherEvent,
} from "../../src/zookeeper/records.ts";

const passwd = new Uint8Array(16);
let conversation: Conversation;

beforeEach(() => {
  conversation = new Conversation({ appliedIndex: () => 100 });
  const connect = { protocolVersion: 0, lastZxidSeen: 0, timeOut: 1000, sessionId: 0n, passwd };
  conversation.hear(encode(connectRequest, connect));
  const connected = { type: "connected", sessionId: 5, password: passwd, timeoutMs: 1000, serverId: 1 } as const;
  told({ ...connected, lastRequestId: 0, zxid: 5, clusterId: "c", instance: 0 });
});

/** Readers of the frames that messages of the node become. */
function told(...messages: ServerMessage[]): JuteReader[] {
  const writer = new JuteWriter();
  expect(conversation.tell(messages, writer)).toBeUndefined();
  const frames = new FrameSplitter();
  frames.push(writer.finish());
  const readers: JuteReader[] = [];
  for (let frame = frames.next(); frame instanceof Uint8Array; frame = frames.next())
    readers.push(new JuteReader(frame));
  return readers;
}

/** The error that a request is answered with when the node answers `result` to what becomes of it. */
function errorOf<T>(operation: number, codec: Codec<T>, body: T, result: Result): number | undefined {
  conversation.hear(Buffer.concat([encode(requestHeader, { xid: 1, opcode: operation }), encode(codec, body)]));
  const [reader] = told({ type: "reply", xid: 1, zxid: 100, result });
  return reader === undefined ? undefined : replyHeader.read(reader).err;
}

describe("events", () => {
  /** Types of the events that the client is told of when watches of `kinds` at one znode have to look again. */
  function resynced(...kinds: WatchKind[]): number[] {
    const messages = kinds.map(
      (kind) => ({ type: "event", event: { type: "resync", kind, path: "/a", zxid: 100 } }) as const,
    );
    return told(...messages).map((reader) => {
      replyHeader.read(reader);
      return watcherEvent.read(reader).type;
    });
  }

  it("of a data and of a child watch that have to look again are two: each disarms only its own", () => {
    expect(resynced("data", "children")).toEqual([3, 4]);
  });

  it("that would be the same on the wire are told once", () => {
    expect(resynced("data", "data", "children")).toEqual([3, 4]);
  });

  it("of two changes of one entry are two, each told once however many watches it fires", () => {
    const changed = (kind: WatchKind) =>
      ({ type: "event", event: { type: "dataChanged", kind, path: "/a", zxid: 100 } }) as const;
    expect(told(changed("data"), changed("persistent"), changed("recursive"))).toHaveLength(1);
    expect(told(changed("persistent"), changed("recursive"), changed("persistent"))).toHaveLength(2);
  });

  it("of what the client may not read are kept from it", () => {
    const event = { type: "created", kind: "exist", path: "/a", zxid: 100 } as const;
    expect(told({ type: "event", event: { ...event, unreadable: true } })).toEqual([]);
    expect(told({ type: "event", event })).toHaveLength(1);
  });
});

/** What a frame comes to. */
function heard(xid: number, operation: number, body: Uint8Array = new Uint8Array()): ReturnType<Conversation["hear"]> {
  return conversation.hear(Buffer.concat([encode(requestHeader, { xid, opcode: operation }), body]));
}

function setWatches(...data: string[]): Uint8Array {
  return encode(requests.setWatches, { relativeZxid: 7, data, exist: [], child: [] });
}

describe("setWatches", () => {
  it("is answered in its turn", () => {
    const write = { path: "/a", data: new Uint8Array(1), version: -1 };
    const frames = [
      heard(1, opcode.setData, encode(requests.setData, write)),
      heard(-8, opcode.setWatches, setWatches("/a")),
      heard(2, opcode.exists, encode(requests.read, { path: "/a", watch: false })),
    ];
    const messages = frames.flatMap((frame) => ("messages" in frame ? frame.messages : []));
    expect(messages.map(({ type }) => type)).toEqual(["request", "setWatches", "request", "request"]);
    const replies = [1, 2, 3].map((xid) => ({ type: "reply", xid, zxid: 100 + xid, result: {} }) as const);
    const headers = told(...replies).map((reader) => replyHeader.read(reader));
    expect(headers).toEqual([
      { xid: 1, zxid: 101, err: 0 },
      { xid: -8, zxid: 102, err: 0 },
      { xid: 2, zxid: 103, err: 0 },
    ]);
  });

  it("counts as a request without an answer", () => {
    let frames = 0;
    for (; conversation.hears && frames < 2000; frames++) heard(-8, opcode.setWatches, setWatches("/a"));
    expect(frames).toBe(limits.outstandingRequestsMax / 2);
    told({ type: "reply", xid: 1, zxid: 100, result: {} });
    expect(conversation.hears).toBe(true);
  });

  it("of too many paths ends the connection, before one of them is decoded", () => {
    const body = setWatches(...Array.from({ length: limits.setWatchesMax + 1 }, () => "/a"));
    const decode = vi.spyOn(TextDecoder.prototype, "decode");
    expect(heard(-8, opcode.setWatches, body)).toEqual({ end: "overloaded" });
    expect(decode).not.toHaveBeenCalled();
    decode.mockRestore();
  });
});

it("pings without an answer are bounded", () => {
  let pings = 0;
  for (; conversation.hears && pings < 2000; pings++) heard(-2, opcode.ping);
  expect(pings).toBe(limits.outstandingRequestsMax / 2);
  told({ type: "pong", number: 1, quorum: true });
  expect(conversation.hears).toBe(true);
});

describe("errors that are ZooKeeper's", () => {
  const malformed: Result = { failure: { code: "BAD_ARGUMENTS", message: "" } };

  it("exists of a path with a NUL is BADARGUMENTS; getData, which does not look, finds nothing", () => {
    const request = { path: "/a\0b", watch: false };
    expect(errorOf(opcode.exists, requests.read, request, malformed)).toBe(-8);
    expect(errorOf(opcode.getData, requests.read, request, malformed)).toBe(-101);
  });

  it("what a list forbids is NOAUTH, and a list that is none INVALIDACL", () => {
    const request = { path: "/zookeeper/config", data: new Uint8Array(1), version: -1 };
    const refused = (code: "NO_AUTH" | "INVALID_ACL") => ({ failure: { code, message: "" } });
    expect(errorOf(opcode.setData, requests.setData, request, refused("NO_AUTH"))).toBe(-102);
    const acls = { path: "/a", acls: [], version: -1 };
    expect(errorOf(opcode.setAcl, requests.setAcl, acls, refused("INVALID_ACL"))).toBe(-114);
  });
});

it("a multi of too many parts is refused here, and its parts go nowhere", () => {
  const header = { type: opcode.check, done: false, err: -1 };
  const check = Buffer.concat([encode(multiHeader, header), encode(requests.delete, { path: "/a", version: -1 })]);
  const multi = (parts: number): unknown => {
    const end = encode(multiHeader, { type: -1, done: true, err: -1 });
    const found = heard(1, opcode.multi, Buffer.concat([...Array.from({ length: parts }, () => check), end]));
    if (!("messages" in found)) throw new Error("it comes to no messages");
    return found.messages[0];
  };
  expect(multi(limits.multiPartsMax)).toMatchObject({ body: { type: "write", operation: { op: "multi" } } });
  told({ type: "reply", xid: 1, zxid: 100, result: {} });
  expect(multi(limits.multiPartsMax + 1)).toMatchObject({ body: { type: "read", read: { kind: "exists" } } });
  const [reader] = told({ type: "reply", xid: 2, zxid: 100, result: {} });
  expect(replyHeader.read(present(reader, "an answer")).err).toBe(-1);
});

it("a digest names the user, and hashes the whole, as ZooKeeper does", () => {
  expect(digestOf(utf8("z:z"))).toBe("z:cOgtYxFOAwKiTCMigcN2j2fFI3c=");
  expect(digestOf(utf8("bob")).split(":")[0]).toBe("bob");
});
