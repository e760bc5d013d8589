/**
 * Znodes that go when nobody uses them: which there are, and which of them are due. What is due is decided by the tree and
 * by stamps of the log alone. The list is no part of the replicated state: each server makes it from its tree, and only
 * the leader asks, to propose what is due (`node/peers/unused-znodes.ts`); every server decides anew when that is applied.
 */
import { utf8Length } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import type { Znode, ZnodeView } from "./stat.ts";

/** Whether a znode is unused at `timeMs`, a stamp of the log, so that it goes: see `base/znode-kinds.ts`. */
export function isUnused(znode: Omit<ZnodeView, "path">, timeMs: number): boolean {
  if (znode.children !== undefined) return false;
  // One that never had a child waits for its first.
  if (znode.container) return znode.childCounter !== 0;
  return znode.ttlMs > 0 && timeMs - znode.mtime > znode.ttlMs;
}

/** The containers of a tree, and its znodes with a time to live. */
export class Lifetimes {
  readonly #znodes = new Set<Znode>();
  /** How far {@link unused} has come. */
  #round = this.#znodes.values();

  get size(): number {
    return this.#znodes.size;
  }

  /** A znode is in the tree. */
  add(znode: Znode): void {
    if (znode.container || znode.ttlMs > 0) this.#znodes.add(znode);
  }

  /** A znode is in the tree no more. */
  delete(znode: Znode): void {
    if (znode.container || znode.ttlMs > 0) this.#znodes.delete(znode);
  }

  /** Another tree begins. */
  clear(): void {
    this.#znodes.clear();
    this.#round = this.#znodes.values();
  }

  /**
   * Paths of some that are unused at `timeMs`, as many as one entry may remove. Looks at `lookedAtMax` of all, those whose
   * turn it is, round and round: so each is found in the end, and no call takes long.
   */
  unused(timeMs: number, lookedAtMax: number = limits.unusedLookedAtMax): readonly string[] {
    const { unusedPerRemovalMax, unusedPathBytesMax } = limits;
    const paths: string[] = [];
    let bytes = 0;
    for (let left = Math.min(lookedAtMax, this.#znodes.size); left > 0; left--) {
      const znode = this.#next();
      if (znode === undefined) break;
      if (!isUnused(znode, timeMs)) continue;
      paths.push(znode.path);
      bytes += utf8Length(znode.path);
      if (paths.length >= unusedPerRemovalMax || bytes >= unusedPathBytesMax) break;
    }
    return paths;
  }

  #next(): Znode | undefined {
    const { value } = this.#round.next();
    if (value !== undefined) return value;
    this.#round = this.#znodes.values();
    return this.#round.next().value;
  }
}
