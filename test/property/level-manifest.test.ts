/** LevelDB's manifest is read as it was written, whatever edits it holds; and nothing else is taken for one. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/base/bytes.ts";
import { crc32c } from "../../src/base/crc32c.ts";
import { readManifest } from "../../src/storage/level-manifest.ts";
import { markText, parseMark } from "../../src/storage/level-mark.ts";

const blockBytes = 32 * 1024;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}

const slice = (bytes: Uint8Array): number[] => [...varint(bytes.length), ...bytes];

/** A log in LevelDB's format, written as its documentation says. */
function logOf(records: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const record of records) {
    let from = 0;
    let isLast = false;
    while (!isLast) {
      const left = blockBytes - (at % blockBytes);
      if (left < 7) {
        parts.push(new Uint8Array(left));
        at += left;
        continue;
      }
      const payload = record.subarray(from, from + left - 7);
      isLast = from + payload.length === record.length;
      parts.push(fragment(payload, from === 0 ? (isLast ? 1 : 2) : isLast ? 4 : 3));
      at += 7 + payload.length;
      from += payload.length;
    }
  }
  return concatBytes(parts);
}

function fragment(payload: Uint8Array, type: number): Uint8Array {
  const body = concatBytes([new Uint8Array([type]), payload]);
  const crc = crc32c(body);
  const header = new DataView(new ArrayBuffer(6));
  header.setUint32(0, (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, true);
  header.setUint16(4, payload.length, true);
  return concatBytes([new Uint8Array(header.buffer), body]);
}

const key = fc.uint8Array({ maxLength: 40 });
const number = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 2 ** 50 }));

interface Edit {
  readonly log: number | undefined;
  readonly next: number | undefined;
  readonly added: readonly { readonly level: number; readonly number: number; readonly size: number }[];
  readonly deleted: readonly number[];
  readonly noise: Uint8Array;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  log: fc.option(number, { nil: undefined }),
  next: fc.option(number, { nil: undefined }),
  added: fc.array(fc.record({ level: fc.nat(6), number: fc.nat(30), size: number }), { maxLength: 4 }),
  deleted: fc.array(fc.nat(30), { maxLength: 3 }),
  noise: fc.oneof(
    key,
    fc.integer({ min: 32_700, max: 70_000 }).map((length) => new Uint8Array(length)),
  ),
});

describe("a manifest", () => {
  it("is read as it was written: the last numbers, and the tables that were not deleted again", () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 12 }), (edits) => {
        const tables = new Map<number, { readonly level: number; readonly size: number }>();
        let log: number | undefined;
        let next: number | undefined;
        const records = edits.map((one) => {
          const bytes: number[] = [1, ...slice(one.noise)];
          if (one.log !== undefined) bytes.push(2, ...varint(one.log), 9, 0);
          if (one.next !== undefined) bytes.push(3, ...varint(one.next), 4, ...varint(one.next));
          bytes.push(5, 1, ...slice(new Uint8Array(3)));
          log = one.log ?? log;
          next = one.next ?? next;
          for (const gone of one.deleted) {
            const table = tables.get(gone);
            if (table === undefined) continue;
            bytes.push(6, table.level, ...varint(gone));
            tables.delete(gone);
          }
          for (const { level, number: added, size } of one.added) {
            const before = tables.get(added);
            if (before !== undefined) bytes.push(6, before.level, ...varint(added));
            bytes.push(
              7,
              level,
              ...varint(added),
              ...varint(size),
              ...slice(new Uint8Array(9)),
              ...slice(new Uint8Array(2)),
            );
            tables.set(added, { level, size });
          }
          return new Uint8Array(bytes);
        });
        const read = readManifest(logOf(records));
        if (log === undefined || next === undefined) {
          expect(read).toBeUndefined();
          return;
        }
        expect(read).toEqual({
          logNumber: log,
          nextFileNumber: next,
          tables: new Map([...tables].map(([n, { size }]) => [n, size])),
        });
      }),
      { numRuns: 100 },
    );
  });

  it("that is cut or changed is read as far as it is sound, or not at all: nothing throws", () => {
    const whole = logOf([new Uint8Array([2, 5, 9, 0, 3, 7, 4, 9]), new Uint8Array([2, 6, 7, 0, 3, 9, 1, 1, 1, 2])]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cut) => {
        const changed = cut ? whole.subarray(0, at) : whole.slice();
        if (!cut) changed[at] = byte;
        const read = readManifest(changed);
        expect([undefined, 5, 6]).toContain(read?.logNumber);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        readManifest(logOf([bytes]));
      }),
    );
  });
});

describe("a mark", () => {
  it("is read as it was written, and nothing else is taken for one", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(60), fc.nat(255), (log, bytes, at, byte) => {
        const text = markText({ log, bytes });
        expect(parseMark(text)).toEqual({ log, bytes });
        const changed = [...text].map((char, i) => (i === at ? String.fromCharCode(byte) : char)).join("");
        if (changed !== text) expect(parseMark(changed)).toBeUndefined();
      }),
    );
    for (const text of ["", "log", "log 1 bytes 2 crc 0\n"]) expect(parseMark(text)).toBeUndefined();
  });
});
