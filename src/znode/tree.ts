/**
 * The tree of znodes: one map by path, since nearly every request names one path and nothing else. Callers have checked
 * what a client may do; here only invariants are asserted. `insert`, `remove` and `setData` are the only functions that
 * change what is replicated, so they alone note what the next checkpoint has to write.
 */
import { assert, present } from "../base/assert.ts";
import { emptyBytes } from "../base/bytes.ts";
import type { SessionId, Zxid } from "../base/operations.ts";
import { builtInPaths } from "../base/paths.ts";
import { DataStore } from "./data-store.ts";
import { NameMap } from "./name-map.ts";
import { childPath, nameOf, parentPath } from "./paths.ts";
import { SortedNames } from "./sorted-names.ts";
import { nextVersion, Znode } from "./stat.ts";

/** What a dirty znode counts for beyond its path and data, in bytes. */
const rowBytes = 64;

export class Tree {
  readonly #znodes = new NameMap<Znode>();
  readonly #store = new DataStore();
  /** Changed or removed since the last checkpoint, each once. */
  #dirty: Znode[] = [];
  #dirtyBytes = 0;
  #lastPath = "";
  #lastFound: Znode | undefined;
  #lastParent: Znode | undefined;
  /** Of the newest {@link takeDirty}. */
  #save: (znode: Znode) => void = () => {};

