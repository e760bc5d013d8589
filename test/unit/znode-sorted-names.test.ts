import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Length } from "../../src/base/bytes.ts";
import { nameOverheadBytes, SortedNames } from "../../src/znode/sorted-names.ts";

const name = fc.oneof(
  fc.string({ maxLength: 3 }),
  fc.nat({ max: 3_000 }).map((n) => `n-${String(n).padStart(10, "0")}`),
  fc.constantFrom("", "a", "aa", "B", "ü€", "￿"),
);

const sorted = (model: ReadonlySet<string>): string[] => [...model].sort();

describe("SortedNames", () => {
  it("is a Set in order of code units, however large", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.boolean()), { maxLength: 200 }), fc.nat({ max: 2_500 }), (steps, many) => {
        const real = new SortedNames();
        const model = new Set<string>();
        for (let i = 0; i < many; i++) {
          const given = `n-${String((i * 7919) % 3_001).padStart(10, "0")}`;
          expect(real.add(given)).toBe(!model.has(given));
          model.add(given);
        }
        for (const [given, isAdded] of steps) {
          if (isAdded) {
            expect(real.add(given)).toBe(!model.has(given));
            model.add(given);
          } else expect(real.delete(given)).toBe(model.delete(given));
          expect(real.has(given)).toBe(model.has(given));
          expect(real.size).toBe(model.size);
        }
        expect(real.all()).toEqual(sorted(model));
        expect([...real]).toEqual(sorted(model));
        expect(real.bytes).toBe(sorted(model).reduce((sum, given) => sum + utf8Length(given), 0));
      }),
      { numRuns: 60 },
    );
  });

  it("empties from either end and from the middle, and fills again", () => {
    for (const order of [1, -1, 7919]) {
      const real = new SortedNames();
      const all = Array.from({ length: 5_000 }, (_, i) => String(i).padStart(6, "0"));
      for (const given of all) real.add(given);
      const left = new Set(all);
      for (let i = 0; i < all.length; i++) {
        const gone = all[order < 0 ? all.length - 1 - i : (i * order) % all.length] ?? "";
        expect(real.delete(gone)).toBe(left.delete(gone));
        if (i % 997 === 0) expect(real.all()).toEqual(sorted(left));
      }
      expect(real.size).toBe(0);
      expect(real.bytes).toBe(0);
      expect(real.all()).toEqual([]);
      expect(real.page("", 10, 1_000)).toEqual({ names: [], more: false });
      expect(real.delete("0")).toBe(false);
      real.add("again");
      expect(real.all()).toEqual(["again"]);
    }
  });

  it("gives any page: the names behind one that may be missing, as many as asked for or as the bytes allow", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { maxLength: 1_500 }),
        name,
        fc.integer({ min: 1, max: 1_200 }),
        fc.integer({ min: 0, max: 20_000 }),
        (given, after, limit, bytesMax) => {
          const real = new SortedNames();
          for (const one of given) real.add(one);
          const { names, more } = real.page(after, limit, bytesMax);
          const behind = sorted(new Set(given)).filter((one) => one > after);
          expect(names).toEqual(behind.slice(0, names.length));
          expect(more).toBe(names.length < behind.length);
          const cost = (some: readonly string[]) =>
            some.reduce((sum, one) => sum + utf8Length(one) + nameOverheadBytes, 0);
          expect(names.length).toBeLessThanOrEqual(limit);
          if (names.length > 1) expect(cost(names)).toBeLessThanOrEqual(bytesMax);
          // It stops for a reason.
          if (more && names.length < limit) expect(cost(behind.slice(0, names.length + 1))).toBeGreaterThan(bytesMax);
          if (more) expect(names.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  it("pages behind each other's last names are the whole, each name once, wherever the borders of blocks are", () => {
    const real = new SortedNames();
    for (let i = 0; i < 3_000; i++) real.add(String((i * 7919) % 3_000).padStart(4, "0"));
    for (const limit of [1, 255, 256, 257, 511, 512, 513, 3_000, 4_000]) {
      const seen: string[] = [];
      for (let after = "", more = true; more; after = seen.at(-1) ?? "") {
        const page = real.page(after, limit, 1_000_000);
        seen.push(...page.names);
        more = page.more;
      }
      expect(seen).toEqual(real.all());
    }
  });
});
