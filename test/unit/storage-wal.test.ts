import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/base/bytes.ts";
import { crc32c } from "../../src/base/crc32c.ts";
import { findWalDamage } from "../../src/storage/level-wal.ts";

const FULL = 1;
const FIRST = 2;
const LAST = 4;

/** A record as LevelDB writes it. */
function record(type: number, payload: Uint8Array): Uint8Array {
  const body = concatBytes([new Uint8Array([type]), payload]);
  const crc = crc32c(body);
  const head = new DataView(new ArrayBuffer(6));
  head.setUint32(0, (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, true);
  head.setUint16(4, payload.length, true);
  return concatBytes([new Uint8Array(head.buffer), body]);
}

const full = (bytes: number) => record(FULL, new Uint8Array(bytes).fill(bytes & 255));

/** One batch over two blocks, from the start of a file, then a small one. */
const overTwoBlocks = [record(FIRST, new Uint8Array(32 * 1024 - 7)), record(LAST, new Uint8Array(100)), full(9)];

function flipped(bytes: Uint8Array, offset: number): Uint8Array {
  const copy = bytes.slice();
  copy[offset] = (copy[offset] ?? 0) ^ 4;
  return copy;
}

describe("findWalDamage", () => {
  it("finds none in a sound log", () => {
    expect(findWalDamage([])).toBeUndefined();
    expect(findWalDamage([new Uint8Array(0)])).toBeUndefined();
    expect(findWalDamage([concatBytes([full(3), full(0), full(300)])])).toBeUndefined();
    expect(findWalDamage([concatBytes(overTwoBlocks), full(3)])).toBeUndefined();
  });

  it("skips the empty end of a block, too short for a header", () => {
    const first = full(32 * 1024 - 7 - 7 - 3);
    const log = concatBytes([first, record(FULL, new Uint8Array(0)), new Uint8Array(3), full(5), full(6)]);
    expect(findWalDamage([log])).toBeUndefined();
    expect(findWalDamage([flipped(log, 32 * 1024 + 8)])).toEqual({ file: 0, offset: 32 * 1024 });
  });

  it("takes a torn or damaged end for a torn batch", () => {
    const log = concatBytes([full(10), full(2000)]);
    for (let length = 0; length <= log.length; length += 7) {
      expect(findWalDamage([log.subarray(0, length)]), `${length} bytes`).toBeUndefined();
    }
    expect(findWalDamage([flipped(log, 500)])).toBeUndefined();
    expect(findWalDamage([concatBytes([log, new Uint8Array(40_000)])])).toBeUndefined();
  });

  it("finds every flipped byte that a batch follows", () => {
    const log = concatBytes([full(10), full(40), full(5)]);
    for (let offset = 0; offset < 17 + 47; offset++) {
      const start = offset < 17 ? 0 : 17;
      expect(findWalDamage([flipped(log, offset)]), `offset ${offset}`).toEqual({ file: 0, offset: start });
    }
  });

  it("tells the sound end of a torn batch from the next batch", () => {
    const torn = flipped(concatBytes(overTwoBlocks.slice(0, 2)), 5000);
    expect(findWalDamage([torn])).toBeUndefined();
    expect(findWalDamage([flipped(concatBytes(overTwoBlocks), 5000)])).toEqual({ file: 0, offset: 0 });
  });

  it("finds a hole, and a cut end of a log that another one follows", () => {
    const zeroed = concatBytes([full(10), new Uint8Array(32 * 1024 - 17), full(5)]);
    expect(findWalDamage([zeroed])).toEqual({ file: 0, offset: 17 });
    const cut = concatBytes([full(10), full(40)]).subarray(0, 20);
    expect(findWalDamage([cut, full(5)])).toEqual({ file: 0, offset: 17 });
    expect(findWalDamage([cut, new Uint8Array(0)])).toBeUndefined();
  });
});
