import { describe, expect, it } from "vitest";
import { bytesEqual } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { partsOf } from "../../src/base/operation-traits.ts";
import { decodeClientFrame, decodeServerFrame, encodeServerFrame } from "../../src/protocol/client-codec.ts";
import { decodeCommand, encodeCommand, stampCommand } from "../../src/protocol/command-codec.ts";
import { decodeConfiguration } from "../../src/protocol/configuration-codec.ts";
import { decodePeerFrame } from "../../src/protocol/peer-codec.ts";
import { numberTag } from "../../src/protocol/wire.ts";
import { WireReader } from "../../src/protocol/wire-reader.ts";
import { WireWriter } from "../../src/protocol/wire-writer.ts";
import { decodeEntry, encodeEntry } from "../support/entries.ts";
import { encodeProto } from "../support/schema.ts";

const protocolError = (message: string) =>
  expect.objectContaining({ code: "PROTOCOL_ERROR", message: expect.stringContaining(message) });

function client(message: object): Uint8Array {
  return encodeProto("ClientFrame", { messages: [message] });
}

function peer(message: object): Uint8Array {
  return encodeProto("PeerFrame", { messages: [message] });
}

const noop = (index: number, term: number) => ({ index, term, kind: 0 });

describe("WireWriter", () => {
  it("keeps messages apart that share a slab", () => {
    const writer = new WireWriter();
    const messages = Array.from({ length: 2000 }, (_, i) => {
      writer.begin().bytes(1, new Uint8Array(100).fill(i & 255));
      return writer.finish();
    });
    for (const [i, message] of messages.entries()) expect(message.at(-1)).toBe(i & 255);
  });

  it("takes messages larger than a slab", () => {
    const writer = new WireWriter();
    const large = new Uint8Array(200_000).fill(7);
    const mark = writer.begin().mark();
    for (let i = 0; i < 3; i++) writer.presentBytes(2, large);
    writer.nest(1, mark);
    const bytes = writer.finish();
    const reader = new WireReader(bytes);
    reader.tag();
    reader.enter();
    for (let i = 0; i < 3; i++) {
      reader.tag();
      expect(bytesEqual(reader.bytes(), large)).toBe(true);
    }
    expect(reader.more()).toBe(false);
  });

  it("writes a part of an array as it writes a copy of that part", () => {
    const source = new Uint8Array(1000).map((_, i) => i * 7);
    for (const length of [0, 1, 100, 256, 257, 900]) {
      const parts = new WireWriter().begin();
      parts.part(3, { bytes: source, start: 50, length });
      const copies = new WireWriter().begin();
      copies.bytes(3, source.slice(50, 50 + length));
      expect(parts.finish()).toEqual(copies.finish());
    }
  });

  it("drops a message that was left unfinished", () => {
    const writer = new WireWriter();
    writer.begin().string(1, "left");
    writer.begin().uint(1, 5);
    expect(writer.finish()).toEqual(new Uint8Array([8, 5]));
  });

  it("refuses numbers that the wire cannot hold", () => {
    const writer = new WireWriter();
    for (const number of [-1, 1.5, 2 ** 53, Number.NaN]) {
      expect(() => writer.begin().uint(1, number), `${number}`).toThrow("invariant");
    }
    for (const number of [0.5, 2 ** 31, Number.NaN]) {
      expect(() => writer.begin().sint32(1, number), `${number}`).toThrow("invariant");
      expect(() => writer.begin().int32(1, number), `${number}`).toThrow("invariant");
    }
  });
});

describe("WireReader", () => {
  it("refuses numbers over 2^53 - 1", () => {
    const most = [255, 255, 255, 255, 255, 255, 255, 15];
    expect(new WireReader(new Uint8Array(most)).uint()).toBe(Number.MAX_SAFE_INTEGER);
    const over = [128, 128, 128, 128, 128, 128, 128, 16];
    expect(() => new WireReader(new Uint8Array(over)).uint()).toThrow(protocolError("2^53"));
    expect(() => new WireReader(new Uint8Array(Array(9).fill(128))).uint()).toThrow(protocolError("2^53"));
  });

  it("refuses what is cut short", () => {
    expect(() => new WireReader(new Uint8Array([200])).uint()).toThrow(protocolError("ends within a number"));
    expect(() => new WireReader(new Uint8Array([5, 1])).bytes()).toThrow(protocolError("cut short"));
    expect(() => new WireReader(new Uint8Array([9, 1])).enter()).toThrow(protocolError("cut short"));
    expect(() => new WireReader(new Uint8Array([1, 2])).skip(9)).toThrow(protocolError("cut short"));
  });

  it("refuses strings that are not UTF-8", () => {
    expect(() => new WireReader(new Uint8Array([2, 0xc3, 0x28])).string()).toThrow(protocolError("UTF-8"));
  });

  it("passes over unknown fields of every wire type, and refuses groups and field 0", () => {
    const unknown = [0x78, 150, 1, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 2, 9, 9, 0x7d, 1, 2, 3, 4];
    const bytes = new Uint8Array([...unknown, ...encodeProto("Ping", { number: 7 })]);
    const reader = new WireReader(bytes);
    let number = 0;
    while (reader.more()) {
      const tag = reader.tag();
      if (tag === numberTag(1)) number = reader.uint();
      else reader.skip(tag);
    }
    expect(number).toBe(7);
    expect(() => new WireReader(new Uint8Array([0])).skip(0x7b)).toThrow(protocolError("wire type"));
    expect(() => new WireReader(new Uint8Array([0])).skip(0)).toThrow(protocolError("no number"));
  });
});

