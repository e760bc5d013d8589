/**
 * Which znodes are unused: ZooKeeper's rules for containers and times to live, stated a second time, and not from
 * `src/znode/lifetimes.ts`, so that a slip there is noticed here.
 */

/** What the rules look at. */
export interface Lifetime {
  readonly container: boolean;
  /** Milliseconds; 0: none. */
  readonly ttlMs: number;
  /** When the data were last set, Unix ms. */
  readonly mtime: number;
  /** Children ever made, and those that there are. */
  readonly childrenMade: number;
  readonly children: number;
}

/** Whether nobody uses a znode by the time `stampMs`. */
export function nobodyUses({ container, ttlMs, mtime, childrenMade, children }: Lifetime, stampMs: number): boolean {
  const isBare = children === 0;
  if (container) return isBare && childrenMade > 0;
  return isBare && ttlMs > 0 && mtime + ttlMs < stampMs;
}
