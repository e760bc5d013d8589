/**
 * A lock that several clients share (ZooKeeper paper, §2.4): a queue of ephemeral sequential znodes. Whoever's is the first
 * has the lock; each other one watches the znode right before its own, and nothing else. With the lock goes a *fencing
 * token*, a number that rises from holder to holder, and the store that the lock protects takes part: it refuses whoever
 * comes with an older number than it has seen.
 *
 * Only the rules are here, as functions from a place to the next one. Who calls them, with what the cluster answers, is in
 * `world.ts`.
 */

/** Where a client is on its way to the lock, and what it does there. */
export type Place =
  /** It is not in the queue: it creates its znode, ephemeral and sequential. */
  | { readonly step: "enter" }
  /** It is in the queue: it asks for the names of all who are. */
  | ({ readonly step: "look" } & Own)
  /** Somebody is before it: it asks whether that one's znode exists, and leaves a watch there. */
  | ({ readonly step: "watch"; readonly before: string } & Own)
  /** It waits for that watch, and does nothing. */
  | ({ readonly step: "sleep"; readonly before: string } & Own)
  /** It has the lock. */
  | ({ readonly step: "held" } & Own);

/** A client's znode in the queue. */
export interface Own {
  /** Its name, such as "lock-0000000003": the numbers rise in the order in which clients entered, ten digits each. */
  readonly name: string;
  /** What it shows to the store once it has the lock. */
  readonly token: number;
}

/** Its znode was created, under this name and by the log's entry `czxid`. */
export function entered(name: string, czxid: number): Place {
  return { step: "look", name, token: czxid };
}

/** These are in the queue now, in any order. */
export function looked({ name, token }: Own, names: readonly string[]): Place {
  if (!names.includes(name)) return { step: "enter" };
  const [before] = names.filter((other) => other < name).sort((a, b) => (a < b ? 1 : -1));
  return before === undefined ? { step: "held", name, token } : { step: "watch", name, token, before };
}

/** Whether the znode before its own exists; if so, the watch is armed. */
export function watched({ name, token }: Own, before: string, exists: boolean): Place {
  return exists ? { step: "sleep", name, token, before } : { step: "look", name, token };
}

/** The watch has fired: something has happened to the znode before its own. */
export function woken({ name, token }: Own): Place {
  return { step: "look", name, token };
}

/** Its session is gone, or may be as far as its own clock can tell. */
export function uncertain(): Place {
  return { step: "enter" };
}

/** The store's part: it is asked before each write. */
export class Fence {
  #highest = 0;

  /** Whether whoever shows this token may write. */
  accepts(token: number): boolean {
    if (token < this.#highest) return false;
    this.#highest = token;
    return true;
  }
}
