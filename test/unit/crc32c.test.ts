import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { crc32c } from "../../src/base/crc32c.ts";

/** The definition: a division of polynomials, bit by bit. */
function bitByBit(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe("CRC-32C", () => {
  it("has the check value of its catalogue", () => {
    expect(crc32c(utf8("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it("has the values of RFC 3720 §B.4", () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(new Uint8Array(32).map((_, i) => i))).toBe(0x46dd794e);
  });

  it("is the same for all lengths, wherever the bytes begin", () => {
    const all = new Uint8Array(100).map((_, i) => (i * 197 + 13) & 0xff);
    for (let start = 0; start < 9; start++)
      for (let end = start; end <= all.length; end++) {
        const bytes = all.subarray(start, end);
        expect(crc32c(bytes)).toBe(bitByBit(bytes));
      }
  });
});
