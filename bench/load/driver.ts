/** What the load asks of a system under test, whichever it is. */

/**
 * What the load does. `get` is linearizable: it shows all that was answered before it was asked. `get-local` is what a
 * server knows by itself. `create` makes a new znode, or key, each time.
 */
export const loadOperations = ["set", "get", "get-local", "create"] as const;
export type LoadOperation = (typeof loadOperations)[number];

/** What is to be loaded, in words that cross to another process. */
export interface Target {
  /** Whose protocol it speaks. */
  readonly kind: "terrarium" | "zookeeper" | "etcd";
  /** `host:port` of each server. */
  readonly endpoints: readonly string[];
  /** URL of the client's module, for Terrarium's own protocol. */
  readonly client?: string;
}

/** How the znodes, or keys, of a load are made up. */
export interface Keys {
  readonly count: number;
  readonly valueBytes: number;
}

/** Some sessions with a system. */
export interface Driver {
  /** Creates the znodes `0` to `count - 1` of a folder of their own. */
  prepare(): Promise<void>;
  /** One operation of the session `session` (any number: they take turns) on znode `key`. Rejects when it fails. */
  operate(operation: LoadOperation, session: number, key: number): Promise<unknown>;
  close(): Promise<void>;
}

/** One after the other from the front again: the connection, or the endpoint, of session `n`. */
export function inTurn<T>(all: readonly T[], n: number): T {
  const one = all[n % all.length];
  if (one === undefined) throw new Error("there is none to choose from");
  return one;
}
