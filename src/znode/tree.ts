/**
 * The tree of znodes: one map by path, since nearly every request names one path and nothing else. Callers have checked
 * what a client may do; here only invariants are asserted. `insert`, `remove`, `setData` (each in two forms) and `setAcl`
 * alone change what is replicated, and so note what the next checkpoint has to write.
 */

import { type Acl, initialAcl, openAcl } from "../base/acl.ts";
import { assert, present } from "../base/assert.ts";
import { emptyBytes, utf8 } from "../base/bytes.ts";
import type { SessionId, Zxid } from "../base/operations.ts";
import { builtInPaths } from "../base/paths.ts";
import { formatCounts, type QuotaCounts } from "../base/quotas.ts";
import type { Keeping } from "../base/znode-kinds.ts";
import { AclTable, rowBytesOf } from "./acl-table.ts";
import { DataStore } from "./data-store.ts";
import { Lifetimes } from "./lifetimes.ts";
import { NameMap } from "./name-map.ts";
import { childPath, nameOf, parentPath } from "./paths.ts";
import { Quotas } from "./quotas.ts";
import type { TablesBeside } from "./retained.ts";
import { nextVersion, Znode } from "./stat.ts";
import { addChild, countsAt, removeChild } from "./subtrees.ts";

/** What a dirty znode counts for beyond its path and data, in bytes. */
const rowBytes = 64;

/** How many znodes {@link Tree.tidy} takes out at a time: a fraction of a millisecond. */
const tidiedAtOnce = 500;

const stays: Keeping = {};

export class Tree {
  readonly #znodes = new NameMap<Znode>();
  readonly #acls = new AclTable();
  readonly #lifetimes = new Lifetimes();
  /** To be looked at: the tree alone changes them. */
  readonly quotas = new Quotas();
  readonly store = new DataStore();
  readonly #counted = (path: string): QuotaCounts => countsAt(this, path);
  /** Changed or removed since the last checkpoint, each once. */
  #dirty: Znode[] = [];
  #dirtyBytes = 0;
  #lastPath = "";
  #lastFound: Znode | undefined;
  #lastParent: Znode | undefined;
  /** Removed, and still in the map of paths: see {@link removeAll}. The last ones first to be taken out. */
  readonly #buried: Znode[] = [];
  #buriedCount = 0;
  /** Of the newest {@link takeDirty}. */
  #save: (znode: Znode) => void = () => {};

