import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NameMap } from "../../src/znode/name-map.ts";

const key = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom("", "a", "n1", "n12", "n123", "ü€"));
const step = fc.record({ key, add: fc.boolean() });

describe("NameMap", () => {
  it("is a Map", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const real = new NameMap<number>();
        const model = new Map<string, number>();
        steps.forEach(({ key, add }, i) => {
          if (add) {
            real.set(key, i);
            model.set(key, i);
          } else expect(real.delete(key)).toBe(model.delete(key));
          expect(real.get(key)).toBe(model.get(key));
          expect(real.has(key)).toBe(model.has(key));
          expect(real.size).toBe(model.size);
        });
        expect([...real.values()].sort()).toEqual([...model.values()].sort());
      }),
    );
  });
});
