import { describe, expect, it } from "vitest";
import { bytesEqual, shortLivedCopy } from "../../src/base/bytes.ts";

/** Lengths on both sides of where a copy lies within the array, in a slab, or in memory of its own. */
const lengths = [0, 1, 63, 64, 65, 100, 2047, 2048, 2049, 100_000];

describe("a copy that is soon gone", () => {
  it("has the bytes, whatever happens to those that it was made of", () => {
    for (const length of lengths) {
      const bytes = Uint8Array.from({ length: length + 7 }, (_, i) => i % 251);
      const [whole, part] = [shortLivedCopy(bytes), shortLivedCopy(bytes, 3, length)];
      const [wholeWas, partWas] = [bytes.slice(), bytes.slice(3, 3 + length)];
      bytes.fill(255);
      expect(bytesEqual(whole, wholeWas), `${length} bytes`).toBe(true);
      expect(bytesEqual(part, partWas), `${length} bytes from 3`).toBe(true);
    }
  });

  it("shares its bytes with no other", () => {
    const copies = Array.from({ length: 2_000 }, (_, n) => {
      const length = 60 + (n % 200);
      return { copy: shortLivedCopy(new Uint8Array(length).fill(n % 256)), n, length };
    });
    for (const { copy, n, length } of copies)
      expect(bytesEqual(copy, new Uint8Array(length).fill(n % 256)), `copy ${n}`).toBe(true);
  });

  it("is a plain array, of a Buffer too", () => {
    for (const length of lengths) expect(shortLivedCopy(Buffer.alloc(length)).constructor).toBe(Uint8Array);
  });
});
