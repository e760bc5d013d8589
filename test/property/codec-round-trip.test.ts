import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import {
  clientMessageBytes,
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  serverMessageBytes,
} from "../../src/protocol/client-codec.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import { decodeCommand, encodeCommand, proposalOf, stampCommand } from "../../src/protocol/command-codec.ts";
import { decodeConfiguration, encodeConfiguration } from "../../src/protocol/configuration-codec.ts";
import { boundOfEntry } from "../../src/protocol/entry-codec.ts";
import { decodePeerFrame, encodePeerFrame, peerMessageBytes } from "../../src/protocol/peer-codec.ts";
import { decodeEntry, encodeEntry } from "../support/entries.ts";
import { encodeProto, schema } from "../support/schema.ts";
import {
  clientMessage,
  commandBody,
  configuration,
  entry,
  number,
  peerMessage,
  serverMessage,
} from "./codec-arbitraries.ts";

/** What protobufjs makes of our bytes, written by protobufjs. */
function throughTwin(name: string, bytes: Uint8Array): Uint8Array {
  return encodeProto(name, schema.lookupType(name).decode(bytes));
}

const origin = fc.nat(255);
const peer = peerMessage((body) => encodeCommand(body, 1, 1));

describe("round trips, by ourselves and through protobufjs", () => {
  it("command, with its time behind it", () => {
    fc.assert(
      fc.property(commandBody, origin, number, number, (body, from, proposal, timeMs) => {
        const encoded = encodeCommand(body, from, proposal);
        expect(decodeCommand(encoded)).toEqual({ timeMs: 0, origin: from, proposal, body });
        const stamped = stampCommand(encoded, timeMs);
        expect(decodeCommand(stamped)).toEqual({ timeMs, origin: from, proposal, body });
        for (const bytes of [encoded, stamped]) expect(proposalOf(bytes)).toEqual({ origin: from, proposal });
        expect(decodeCommand(throughTwin("Command", stamped))).toEqual({
          timeMs,
          origin: from,
          proposal,
          body,
        });
      }),
    );
  });

  it("log entry, within its bound", () => {
    fc.assert(
      fc.property(entry, (any) => {
        const bytes = encodeEntry(any);
        expect(bytes.length).toBeLessThanOrEqual(boundOfEntry(any));
        expect(decodeEntry(bytes)).toEqual(any);
        expect(decodeEntry(throughTwin("LogEntry", bytes))).toEqual(any);
      }),
    );
  });

  it("configuration", () => {
    fc.assert(
      fc.property(configuration, (any) => {
        expect(decodeConfiguration(encodeConfiguration(any))).toEqual(any);
      }),
    );
  });

  it("peer frame, within the size foretold", () => {
    fc.assert(
      fc.property(fc.array(peer, { maxLength: 6 }), (messages) => {
        const size = messages.reduce((sum, message) => sum + peerMessageBytes(message), 0);
        const bytes = encodePeerFrame(messages);
        expect(bytes.length).toBeLessThanOrEqual(size);
        for (const frame of [bytes, throughTwin("PeerFrame", bytes)]) {
          // The originals have their encoded form by now, as decoded ones have.
          expect(decodePeerFrame(frame)).toEqual(messages);
        }
      }),
    );
  });

  it("client frame, within the size foretold", () => {
    fc.assert(
      fc.property(fc.array(clientMessage, { maxLength: 6 }), (messages: ClientMessage[]) => {
        const size = messages.reduce((sum, message) => sum + clientMessageBytes(message), 0);
        const bytes = encodeClientFrame(messages);
        expect(bytes.length).toBeLessThanOrEqual(size);
        for (const frame of [bytes, throughTwin("ClientFrame", bytes)]) {
          expect(decodeClientFrame(frame)).toEqual(messages);
        }
      }),
    );
  });

  it("server frame, within the size foretold", () => {
    fc.assert(
      fc.property(fc.array(serverMessage, { maxLength: 6 }), (messages: ServerMessage[]) => {
        const size = messages.reduce((sum, message) => sum + serverMessageBytes(message), 0);
        const bytes = encodeServerFrame(messages);
        expect(bytes.length).toBeLessThanOrEqual(size);
        for (const frame of [bytes, throughTwin("ServerFrame", bytes)]) {
          expect(decodeServerFrame(frame)).toEqual(messages);
        }
      }),
    );
  });
});

describe("garbage", () => {
  const decoders: readonly [string, (bytes: Uint8Array) => unknown][] = [
    ["command", decodeCommand],
    ["entry", decodeEntry],
    ["configuration", decodeConfiguration],
    ["peer frame", decodePeerFrame],
    ["client frame", decodeClientFrame],
    ["server frame", decodeServerFrame],
  ];

  /** Sound bytes of any kind, damaged: cut, flipped, with something put in. */
  const damaged = fc
    .tuple(
      fc.oneof(
        fc.array(peer, { minLength: 1, maxLength: 3 }).map(encodePeerFrame),
        fc.array(clientMessage, { minLength: 1, maxLength: 3 }).map(encodeClientFrame),
        fc.array(serverMessage, { minLength: 1, maxLength: 3 }).map(encodeServerFrame),
        entry.map(encodeEntry),
        commandBody.map((body) => encodeCommand(body, 1, 1)),
      ),
      fc.nat(),
      fc.nat(),
      fc.nat(255),
      fc.uint8Array({ maxLength: 4 }),
    )
    .map(([bytes, cut, place, byte, inserted]) => {
      const at = bytes.length === 0 ? 0 : place % bytes.length;
      const changed = Uint8Array.from([...bytes.subarray(0, at), ...inserted, byte, ...bytes.subarray(at + 1)]);
      return changed.subarray(0, cut % (changed.length + 1));
    });

  for (const [name, decode] of decoders) {
    it(`given as a ${name} is refused with PROTOCOL_ERROR or read whole`, () => {
      fc.assert(
        fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), (bytes) => {
          try {
            expect(undefinedFields(decode(bytes))).toEqual([]);
          } catch (error) {
            if (!(error instanceof TerrariumError)) throw error;
            expect(error.code).toBe("PROTOCOL_ERROR");
          }
        }),
        { numRuns: 500 },
      );
    });
  }
});

/** Names of fields that are there without a value, or hold a number that is none. */
function undefinedFields(value: unknown): string[] {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    field === undefined || (typeof field === "number" && !Number.isSafeInteger(field))
      ? [name]
      : undefinedFields(field),
  );
}
