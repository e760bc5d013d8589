/** The Disk port: an ordered, crash-safe table of bytes. `level-disk.ts` is the real one, the simulator has its own. */

export type DiskOperation =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "delete"; readonly key: Uint8Array };

export interface KeyRange {
  /** First key of the range. */
  readonly gte: Uint8Array;
  /** First key behind it. */
  readonly lt: Uint8Array;
}

export interface Disk {
  /**
   * Writes a batch in its order, all or nothing, and calls `done` once it is on stable storage (fsync), or with the
   * error that kept it from getting there. Until `done`, a crash leaves either the whole batch or nothing of it. A
   * batch does not reach the disk before those written earlier are done.
   */
  write(batch: readonly DiskOperation[], done: (error: Error | undefined) => void): void;
  /** Visits the rows of a range as of now, in key order; `done` comes last. */
  scan(
    range: KeyRange,
    visit: (key: Uint8Array, value: Uint8Array) => void,
    done: (error: Error | undefined) => void,
  ): void;
}