describe("decoders refuse", () => {
  it("messages, requests, operations and commands of no kind", () => {
    expect(() => decodeClientFrame(client({}))).toThrow(protocolError("no known kind"));
    expect(() => decodePeerFrame(peer({}))).toThrow(protocolError("no known kind"));
    expect(() => decodeServerFrame(encodeProto("ServerFrame", { messages: [{}] }))).toThrow(
      protocolError("no known kind"),
    );
    expect(() => decodeClientFrame(client({ request: { xid: 1 } }))).toThrow(protocolError("a request"));
    expect(() => decodeClientFrame(client({ request: { xid: 1, write: {} } }))).toThrow(protocolError("an operation"));
    expect(() => decodeCommand(encodeProto("Command", { origin: 1 }))).toThrow(protocolError("a command"));
    expect(() => decodeCommand(encodeProto("Command", { write: { sessionId: 1 } }))).toThrow(
      protocolError("without its operation"),
    );
  });

  it("unknown kinds of reads, watches, events, entries and codes", () => {
    const beyond: number = 99;
    expect(() => decodeClientFrame(client({ request: { read: { kind: beyond, path: "/" } } }))).toThrow(
      protocolError("read kind 99 is not known"),
    );
    expect(() => decodeClientFrame(client({ setWatches: { watches: [{ kind: beyond, path: "/" }] } }))).toThrow(
      protocolError("watch kind 99 is not known"),
    );
    const event = { type: 99, path: "/", kind: 0, zxid: 1 };
    expect(() => decodeServerFrame(encodeProto("ServerFrame", { messages: [{ event }] }))).toThrow(
      protocolError("watch event type 99 is not known"),
    );
    const refused = { code: "toString", message: "" };
    expect(() => decodeServerFrame(encodeProto("ServerFrame", { messages: [{ refused }] }))).toThrow(
      protocolError("unknown code"),
    );
    expect(() => decodeEntry(encodeProto("LogEntry", { index: 1, term: 1, kind: beyond }))).toThrow(
      protocolError("entry kind 99 is not known"),
    );
  });

  it("entries without an index or term", () => {
    for (const position of [noop(0, 1), noop(1, 0)]) {
      expect(() => decodeEntry(encodeProto("LogEntry", position))).toThrow(protocolError("index or term"));
    }
  });

  it("entries of an AppendEntries that do not follow on each other", () => {
    const append = (entries: object[], term = 3) =>
      peer({ appendEntries: { term, prevLogIndex: 4, prevLogTerm: 2, entries } });
    expect(decodePeerFrame(append([noop(5, 2), noop(6, 3)]))).toHaveLength(1);
    expect(() => decodePeerFrame(append([noop(6, 2)]))).toThrow(protocolError("in the place of entry 5"));
    expect(() => decodePeerFrame(append([noop(5, 2), noop(5, 2)]))).toThrow(protocolError("in the place of entry 6"));
    expect(() => decodePeerFrame(append([noop(5, 1)]))).toThrow(protocolError("follows one of term 2"));
    expect(() => decodePeerFrame(append([noop(5, 4)]))).toThrow(protocolError("leader of term 3"));
    expect(() => decodePeerFrame(append([], 1))).toThrow(protocolError("leader of term 1"));
  });

  it("forwarded commands that nobody could apply", () => {
    const sound = encodeCommand({ type: "createSession", password: new Uint8Array(16), timeoutMs: 5, holder: 0 }, 2, 9);
    expect(decodePeerFrame(peer({ forward: { commands: [sound] } }))).toEqual([{ type: "Forward", commands: [sound] }]);
    expect(() => decodePeerFrame(peer({ forward: { commands: [sound, new Uint8Array([1, 2, 3])] } }))).toThrow(
      protocolError("malformed"),
    );
  });

  it("configurations that are none", () => {
    const member = (id: number) => ({ id, peerAddress: "p", clientAddress: "c" });
    const decode = (value: object) => decodeConfiguration(encodeProto("Configuration", value));
    expect(decode({ members: [member(2), member(1)], voters: [1, 2] }).voters).toEqual([1, 2]);
    expect(() => decode({ members: [member(1)] })).toThrow(protocolError("without voters"));
    expect(() => decode({ members: [member(0)], voters: [0] })).toThrow(protocolError("server ids"));
    expect(() => decode({ members: [member(2 ** 31)], voters: [2 ** 31] })).toThrow(protocolError("server ids"));
    expect(() => decode({ members: [member(1), member(1)], voters: [1] })).toThrow(protocolError("server ids"));
    for (const lists of [{ voters: [2] }, { voters: [1], learners: [2] }, { voters: [1], oldVoters: [1, 1] }]) {
      expect(() => decode({ members: [member(1)], ...lists })).toThrow(protocolError("not sorted ids"));
    }
    expect(() => decodeConfiguration(new Uint8Array([10, 5]))).toThrow(protocolError("cut short"));
  });
});

