/** What there is below a znode: the links to its children, and what is counted by visiting all of it. */
import { assert, present } from "../base/assert.ts";
import type { QuotaCounts } from "../base/quotas.ts";
import { childPath } from "./paths.ts";
import { SortedNames } from "./sorted-names.ts";
import type { Znode } from "./stat.ts";

/** Where znodes are found. */
interface ByPath {
  get(path: string): Znode | undefined;
}

/** How many znodes there are below one. Visits those that have children. */
export function countBelow(tree: ByPath, znode: Znode): number {
  let count = 0;
  const left = [znode];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next.children === undefined) continue;
    count += next.children.size;
    for (const name of next.children) {
      const child = tree.get(childPath(next.path, name));
      if (child?.children !== undefined) left.push(child);
    }
  }
  return count;
}

/** How many znodes there are at and below a path, of which nothing need be there, and the bytes of their data. */
export function countsAt(tree: ByPath, path: string): QuotaCounts {
  const top = tree.get(path);
  let count = 0;
  let bytes = 0;
  const left = top === undefined ? [] : [top];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    count += 1;
    bytes += next.length;
    for (const name of next.children ?? []) {
      const child = tree.get(childPath(next.path, name));
      if (child !== undefined) left.push(child);
    }
  }
  return { count, bytes };
}

/** Links a child to its parent. */
export function addChild(parent: Znode, name: string): void {
  if (parent.children === undefined) parent.children = new SortedNames();
  parent.children.add(name);
}

/** Takes the link away. */
export function removeChild(parent: Znode, name: string): void {
  const children = present(parent.children, "the set of children of a parent");
  assert(children.delete(name), "a removed znode was its parent's child");
  if (children.size === 0) parent.children = undefined;
}
