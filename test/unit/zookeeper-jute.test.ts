import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Conversation } from "../../src/zookeeper/conversation.ts";
import { FrameSplitter, frameBytesMax } from "../../src/zookeeper/frames.ts";
import {
  bool,
  buffer,
  type Codec,
  encode,
  id,
  int,
  JuteError,
  JuteReader,
  JuteWriter,
  long,
  ustring,
  vector,
} from "../../src/zookeeper/jute.ts";
import {
  acl,
  connectRequest,
  connectResponse,
  replies,
  replyHeader,
  requestHeader,
  requests,
  stat,
  watcherEvent,
} from "../../src/zookeeper/records.ts";

const anInt = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const aLong = fc.maxSafeInteger();
const anId = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 40 });
const anAcl = fc.record({ perms: anInt, scheme: text, id: text });
const aStat = fc.record({
  ...{ czxid: aLong, mzxid: aLong, ctime: aLong, mtime: aLong, version: anInt, cversion: anInt, aversion: anInt },
  ...{ ephemeralOwner: aLong, dataLength: anInt, numChildren: anInt, pzxid: aLong },
});

function both<T>(codec: Codec<T>, values: fc.Arbitrary<T>): { codec: Codec<unknown>; values: fc.Arbitrary<unknown> } {
  return { codec: codec as Codec<unknown>, values };
}

const create = { path: text, data: bytes, acls: fc.array(anAcl, { maxLength: 4 }), flags: anInt };
const codecs = {
  int: both(int, anInt),
  long: both(long, aLong),
  id: both(id, anId),
  bool: both(bool, fc.boolean()),
  buffer: both(buffer, bytes),
  ustring: both(ustring, text),
  vector: both(vector(ustring), fc.array(text)),
  connectRequest: both(
    connectRequest,
    fc.record({ protocolVersion: anInt, lastZxidSeen: aLong, timeOut: anInt, sessionId: anId, passwd: bytes }),
  ),
  connectResponse: both(
    connectResponse,
    fc.record({ protocolVersion: anInt, timeOut: anInt, sessionId: anId, passwd: bytes }),
  ),
  requestHeader: both(requestHeader, fc.record({ xid: anInt, opcode: anInt })),
  replyHeader: both(replyHeader, fc.record({ xid: anInt, zxid: aLong, err: anInt })),
  watcherEvent: both(watcherEvent, fc.record({ type: anInt, state: anInt, path: text })),
  stat: both(stat, aStat),
  acl: both(acl, anAcl),
  create: both(requests.create, fc.record(create)),
  createTtl: both(requests.createTtl, fc.record({ ...create, ttlMs: aLong })),
  delete: both(requests.delete, fc.record({ path: text, version: anInt })),
  read: both(requests.read, fc.record({ path: text, watch: fc.boolean() })),
  setData: both(requests.setData, fc.record({ path: text, data: bytes, version: anInt })),
  path: both(requests.path, fc.record({ path: text })),
  setAcl: both(requests.setAcl, fc.record({ path: text, acls: fc.array(anAcl), version: anInt })),
  watch: both(requests.watch, fc.record({ path: text, type: anInt })),
  auth: both(requests.auth, fc.record({ type: anInt, scheme: text, auth: bytes })),
  setWatches: both(
    requests.setWatches,
    fc.record({ relativeZxid: aLong, data: fc.array(text), exist: fc.array(text), child: fc.array(text) }),
  ),
  reconfig: both(requests.reconfig, fc.record({ joining: text, leaving: text, newMembers: text, configId: aLong })),
  pathAndStat: both(replies.pathAndStat, fc.record({ path: text, stat: aStat })),
  data: both(replies.data, fc.record({ data: bytes, stat: aStat })),
  childrenAndStat: both(replies.childrenAndStat, fc.record({ children: fc.array(text), stat: aStat })),
  acls: both(replies.acls, fc.record({ acls: fc.array(anAcl), stat: aStat })),
};

/** Reads a value; a JuteError is as good as a value, anything else is not. */
function readOrRefuse(codec: Codec<unknown>, from: Uint8Array): void {
  try {
    codec.read(new JuteReader(from));
  } catch (error) {
    expect(error).toBeInstanceOf(JuteError);
  }
}

