/** What the load asks of a system under test, whichever it is. */

/**
 * What the load does. `get` is linearizable: it shows all that was answered before it was asked. `get-local` is what a
 * server knows by itself.
 */
export const loadOperations = ["set", "get", "get-local", "create"] as const;
export type LoadOperation = (typeof loadOperations)[number];

/** What is to be loaded, in words that cross to another process. */
export interface Target {
  readonly kind: "terrarium";
  /** `host:port` of each server. */
  readonly endpoints: readonly string[];
  /** URL of the client's module. */
  readonly client: string;
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
