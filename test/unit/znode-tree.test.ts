import { describe, expect, it } from "vitest";
import { AssertionError, present } from "../../src/base/assert.ts";
import { emptyBytes } from "../../src/base/bytes.ts";
import { assertSound } from "../../src/znode/invariants.ts";
import { SessionTable } from "../../src/znode/sessions.ts";
import { SortedNames } from "../../src/znode/sorted-names.ts";
import { statOf, Znode } from "../../src/znode/stat.ts";
import { Tree } from "../../src/znode/tree.ts";
import { opening } from "./znode-harness.ts";

function root(tree: Tree) {
  return present(tree.get("/"), "the root");
}

describe("Tree", () => {
  it("wraps the child counter, and the visible cversion, as signed 32-bit integers", () => {
    const tree = new Tree();
    const parent = tree.insert(root(tree), "/a", emptyBytes, 0, 1, 0);
    parent.childCounter = 2 ** 31 - 1;
    expect(statOf(parent).cversion).toBe(-2);
    tree.insert(parent, "/a/b", emptyBytes, 0, 2, 0);
    expect(parent.childCounter).toBe(-(2 ** 31));
    expect(statOf(parent)).toMatchObject({ cversion: -1, numChildren: 1 });
  });

  it("asserts what callers must have checked", () => {
    const tree = new Tree();
    const a = tree.insert(root(tree), "/a", emptyBytes, 0, 1, 0);
    const b = tree.insert(a, "/a/b", emptyBytes, 9, 2, 0);
    expect(() => tree.insert(root(tree), "/a", emptyBytes, 0, 3, 0)).toThrow(AssertionError);
    expect(() => tree.insert(b, "/a/b/c", emptyBytes, 0, 3, 0)).toThrow(AssertionError);
    expect(() => tree.remove(a, 3)).toThrow(AssertionError);
    expect(tree.remove(b, 3)).toBe(a);
    expect(() => tree.remove(b, 4)).toThrow(AssertionError);
    tree.assertSound();
  });
});

describe("a tree that comes back row by row", () => {
  it("is whole with every parent there, in whatever order they came, and is refused without one", () => {
    const before = new Tree();
    const a = before.insert(root(before), "/a", emptyBytes, 0, 1, 0);
    const b = before.insert(a, "/a/b", emptyBytes, 0, 2, 0);
    const whole = new Tree();
    for (const znode of [b, a]) whole.restore(znode);
    expect(whole.link()).toBe(true);
    const orphaned = new Tree();
    orphaned.restore(b);
    expect(orphaned.link()).toBe(false);
  });
});

describe("leaves that go all at once", () => {
  it("are gone at once for whoever looks; a new one in the place of one is not taken away by tidying up", () => {
    const tree = new Tree();
    const a = tree.insert(root(tree), "/a", emptyBytes, 0, 1, 0);
    const b = tree.insert(root(tree), "/b", emptyBytes, 0, 2, 0);
    const kept = tree.insert(b, "/b/kept", emptyBytes, 0, 3, 0);
    const leaves = Array.from({ length: 1200 }, (_, i) => {
      const [parent, name] = i % 2 === 0 ? [a, "/a"] : [b, "/b"];
      return tree.insert(parent, `${name}/${i}`, emptyBytes, 9, 4 + i, 0);
    });
    const told: string[] = [];
    tree.removeAll(leaves, 2000, (znode, parent) => told.push(`${parent.path} ${znode.path}`));
    expect(told.slice(0, 3)).toEqual(["/a /a/0", "/b /b/1", "/a /a/2"]);
    const check = () => {
      tree.assertSound();
      expect(tree.get("/a/0")).toBeUndefined();
      expect(a.children).toBeUndefined();
      expect(b.children?.all()).toEqual(["1", "kept"]);
      expect(statOf(a)).toMatchObject({ pzxid: 2000, numChildren: 0, cversion: 1200 });
      expect([...tree.znodes()].filter(({ path }) => path.startsWith("/b/"))).toEqual([kept, anew]);
      expect(tree.size).toBe(new Tree().size + 4);
    };
    const anew = tree.insert(b, "/b/1", emptyBytes, 0, 2001, 0);
    check();
    expect([tree.tidy(), tree.tidy(), tree.tidy()]).toEqual([true, true, false]);
    expect(tree.tidy()).toBe(false);
    check();
    expect(() => tree.removeAll(leaves, 3000, () => {})).toThrow(AssertionError);
  });
});

describe("invariants", () => {
  it("an ephemeral needs a live owner that lists it", () => {
    const tree = new Tree();
    const sessions = new SessionTable();
    const znode = tree.insert(root(tree), "/e", emptyBytes, 1, 2, 0);
    expect(() => assertSound(tree, sessions)).toThrow(AssertionError);
    const session = sessions.open(1, opening(new Uint8Array(16)), 0);
    expect(() => assertSound(tree, sessions)).toThrow(AssertionError);
    sessions.own(session, znode);
    assertSound(tree, sessions);
    sessions.own(session, new Znode("/f", emptyBytes, 1, 3, 0));
    expect(() => assertSound(tree, sessions)).toThrow(AssertionError);
  });

  it("a lost child, or a child that its parent does not know, is noticed", () => {
    const tree = new Tree();
    const a = tree.insert(root(tree), "/a", emptyBytes, 0, 1, 0);
    tree.insert(a, "/a/b", emptyBytes, 0, 2, 0);
    a.children = undefined;
    expect(() => tree.assertSound()).toThrow(AssertionError);
    a.children = names("c");
    expect(() => tree.assertSound()).toThrow(AssertionError);
    a.children = names("b");
    tree.assertSound();
  });
});

function names(...of: string[]): SortedNames {
  const set = new SortedNames();
  for (const name of of) set.add(name);
  return set;
}
