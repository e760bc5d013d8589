/**
 * The generated code against protobufjs, for every message of every .proto. Nothing here names a message, but the two whose
 * bytes are not in the order of the fields: a command that is stamped with its time (codec-round-trip.test.ts), and a
 * segment, which is written item by item.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { messages as mapping } from "../../scripts/proto/mapping.js";
import { TerrariumError } from "../../src/base/errors.ts";
import * as client from "../../src/protocol/generated/client.ts";
import * as disk from "../../src/protocol/generated/disk.ts";
import * as log from "../../src/protocol/generated/log.ts";
import * as raft from "../../src/protocol/generated/raft.ts";
import { WireReader } from "../../src/protocol/wire-reader.ts";
import { WireWriter } from "../../src/protocol/wire-writer.ts";
import type { Entry } from "../../src/raft/types.ts";
import { decodeEntry, encodeEntry } from "../support/entries.ts";
import { encodeProto } from "../support/schema.ts";
import { anyMessage, messageTypes } from "./schema-arbitraries.ts";

interface Codec {
  read(bytes: Uint8Array): unknown;
  write(message: unknown): Uint8Array;
}

/** A function that the generator wrote. */
function generated(name: string): (...values: unknown[]) => unknown {
  for (const module of [client, log, disk, raft]) {
    const found: unknown = (module as Record<string, unknown>)[name];
    if (typeof found === "function") return (...values) => found(...values);
  }
  throw new Error(`the generator has not written ${name}`);
}

function codecOf(name: string): Codec {
  if (name === "LogEntry") return { read: decodeEntry, write: (entry) => encodeEntry(entry as Entry) };
  const [read, write] = [generated(`read${name}`), generated(`write${name}`)];
  return {
    read: (bytes) => read(new WireReader(bytes)),
    write: (message) => {
      const writer = new WireWriter().begin();
      write(writer, message);
      return writer.finish();
    },
  };
}

/** A field that no version has, of each wire type. */
const unknownField = fc
  .tuple(
    fc.integer({ min: 1000, max: 2000 }),
    fc.constantFrom(0, 1, 2, 5),
    fc.uint8Array({ minLength: 8, maxLength: 8 }),
  )
  .map(([number, type, content]) => {
    const tag = (number << 3) | type;
    const body = {
      0: [...content.map((byte) => byte | 0x80), 1],
      1: [...content],
      2: [8, ...content],
      5: [...content.slice(4)],
    };
    return [(tag & 0x7f) | 0x80, tag >> 7, ...(body[type as 0 | 1 | 2 | 5] ?? [])];
  });

describe.each(messageTypes.map((type) => [type.name, type] as const))("%s", (name, type) => {
  const { read, write } = codecOf(name);
  const sound = anyMessage(type).map((message) => encodeProto(name, message));

  it("has the bytes that protobufjs gives it, and is read back from them", () => {
    fc.assert(
      fc.property(sound, (bytes) => {
        expect(write(read(bytes))).toEqual(bytes);
      }),
    );
  });

  it("is read the same with fields of a newer version in it, or refused where they would be lost", () => {
    fc.assert(
      fc.property(sound, unknownField, unknownField, (bytes, before, behind) => {
        const newer = new Uint8Array([...before, ...bytes, ...behind]);
        if (mapping[name]?.strict) expect(() => read(newer)).toThrow("not known");
        else expect(write(read(newer))).toEqual(bytes);
      }),
    );
  });

  it("is refused with PROTOCOL_ERROR, or read whole, when it is damaged", () => {
    const damaged = fc
      .tuple(sound, fc.nat(), fc.nat(), fc.nat(7), fc.uint8Array({ maxLength: 3 }))
      .map(([bytes, cut, place, bit, inserted]) => {
        const at = bytes.length === 0 ? 0 : place % bytes.length;
        const flipped = (bytes[at] ?? 0) ^ (1 << bit);
        const changed = Uint8Array.from([...bytes.subarray(0, at), ...inserted, flipped, ...bytes.subarray(at + 1)]);
        return changed.subarray(0, cut % (changed.length + 1));
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), (bytes) => {
        let message: unknown;
        try {
          message = read(bytes);
        } catch (error) {
          if (!(error instanceof TerrariumError)) throw error;
          expect(error.code).toBe("PROTOCOL_ERROR");
          return;
        }
        // What was read is whole: it can be written, and is the same again.
        const again = write(message);
        expect(write(read(again))).toEqual(again);
      }),
      { numRuns: 300 },
    );
  });
});

it("a segment that is written item by item is one to protobufjs", () => {
  const type = messageTypes.find(({ name }) => name === "Segment");
  if (type === undefined) throw new Error("there is no Segment");
  const pieces = mapping["Segment"]?.pieces ?? [];
  expect(pieces.toSorted()).toEqual(type.fieldsArray.map(({ name }) => name).toSorted());
  fc.assert(
    fc.property(anyMessage(type), (message) => {
      const whole = encodeProto("Segment", message);
      const segment = codecOf("Segment").read(whole) as Record<string, readonly unknown[]>;
      const writer = new WireWriter().begin();
      for (const piece of pieces) {
        const add = generated(`addSegment${piece[0]?.toUpperCase()}${piece.slice(1)}`);
        for (const item of segment[piece]?.toReversed() ?? []) add(writer, item);
      }
      const decoded = type.decode(writer.finish());
      expect(encodeProto("Segment", decoded)).toEqual(whole);
    }),
  );
});
