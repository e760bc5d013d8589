/**
 * The quotas of a tree (docs/decisions/0028): what is allowed and what is there, by the znode that each is set on. What is
 * there is counted along with each change, for every quota above it, and kept as the data of a znode of its own, so that it
 * is part of the replicated state and of checkpoints.
 */
import { fromUtf8 } from "../base/bytes.ts";
import { parseCounts, parseLimits, type QuotaLimits, quotaPart, softLimits } from "../base/quotas.ts";
import { viewOf } from "./data-store.ts";
import type { Znode } from "./stat.ts";

/** A quota, as it is decided on. */
export interface QuotaView {
  /** The znode that it is set on. */
  readonly path: string;
  readonly limits: QuotaLimits;
  /** What is there at and below it. */
  readonly count: number;
  readonly bytes: number;
}

/** A soft limit that a change went beyond. */
export interface Crossing {
  readonly path: string;
  readonly of: "count" | "bytes";
  readonly now: number;
  readonly limit: number;
}

interface Quota extends QuotaView {
  /** Undefined: nothing is limited. */
  limits: QuotaLimits;
  count: number;
  bytes: number;
  /** Whether the znode of its limits exists. */
  limited: boolean;
  /** The znode that keeps its counts; undefined: nothing is counted, and nothing limited. */
  stats: Znode | undefined;
}

/** A quota, and the znode that keeps its counts. */
interface Counted {
  readonly quota: QuotaView;
  readonly stats: Znode;
}

const none: readonly QuotaView[] = [];
const noneChanged: readonly Counted[] = [];

export class Quotas {
  readonly #byPath = new Map<string, Quota>();
  /** Those whose counts are others than their znodes say. */
  readonly #changed = new Set<Quota>();
  #crossed: Crossing[] = [];

  /** Those that have a znode of their own, be it of limits or of counts. */
  get size(): number {
    return this.#byPath.size;
  }

  /** Those that limit something, in no order that means anything. */
  *all(): IterableIterator<QuotaView> {
    for (const quota of this.#byPath.values()) if (inForce(quota)) yield quota;
  }

  /** Those that a znode at `path` counts for and that limit something, the deepest first. */
  over(path: string): readonly QuotaView[] {
    if (this.#byPath.size === 0) return none;
    return this.#over(path).filter(inForce);
  }

  /** At and below the path of a quota there are by `count` znodes more than before, and by `bytes` more bytes. */
  add(path: string, count: number, bytes: number): void {
    if (this.#byPath.size === 0 || (count === 0 && bytes === 0)) return;
    for (const quota of this.#over(path)) {
      if (quota.stats === undefined) continue;
      const before = { count: quota.count, bytes: quota.bytes };
      quota.count += count;
      quota.bytes += bytes;
      this.#changed.add(quota);
      if (quota.limited) this.#noteCrossings(quota, before);
    }
  }

  /**
   * A znode is in the tree, or has other data. If it keeps the limits of a quota, they count from now on; if it keeps
   * counts, `counted` says what they are.
   */
  put(znode: Znode, counted: (path: string) => { readonly count: number; readonly bytes: number }): void {
    const found = quotaPart(znode.path);
    if (found === undefined) return;
    const quota = this.#at(found.path);
    if (found.part === "limits") {
      quota.limits = parseLimits(fromUtf8(viewOf(znode)));
      quota.limited = true;
      return;
    }
    // Whatever a client put there: it says what is there.
    if (quota.stats !== znode) Object.assign(quota, counted(found.path));
    quota.stats = znode;
    this.#changed.add(quota);
  }

  /** A znode is in the tree no more. */
  remove(path: string): void {
    const found = quotaPart(path);
    const quota = found === undefined ? undefined : this.#byPath.get(found.path);
    if (found === undefined || quota === undefined) return;
    if (found.part === "limits") {
      quota.limits = {};
      quota.limited = false;
    } else quota.stats = undefined;
    if (quota.limited || quota.stats !== undefined) return;
    this.#byPath.delete(quota.path);
    this.#changed.delete(quota);
  }

  /** A tree is there that was restored: `znodes` are all that it has, and their counts are right. */
  restore(znodes: Iterable<Znode>): void {
    this.#byPath.clear();
    for (const znode of znodes) this.put(znode, () => parseCounts(fromUtf8(viewOf(znode))));
    this.#changed.clear();
  }

  /** Those whose counts have changed since the last call, with the znode that keeps them. */
  takeChanged(): readonly Counted[] {
    if (this.#changed.size === 0) return noneChanged;
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed.flatMap((quota) => (quota.stats === undefined ? [] : [{ stats: quota.stats, quota }]));
  }

  /** Soft limits that were passed since the last call. */
  takeCrossed(): readonly Crossing[] {
    const crossed = this.#crossed;
    if (crossed.length > 0) this.#crossed = [];
    return crossed;
  }

  /** All that are counted, for whoever counts anew. */
  *counted(): IterableIterator<QuotaView & { readonly stats: Znode }> {
    for (const quota of this.#byPath.values()) {
      const { path, limits, count, bytes, stats } = quota;
      if (stats !== undefined) yield { path, limits, count, bytes, stats };
    }
  }

  #over(path: string): Quota[] {
    const found: Quota[] = [];
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      const quota = this.#byPath.get(path.slice(0, end));
      if (quota !== undefined) found.push(quota);
    }
    return found;
  }

  #at(path: string): Quota {
    const known = this.#byPath.get(path);
    if (known !== undefined) return known;
    const quota: Quota = { path, limits: {}, count: 0, bytes: 0, limited: false, stats: undefined };
    this.#byPath.set(path, quota);
    return quota;
  }

  #noteCrossings(quota: Quota, before: { readonly count: number; readonly bytes: number }): void {
    const { path, limits } = quota;
    const { count = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } = softLimits(limits);
    if (before.count <= count && quota.count > count)
      this.#crossed.push({ path, of: "count", now: quota.count, limit: count });
    if (before.bytes <= bytes && quota.bytes > bytes)
      this.#crossed.push({ path, of: "bytes", now: quota.bytes, limit: bytes });
  }
}

function inForce({ limited, stats }: Quota): boolean {
  return limited && stats !== undefined;
}
