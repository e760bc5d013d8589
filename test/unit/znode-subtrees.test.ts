import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { childPath } from "../../src/znode/paths.ts";
import { countsAt, walkedCounts } from "../../src/znode/subtrees.ts";
import { Tree } from "../../src/znode/tree.ts";

/** A tree with these paths, each of which comes behind its parent, and as many bytes in each as its path has characters. */
function grown(paths: Iterable<string>): Tree {
  const tree = new Tree();
  for (const path of paths) {
    const parent = tree.get(path.slice(0, path.lastIndexOf("/")) || "/");
    if (parent !== undefined && tree.get(path) === undefined)
      tree.insert(parent, path, new Uint8Array(path.length), 0, 1, 1);
  }
  return tree;
}

/** 10 parents of 100 each, below /a; and what begins like it. */
function* large(): Generator<string> {
  yield* ["/a", "/ab", "/a-"];
  for (let i = 0; i < 10; i++) {
    yield `/a/${i}`;
    for (let j = 0; j < 100; j++) yield `/a/${i}/${j}`;
  }
}

describe("counts of what is at and below a znode", () => {
  it("are the same whichever way it is counted", () => {
    const path = fc.array(fc.constantFrom("a", "ab", "b", "a-"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(path, { maxLength: 60 }), (drawn) => {
        const names = drawn.flatMap((parts) => parts.map((_, at) => `/${parts.slice(0, at + 1).join("/")}`));
        const tree = grown(names);
        for (const top of ["/", "/a", "/ab", "/a/a", "/none", ...names]) {
          const counted = [...tree.znodes()].filter(({ path }) => path === top || path.startsWith(childPath(top, "")));
          const wanted = { count: counted.length, bytes: counted.reduce((sum, { length }) => sum + length, 0) };
          expect(countsAt(tree, top)).toEqual(wanted);
          expect(walkedCounts(tree, top)).toEqual(wanted);
        }
      }),
    );
  });

  it("leave out what was removed and is to be taken out of the map of paths", () => {
    const tree = grown(large());
    const gone = Array.from({ length: 100 }, (_, j) => tree.get(`/a/0/${j}`)).filter((znode) => znode !== undefined);
    tree.removeAll(gone, 2, () => {});
    expect(countsAt(tree, "/a").count).toBe(1 + 10 + 900);
    expect(countsAt(tree, "/a")).toEqual(walkedCounts(tree, "/a"));
  });

  it("look up few of very many, and none beyond a small part", () => {
    const tree = grown(large());
    const lookups = vi.spyOn(tree, "get");
    const visits = vi.spyOn(tree, "forEach");
    expect(countsAt(tree, "/a").count).toBe(1_011);
    expect(lookups.mock.calls.length).toBeLessThan(tree.size / 16);
    expect(visits).toHaveBeenCalledTimes(1);
    visits.mockClear();
    expect(countsAt(tree, "/a/3/5").count).toBe(1);
    expect(visits).not.toHaveBeenCalled();
  });
});