describe("codecs", () => {
  it("give data as views, not copies", () => {
    const data = new Uint8Array([1, 2, 3]);
    const bytes = encodeEntry({ kind: "command", index: 1, term: 1, data });
    const entry = decodeEntry(bytes);
    if (entry.kind !== "command") throw new Error("the kind was lost");
    expect(entry.data).toEqual(data);
    expect(entry.data.buffer).toBe(bytes.buffer);
  });

  it("give plain arrays out of a Buffer: a Buffer's slice would not copy", () => {
    const command = encodeCommand(
      { type: "createSession", password: new Uint8Array([1, 2]), timeoutMs: 5, holder: 0 },
      1,
      1,
    );
    const { body } = decodeCommand(Buffer.from(command));
    if (body.type !== "createSession") throw new Error("the kind was lost");
    expect(body.password.constructor).toBe(Uint8Array);
    expect(body.password).toEqual(new Uint8Array([1, 2]));
  });

  it("refuse an entry with a field that they do not know: it would be lost on its way", () => {
    const bytes = encodeEntry({ kind: "noop", index: 6, term: 2 });
    expect(decodeEntry(bytes)).toEqual({ kind: "noop", index: 6, term: 2 });
    expect(() => decodeEntry(new Uint8Array([...bytes, 120, 1]))).toThrow(protocolError("not known"));
  });

  it("let the leader's stamp win over a time that came with the command", () => {
    const command = encodeCommand({ type: "expireSessions", sessions: [] }, 1, 1);
    expect(decodeCommand(stampCommand(stampCommand(command, 5), 1_753_000_000_000)).timeMs).toBe(1_753_000_000_000);
  });

  it("tell empty data, children and paths from absent ones", () => {
    const results = [{}, { data: new Uint8Array(0) }, { children: [] }, { path: "" }];
    const replies = results.map((result, xid) => ({ type: "reply" as const, xid, zxid: 1, result }));
    const read = decodeServerFrame(encodeServerFrame(replies));
    expect(read.map((message) => (message.type === "reply" ? Object.keys(message.result) : []))).toEqual([
      [],
      ["data"],
      ["children"],
      ["path"],
    ]);
  });

  it("read of a multi, and of a multiRead, one part more than is allowed, however many there are", () => {
    const many = Array.from({ length: 100_000 }, () => ({}));
    const request = (body: object) => client({ request: { xid: 1, requestId: 1, ackedRequestId: 0, ...body } });
    const [write] = decodeClientFrame(request({ write: { multi: { parts: many } } }));
    if (write?.type !== "request" || write.body.type !== "write") throw new Error("no write");
    const { operation } = write.body;
    expect(partsOf(operation)).toHaveLength(limits.multiPartsMax + 1);
    const [read] = decodeClientFrame(request({ read: { kind: 4, local: true, parts: many } }));
    if (read?.type !== "request" || read.body.type !== "read") throw new Error("no read");
    expect(read.body.read).toMatchObject({ kind: "multiRead", local: true });
    expect(read.body.read.parts).toHaveLength(limits.multiPartsMax + 1);
    // What is left is what goes through the log.
    const command = encodeCommand(
      { type: "write", sessionId: 1, attachment: 1, requestId: 1, ackedRequestId: 0, operation },
      1,
      1,
    );
    expect(command.length).toBeLessThan(4 * limits.multiPartsMax);
    expect(decodeCommand(command).body).toMatchObject({ operation });
  });

  it("read nothing from an empty frame", () => {
    expect(decodePeerFrame(new Uint8Array(0))).toEqual([]);
    expect(decodeClientFrame(new Uint8Array(0))).toEqual([]);
    expect(decodeServerFrame(new Uint8Array(0))).toEqual([]);
  });
});
