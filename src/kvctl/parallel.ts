/** Many requests at once over one session, a bounded number of them. */

/** Requests in flight of a walk that reads a tree, each answered with up to all that a znode may hold. */
const requestsInFlight = 16;

/**
 * The results of `task` over `items`, in their order, while up to `limit` further ones are under way. Stops at the
 * first failure in that order.
 */
export async function* inOrder<T, R>(
  items: readonly T[],
  task: (item: T) => Promise<R>,
  limit: number = requestsInFlight,
): AsyncGenerator<R, void, undefined> {
  const underWay: Promise<R>[] = [];
  for (let next = 0; next < items.length || underWay.length > 0; ) {
    const item = items[next];
    if (item !== undefined && underWay.length < limit) {
      const promise = task(item);
      // Whoever waits for an earlier one may never come to this one; its failure must not count as unhandled.
      promise.catch(() => undefined);
      underWay.push(promise);
      next++;
      continue;
    }
    const first = underWay.shift();
    if (first !== undefined) yield await first;
  }
}