describe.each(Object.entries(codecs))("%s", (_, { codec, values }) => {
  it("reads what it wrote, to the last byte", () => {
    fc.assert(
      fc.property(values, (value) => {
        const reader = new JuteReader(encode(codec, value));
        expect(codec.read(reader)).toEqual(value);
        expect(reader.left).toBe(0);
      }),
    );
  });

  it("refuses what is cut short, and nothing worse", () => {
    fc.assert(
      fc.property(values, fc.nat(), (value, cut) => {
        const whole = encode(codec, value);
        fc.pre(whole.length > 0);
        expect(() => codec.read(new JuteReader(whole.subarray(0, cut % whole.length)))).toThrow(JuteError);
      }),
    );
  });

  it("survives any bytes, and any byte changed", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => readOrRefuse(codec, noise)));
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(255), (value, at, byte) => {
        const changed = encode(codec, value).slice();
        fc.pre(changed.length > 0);
        changed[at % changed.length] = byte;
        readOrRefuse(codec, changed);
      }),
    );
  });
});

describe("int32 lengths", () => {
  it.each([-2, -(2 ** 31), 2 ** 31 - 1])("a length of %i is refused without room being made for it", (length) => {
    for (const codec of [buffer, ustring, vector(int)]) {
      const bytes = encode(int, length);
      expect(() => codec.read(new JuteReader(bytes))).toThrow(JuteError);
    }
  });

  it("takes -1, which stands for none, as empty", () => {
    const none = encode(int, -1);
    expect(buffer.read(new JuteReader(none))).toEqual(new Uint8Array());
    expect(ustring.read(new JuteReader(none))).toBe("");
    expect(vector(int).read(new JuteReader(none))).toEqual([]);
  });

  it("takes 64-bit numbers beyond 2^53 as the nearest safe one", () => {
    expect(long.read(new JuteReader(encode(id, 2n ** 62n)))).toBe(Number.MAX_SAFE_INTEGER);
    expect(long.read(new JuteReader(encode(id, -(2n ** 62n))))).toBe(Number.MIN_SAFE_INTEGER);
  });

  it("reads malformed UTF-8 as U+FFFD", () => {
    expect(ustring.read(new JuteReader(encode(buffer, Uint8Array.of(0x2f, 0xff))))).toBe("/\ufffd");
  });
});

describe("many small items", () => {
  it("are refused by their number, before any is read, if not all can be there", () => {
    const announced = Buffer.concat([encode(int, 100), new Uint8Array(1199)]);
    expect(() => vector(acl).read(new JuteReader(announced))).toThrow("100 items are announced");
    const whole = Buffer.concat([encode(int, 100), new Uint8Array(1200)]);
    expect(vector(acl).read(new JuteReader(whole))).toHaveLength(100);
  });

  it("that are empty texts are not decoded one by one", () => {
    const decode = vi.spyOn(TextDecoder.prototype, "decode");
    const texts = vector(ustring).read(new JuteReader(Buffer.concat([encode(int, 1000), new Uint8Array(4000)])));
    expect(texts).toEqual(Array.from({ length: 1000 }, () => ""));
    expect(decode).not.toHaveBeenCalled();
    decode.mockRestore();
  });
});

it("a byte order mark is a character like others", () => {
  expect(ustring.read(new JuteReader(encode(ustring, "\ufeff/bom")))).toBe("\ufeff/bom");
});

/** A frame on the wire. */
function framed(payload: Uint8Array): Uint8Array {
  const writer = new JuteWriter();
  const start = writer.beginFrame();
  writer.bytes(payload);
  writer.endFrame(start);
  return writer.finish();
}

