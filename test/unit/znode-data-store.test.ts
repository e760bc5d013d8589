import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesEqual } from "../../src/base/bytes.ts";
import { DataStore, dataOf, type Holder, slabDataMax, viewOf } from "../../src/znode/data-store.ts";

function holder(bytes: Uint8Array): Holder {
  return { bytes, start: 0, length: bytes.length };
}

const sizes = [0, 1, 31, 32, 33, 100, slabDataMax - 1, slabDataMax, slabDataMax + 1, 65_536, 70_000];

describe("the store of the znodes' data", () => {
  it("keeps a copy of data of any size, however it changes", () => {
    const store = new DataStore();
    for (const before of sizes) {
      for (const after of sizes) {
        const data = new Uint8Array(before).fill(1);
        const one = holder(data);
        store.adopt(one);
        data.fill(9);
        expect(bytesEqual(dataOf(one), new Uint8Array(before).fill(1))).toBe(true);
        store.put(one, new Uint8Array(after).fill(2));
        expect(bytesEqual(dataOf(one), new Uint8Array(after).fill(2))).toBe(true);
        expect(bytesEqual(viewOf(one), dataOf(one))).toBe(true);
      }
    }
  });

  it("gives out data that later changes do not touch", () => {
    const store = new DataStore();
    for (const size of sizes) {
      const one = holder(new Uint8Array(size).fill(1));
      store.adopt(one);
      const read = dataOf(one);
      store.put(one, new Uint8Array(size).fill(2));
      expect(bytesEqual(read, new Uint8Array(size).fill(1))).toBe(true);
    }
  });

  it("uses the places of released data again", () => {
    const store = new DataStore();
    const first = holder(new Uint8Array(100));
    store.adopt(first);
    const slab = first.bytes;
    store.release(first);
    const second = holder(new Uint8Array(120));
    store.adopt(second);
    expect(second.bytes).toBe(slab);
    expect(second.start).toBe(0);
  });

  it("never mixes up what many holders have (property)", () => {
    const step = fc.record({
      holder: fc.nat(7),
      size: fc.oneof(fc.nat(40), fc.constantFrom(...sizes)),
      release: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const store = new DataStore();
        const holders = Array.from({ length: 8 }, () => holder(new Uint8Array(0)));
        const model = holders.map(() => new Uint8Array(0));
        steps.forEach(({ holder: at, size, release }, i) => {
          const one = holders[at];
          if (one === undefined) return;
          model[at] = new Uint8Array(release ? 0 : size).fill(i + 1);
          if (release) store.release(one);
          else store.put(one, new Uint8Array(size).fill(i + 1));
          holders.forEach((other, n) => {
            expect(bytesEqual(dataOf(other), model[n] ?? new Uint8Array(0))).toBe(true);
          });
          expect(store.bytes).toBe(model.reduce((sum, { length }) => sum + length, 0));
        });
      }),
      { numRuns: 100 },
    );
  });
});
