/** The Disk port: an ordered, crash-safe table of bytes. `level-disk.ts` is the real one, the simulator has its own. */
import { TerrariumError } from "../base/errors.ts";

export type DiskOperation =
  | { readonly type: "put"; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: "delete"; readonly key: Uint8Array };

export interface KeyRange {
  /** First key of the range. */
  readonly gte: Uint8Array;
  /** First key behind it. */
  readonly lt: Uint8Array;
}

/** A row as it is read. */
export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The error of a view that is gone, since the disk had to be opened anew: nothing is lost but the moment that it showed. */
export function viewLost(): TerrariumError {
  return new TerrariumError(
    "OVERLOADED",
    "the database had to be opened anew, since no more files could be opened, and what was being read of it is gone",
    "begin anew; if it happens again, allow the server more open files (`ulimit -n`)",
  );
}

/** Whether a view is gone, and another one may be taken. */
export function isViewLost(error: Error): boolean {
  return error instanceof TerrariumError && error.code === "OVERLOADED";
}

/** The rows of a disk as they were at one moment. */
export interface DiskView {
  /**
   * Reads the first rows of a range, in key order, until their values take `bytesMax`; at least one, if there is one.
   * `done` gets all of them, or the error: {@link isViewLost} tells one after which another view is to be taken. One read
   * at a time.
   */
  read(range: KeyRange, bytesMax: number, done: (error: Error | undefined, rows: readonly Row[]) => void): void;
  /** Ends the view; a read under way is never answered. */
  close(): void;
}

export interface Disk {
  /**
   * Writes a batch in its order, all or nothing, and calls `done` once it is on stable storage (fsync), or with the
   * error that kept it from getting there. Until `done`, a crash leaves either the whole batch or nothing of it. A
   * batch does not reach the disk before those written earlier are done.
   */
  write(batch: readonly DiskOperation[], done: (error: Error | undefined) => void): void;
  /**
   * A view of the rows as of now: of every batch that is done, and, each whole or not at all, of those under way. It
   * costs space until it is closed.
   */
  view(): DiskView;
  /**
   * Visits the rows of a range as of now, in key order; `done` comes last. If the disk has to be opened anew meanwhile, the
   * rest of the rows as of then.
   */
  scan(
    range: KeyRange,
    visit: (key: Uint8Array, value: Uint8Array) => void,
    done: (error: Error | undefined) => void,
  ): void;
}