describe("frames", () => {
  it("come out whole however the network cuts them", () => {
    fc.assert(
      fc.property(fc.array(bytes), fc.array(fc.integer({ min: 1, max: 9 })), (payloads, cuts) => {
        const stream = Buffer.concat(payloads.map(framed));
        const splitter = new FrameSplitter();
        const got: Uint8Array[] = [];
        let at = 0;
        for (let i = 0; at < stream.length; i++) {
          const size = cuts[i % Math.max(1, cuts.length)] ?? 5;
          splitter.push(stream.subarray(at, at + size));
          at += size;
          for (let frame = splitter.next(); frame !== undefined && frame !== "refused"; frame = splitter.next())
            got.push(frame.slice());
        }
        expect(got.map((frame) => [...frame])).toEqual(payloads.map((payload) => [...payload]));
        expect(splitter.waiting).toBe(0);
      }),
    );
  });

  it.each([-1, -(2 ** 31), frameBytesMax + 1, 2 ** 31 - 1])("with a length of %i are refused", (length) => {
    const splitter = new FrameSplitter();
    splitter.push(encode(int, length));
    expect(splitter.next()).toBe("refused");
  });

  it("in pieces of one byte hold no piece, and are copied a few times at most", () => {
    const length = 100_000;
    const stream = framed(Uint8Array.from({ length }, (_, i) => i % 251));
    const typed = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
    const set = vi.spyOn(typed, "set");
    const splitter = new FrameSplitter();
    splitter.push(stream.subarray(0, 1));
    const piece = new Uint8Array(1);
    let early = 0;
    for (const byte of stream.subarray(1)) {
      if (splitter.next() !== undefined) early++;
      piece[0] = byte;
      splitter.push(piece);
    }
    let copied = 0;
    for (const [bytes] of set.mock.calls) copied += bytes.length;
    set.mockRestore();
    expect(early).toBe(0);
    expect(Buffer.compare(splitter.next() as Uint8Array, stream.subarray(4))).toBe(0);
    expect(copied).toBeLessThan(3 * length);
  });

  it("that were given out stay as they are when more comes", () => {
    const splitter = new FrameSplitter();
    const stream = Buffer.concat([framed(Uint8Array.of(1, 2, 3)), framed(Uint8Array.of(4, 5, 6))]);
    splitter.push(stream.subarray(0, 2));
    splitter.push(stream.subarray(2, 9));
    const first = splitter.next();
    for (let at = 9; at < stream.length; at++) splitter.push(stream.subarray(at, at + 1));
    expect(splitter.next()).toEqual(Uint8Array.of(4, 5, 6));
    expect(first).toEqual(Uint8Array.of(1, 2, 3));
  });

  it("of the largest length are taken", () => {
    const splitter = new FrameSplitter();
    splitter.push(framed(new Uint8Array(frameBytesMax)));
    expect(splitter.next()).toHaveLength(frameBytesMax);
  });
});

describe("any frame at all", () => {
  const frame = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc
      .tuple(
        fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 100, 101, 105, 106, 107, -11, 77),
        bytes,
      )
      .map(([opcode, body]) => Buffer.concat([encode(requestHeader, { xid: 1, opcode }), body])),
  );

  it("is taken up, or ends the conversation; nothing else", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 20 }), (frames) => {
        const conversation = new Conversation({ appliedIndex: () => 10 });
        const passwd = new Uint8Array(16);
        const connect = { protocolVersion: 0, lastZxidSeen: 0, timeOut: 1000, sessionId: 0n, passwd };
        conversation.hear(encode(connectRequest, connect));
        const connected = { type: "connected", sessionId: 5, password: passwd, timeoutMs: 1000, serverId: 1 } as const;
        conversation.tell([{ ...connected, lastRequestId: 0, zxid: 5, clusterId: "c", instance: 0 }], new JuteWriter());
        let requestId = 0;
        let xid = 0;
        for (const one of frames) {
          if (!conversation.hears) break;
          const heard = conversation.hear(one);
          if ("end" in heard) break;
          for (const message of "messages" in heard ? heard.messages : conversation.reconfigured(-123)) {
            if (message.type !== "request") continue;
            // What the node wants of a client: numbers without gaps.
            expect(message.xid).toBe(++xid);
            if (message.body.type !== "read") expect(message.requestId).toBe(++requestId);
            const writer = new JuteWriter();
            conversation.tell([{ type: "reply", xid, zxid: 10, result: {} }], writer);
            expect(writer.length).toBeGreaterThanOrEqual(20);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});