  /**
   * A tree with the built-in znodes alone, made at zxid 0 and time 0. As in ZooKeeper they count for numChildren but
   * not for their parents' child counters, so that "/" starts with cversion -1 and its first sequential child is number 0.
   */
  constructor() {
    for (const path of builtInPaths) {
      const acl = this.#acls.take(initialAcl(path));
      this.#znodes.set(path, new Znode(path, emptyBytes, 0, 0, 0, false, 0, acl));
      if (path !== "/") addChild(this.#parentOf(path), nameOf(path));
    }
  }

  /** Znodes, built-in ones included. */
  get size(): number {
    return this.#znodes.size - this.#buriedCount;
  }

  /** The newest answer is kept: what is looked at to decide is looked up again, by the same string, to be changed. */
  get(path: string): Znode | undefined {
    const last = this.#lastFound;
    if (path === this.#lastPath && last?.removed === false) return last;
    const found = this.#znodes.get(path);
    if (found === undefined || found.removed) return undefined;
    this.#lastPath = path;
    this.#lastFound = found;
    return found;
  }

  /** All znodes, in no order that means anything. */
  *znodes(): IterableIterator<Znode> {
    for (const znode of this.#znodes.values()) if (!znode.removed) yield znode;
  }

  /** {@link znodes}, in half the time. */
  forEach(visit: (znode: Znode) => void): void {
    this.#znodes.forEach((znode) => {
      if (!znode.removed) visit(znode);
    });
  }

  /** Adds a znode under `parent`, whose counter and pzxid move. Keeps a copy of `data`. */
  insert(
    parent: Znode,
    path: string,
    data: Uint8Array,
    ephemeralOwner: SessionId,
    zxid: Zxid,
    timeMs: number,
    keeping: Keeping = stays,
    acl: Acl = openAcl,
  ): Znode {
    assert(parent.ephemeralOwner === 0, "an ephemeral has no children");
    const before = this.#znodes.get(path);
    assert(before === undefined || before.removed, "a znode is created once");
    if (before !== undefined) this.#buriedCount--;
    this.#thaw(parent);
    const znode = new Znode(path, data, ephemeralOwner, zxid, timeMs, keeping.container, keeping.ttlMs);
    znode.acl = this.#acls.take(acl);
    this.store.adopt(znode);
    this.#znodes.set(path, znode);
    this.#lifetimes.add(znode);
    addChild(parent, nameOf(path));
    parent.childCounter = (parent.childCounter + 1) | 0;
    parent.pzxid = zxid;
    this.touch(znode);
    this.touch(parent);
    this.quotas.add(path, 1, znode.length);
    this.quotas.put(znode, this.#counted);
    this.#showCounts();
    return znode;
  }

  /** Takes a leaf out and returns its parent, whose pzxid moves; the counter, being the next sequence number, stays. */
  remove(znode: Znode, zxid: Zxid): Znode {
    assert(znode.children === undefined, "a znode with children is not removed");
    assert(!znode.removed && this.#znodes.delete(znode.path), "a removed znode was in the tree");
    const parent = this.#parentOf(znode.path);
    this.#takeOut(znode, parent, zxid);
    removeChild(parent, nameOf(znode.path));
    this.#showCounts();
    return parent;
  }

  /**
   * {@link remove} for leaves that may be very many, in one turn: what need not be done at once is put off, and of a
   * parent that loses all its children not one is looked for. `removed` is told each and its parent, in order; it must
   * not look at the parent's children.
   */
  removeAll(leaves: Iterable<Znode>, zxid: Zxid, removed: (znode: Znode, parent: Znode) => void): void {
    const orphaned = new Map<Znode, Znode[]>();
    let parent: Znode | undefined;
    let gone: Znode[] = [];
    for (const znode of leaves) {
      assert(znode.children === undefined && !znode.removed, "a leaf of the tree is removed");
      const next = this.#parentOf(znode.path);
      if (next !== parent) {
        parent = next;
        gone = orphaned.get(parent) ?? [];
        orphaned.set(parent, gone);
      }
      this.#takeOut(znode, parent, zxid);
      gone.push(znode);
      this.#buried.push(znode);
      removed(znode, parent);
    }
    for (const [parent, gone] of orphaned) {
      this.#buriedCount += gone.length;
      if (gone.length === parent.children?.size) parent.children = undefined;
      else for (const { path } of gone) removeChild(parent, nameOf(path));
    }
    this.#showCounts();
  }

  #takeOut(znode: Znode, parent: Znode, zxid: Zxid): void {
    this.#thaw(znode);
    this.#thaw(parent);
    parent.pzxid = zxid;
    znode.removed = true;
    this.quotas.add(znode.path, -1, -znode.length);
    this.quotas.remove(znode.path);
    this.#lifetimes.delete(znode);
    this.store.release(znode);
    this.#acls.drop(znode.acl);
    this.touch(znode);
    this.touch(parent);
  }

  /** Takes some of those that {@link removeAll} left in the map of paths out of it. False when there are none. */
  tidy(): boolean {
    for (let left = tidiedAtOnce; left > 0; left--) {
      const znode = this.#buried.pop();
      if (znode === undefined) break;
      // Another one may have been created there since.
      if (this.#znodes.get(znode.path) !== znode) continue;
      this.#znodes.delete(znode.path);
      this.#buriedCount--;
    }
    return this.#buried.length > 0;
  }

  /** The tables beside the one of all znodes: to be looked at. */
  beside(): TablesBeside {
    return { lifetimes: this.#lifetimes, acls: this.#acls, buried: this.#buried };
  }

  /** Replaces the data by a copy of `data`. */
  setData(znode: Znode, data: Uint8Array, zxid: Zxid, timeMs: number): void {
    this.quotas.add(znode.path, 0, data.length - znode.length);
    this.#putData(znode, data);
    znode.version = nextVersion(znode.version);
    znode.mzxid = zxid;
    znode.mtime = timeMs;
    this.quotas.put(znode, this.#counted);
    this.#showCounts();
  }

  /** {@link setData} by the servers themselves: of what no client sets there are no versions, as in ZooKeeper. */
  setOwnData(znode: Znode, data: Uint8Array, zxid: Zxid, timeMs: number): void {
    this.#putData(znode, data);
    znode.version = -1;
    znode.mzxid = zxid;
    znode.mtime = timeMs;
  }

  #putData(znode: Znode, data: Uint8Array): void {
    this.#thaw(znode);
    if (znode.dirty) this.#dirtyBytes += data.length - znode.length;
    this.store.put(znode, data);
    this.touch(znode);
  }

  /** Replaces the list. What was set, and when, stays: so does mzxid. */
  setAcl(znode: Znode, acl: Acl): void {
    this.#thaw(znode);
    if (znode.dirty) this.#dirtyBytes += rowBytesOf(acl) - rowBytesOf(znode.acl);
    this.#acls.drop(znode.acl);
    znode.acl = this.#acls.take(acl);
    this.touch(znode);
    znode.aversion = nextVersion(znode.aversion);
  }

  /** Writes down what is counted: as in ZooKeeper neither a version nor a zxid tells of it, and no watch. */
  #showCounts(): void {
    for (const { stats, quota } of this.quotas.takeChanged()) this.#putData(stats, utf8(formatCounts(quota)));
  }

  /** Notes that the checkpoint's row of a znode is not, or no longer, what it should be. */
  touch(znode: Znode): void {
    if (znode.dirty) return;
    znode.dirty = true;
    this.#dirty.push(znode);
    this.#dirtyBytes += rowBytes + znode.path.length + znode.length + rowBytesOf(znode.acl);
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
    znode.acl = this.#acls.take(znode.acl);
    this.#letGo(before);
    this.store.adopt(znode);
    this.#znodes.set(znode.path, znode);
    return before;
  }

  /** Takes out what a checkpoint says is removed, and returns it. */
  restoreRemoved(path: string): Znode | undefined {
    const before = this.#znodes.get(path);
    this.#letGo(before);
    this.#znodes.delete(path);
    return before;
  }

  #letGo(znode: Znode | undefined): void {
    this.#lastFound = undefined;
    this.#lastParent = undefined;
    if (znode === undefined) return;
    this.store.release(znode);
    this.#acls.drop(znode.acl);
  }

  /** Ends a restoration: makes the links between parents and children. False if a parent is missing. */
  link(): boolean {
    this.#lifetimes.clear();
    for (const znode of this.#znodes.values()) {
      znode.children = undefined;
      this.#lifetimes.add(znode);
    }
    for (const { path } of this.#znodes.values()) {
      if (path === "/") continue;
      const parent = this.#znodes.get(present(parentPath(path), "the parent of a path that is not the root"));
      if (parent === undefined) return false;
      addChild(parent, nameOf(path));
    }
    this.quotas.restore(this.#znodes.values());
    return this.#znodes.has("/");
  }

  /** Asserts that the map and the children's names tell the same tree. */
  assertSound(): void {
    let links = 0;
    let buried = 0;
    for (const znode of this.#znodes.values()) {
      if (znode.removed) {
        buried++;
        continue;
      }
      assert(znode.czxid <= znode.mzxid && znode.czxid <= znode.pzxid, `${znode.path} changes after it is created`);
      if (znode.children === undefined) continue;
      assert(znode.ephemeralOwner === 0, `${znode.path}, an ephemeral, has no children`);
      assert(znode.children.size > 0, `${znode.path} keeps no empty set of children`);
      for (const name of znode.children)
        assert(this.get(childPath(znode.path, name)) !== undefined, `child ${name} of ${znode.path} exists`);
      links += znode.children.size;
    }
    this.#acls.assertSound(this.znodes());
    assert(buried === this.#buriedCount, "those that are still to be taken out of the map are counted");
    assert(links === this.size - 1, "each znode but the root is the child of one");
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