  /**
   * A tree with the built-in znodes alone, made at zxid 0 and time 0. As in ZooKeeper they count for numChildren but
   * not for their parents' child counters, so that "/" starts with cversion -1 and its first sequential child is number 0.
   */
  constructor() {
    for (const path of builtInPaths) {
      this.#znodes.set(path, new Znode(path, emptyBytes, 0, 0, 0));
      if (path !== "/") addChild(this.#parentOf(path), nameOf(path));
    }
  }

  /** Znodes, built-in ones included. */
  get size(): number {
    return this.#znodes.size;
  }

  /** The newest answer is kept: what is looked at to decide is looked up again, by the same string, to be changed. */
  get(path: string): Znode | undefined {
    const last = this.#lastFound;
    if (path === this.#lastPath && last?.removed === false) return last;
    const found = this.#znodes.get(path);
    if (found === undefined) return undefined;
    this.#lastPath = path;
    this.#lastFound = found;
    return found;
  }

  /** All znodes, in no order that means anything. */
  znodes(): IterableIterator<Znode> {
    return this.#znodes.values();
  }

  /** Adds a znode under `parent`, whose counter and pzxid move. Keeps a copy of `data`. */
  insert(parent: Znode, path: string, data: Uint8Array, ephemeralOwner: SessionId, zxid: Zxid, timeMs: number): Znode {
    assert(parent.ephemeralOwner === 0, "an ephemeral has no children");
    assert(!this.#znodes.has(path), "a znode is created once");
    this.#thaw(parent);
    const znode = new Znode(path, data, ephemeralOwner, zxid, timeMs);
    this.#store.adopt(znode);
    this.#znodes.set(path, znode);
    addChild(parent, nameOf(path));
    parent.childCounter = (parent.childCounter + 1) | 0;
    parent.pzxid = zxid;
    this.touch(znode);
    this.touch(parent);
    return znode;
  }

  /** Takes a leaf out and returns its parent, whose pzxid moves; the counter, being the next sequence number, stays. */
  remove(znode: Znode, zxid: Zxid): Znode {
    assert(znode.children === undefined, "a znode with children is not removed");
    assert(this.#znodes.delete(znode.path), "a removed znode was in the tree");
    const parent = this.#parentOf(znode.path);
    this.#thaw(znode);
    this.#thaw(parent);
    removeChild(parent, nameOf(znode.path));
    parent.pzxid = zxid;
    znode.removed = true;
    this.#store.release(znode);
    this.touch(znode);
    this.touch(parent);
    return parent;
  }

  /** Replaces the data by a copy of `data`. */
  setData(znode: Znode, data: Uint8Array, zxid: Zxid, timeMs: number): void {
    this.#thaw(znode);
    if (znode.dirty) this.#dirtyBytes += data.length - znode.length;
    this.#store.put(znode, data);
    this.touch(znode);
    znode.version = nextVersion(znode.version);
    znode.mzxid = zxid;
    znode.mtime = timeMs;
  }

  /** Notes that the checkpoint's row of a znode is not, or no longer, what it should be. */
  touch(znode: Znode): void {
    if (znode.dirty) return;
    znode.dirty = true;
    this.#dirty.push(znode);
    this.#dirtyBytes += rowBytes + znode.path.length + znode.length;
  }

  /** What {@link takeDirty} would give takes about so many bytes. */
  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  /**
   * The znodes touched since the last call, each once; those that are removed too. The others are frozen as they are
   * now: the caller may write one after the other in its own time, and set each one's `frozen` to false. One that is about
   * to change before its turn comes is given to `save`, no more frozen.
   */
  takeDirty(save: (znode: Znode) => void): readonly Znode[] {
    const dirty = this.#dirty;
    this.#dirty = [];
    this.#dirtyBytes = 0;
    this.#save = save;
    for (const znode of dirty) {
      znode.dirty = false;
      assert(!znode.frozen, "one checkpoint at a time");
      znode.frozen = !znode.removed;
    }
    return dirty;
  }

  /** Before a znode changes. */
  #thaw(znode: Znode): void {
    if (!znode.frozen) return;
    znode.frozen = false;
    this.#save(znode);
  }

  /** Puts a znode of a checkpoint in its place, without its links; returns the one that was there. Copies its data. */
  restore(znode: Znode): Znode | undefined {
    const before = this.#znodes.get(znode.path);
    this.#lastFound = undefined;
    this.#lastParent = undefined;
    if (before !== undefined) this.#store.release(before);
    this.#store.adopt(znode);
    this.#znodes.set(znode.path, znode);
    return before;
  }

  /** Takes out what a checkpoint says is removed, and returns it. */
  restoreRemoved(path: string): Znode | undefined {
    const before = this.#znodes.get(path);
    this.#lastFound = undefined;
    this.#lastParent = undefined;
    if (before !== undefined) this.#store.release(before);
    this.#znodes.delete(path);
    return before;
  }

  /** Ends a restoration: makes the links between parents and children. False if a parent is missing. */
  link(): boolean {
    for (const znode of this.#znodes.values()) znode.children = undefined;
    for (const { path } of this.#znodes.values()) {
      if (path === "/") continue;
      const parent = this.#znodes.get(parentPath(path) ?? "");
      if (parent === undefined) return false;
      addChild(parent, nameOf(path));
    }
    return this.#znodes.has("/");
  }

  /** Asserts that the map and the children's names tell the same tree. */
  assertSound(): void {
    let links = 0;
    for (const znode of this.#znodes.values()) {
      assert(znode.czxid <= znode.mzxid && znode.czxid <= znode.pzxid, `${znode.path} changes after it is created`);
      if (znode.children === undefined) continue;
      assert(znode.ephemeralOwner === 0, `${znode.path}, an ephemeral, has no children`);
      assert(znode.children.size > 0, `${znode.path} keeps no empty set of children`);
      for (const name of znode.children) {
        assert(this.#znodes.has(childPath(znode.path, name)), `child ${name} of ${znode.path} exists`);
      }
      links += znode.children.size;
    }
    assert(links === this.#znodes.size - 1, "each znode but the root is the child of one");
  }

  /** Those that go together are often siblings, as with the ephemerals of a session: the newest answer is kept. */
  #parentOf(path: string): Znode {
    const end = path.lastIndexOf("/");
    const last = this.#lastParent;
    if (end > 0 && last?.path.length === end && path.startsWith(last.path) && !last.removed) return last;
    const parent = present(this.#znodes.get(end === 0 ? "/" : path.slice(0, end)), "the parent of a znode");
    this.#lastParent = parent;
    return parent;
  }
}

function addChild(parent: Znode, name: string): void {
  if (parent.children === undefined) parent.children = new SortedNames();
  parent.children.add(name);
}

function removeChild(parent: Znode, name: string): void {
  const children = present(parent.children, "the set of children of a parent");
  assert(children.delete(name), "a removed znode was its parent's child");
  if (children.size === 0) parent.children = undefined;
}
