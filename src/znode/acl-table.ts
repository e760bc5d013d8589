/**
 * The lists of all znodes of one tree: one array for all znodes that have the same, since nearly all have the open one and the
 * rest a few. Nothing that is in it is ever changed.
 */

import { type Acl, aclBytes, aclEqual, openAcl } from "../base/acl.ts";
import { assert, present } from "../base/assert.ts";

interface Entry {
  readonly key: string;
  /** Znodes that have it. */
  count: number;
}

export class AclTable {
  readonly #byKey = new Map<string, Acl>();
  readonly #entries = new Map<Acl, Entry>();

  /** Different lists, but for the open one. */
  get size(): number {
    return this.#entries.size;
  }

  /** The array that stands for this list from here on, for one more znode. */
  take(acl: Acl): Acl {
    if (aclEqual(acl, openAcl)) return openAcl;
    const key = keyOf(acl);
    const known = this.#byKey.get(key);
    if (known === undefined) {
      this.#byKey.set(key, acl);
      this.#entries.set(acl, { key, count: 1 });
      return acl;
    }
    present(this.#entries.get(known), "a list that is known").count++;
    return known;
  }

  /** One znode has the list no more. */
  drop(acl: Acl): void {
    if (acl === openAcl) return;
    const entry = present(this.#entries.get(acl), "a list that a znode has");
    if (--entry.count > 0) return;
    this.#entries.delete(acl);
    this.#byKey.delete(entry.key);
  }

  /** Asserts that these are the znodes whose lists it has. */
  assertSound(znodes: Iterable<{ readonly path: string; readonly acl: Acl }>): void {
    const found = new AclTable();
    for (const { path, acl } of znodes)
      assert(found.take(acl) === acl, `${path} shares its list with all that have the same`);
    assert(found.size === this.size, "no list is kept that no znode has");
    for (const [acl, { count }] of found.#entries)
      assert(this.#entries.get(acl)?.count === count, "it is counted who has a list");
  }
}

/** Bytes of a list in a row of a checkpoint, about. */
export function rowBytesOf(acl: Acl): number {
  return acl === openAcl ? 0 : aclBytes(acl);
}

function keyOf(acl: Acl): string {
  return JSON.stringify(acl.map(({ perms, scheme, id }) => [perms, scheme, id]));
}
