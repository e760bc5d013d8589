/** What a simulated disk has begun and not ended. */
import type { DiskOperation, Row } from "../../src/storage/disk.ts";

/** A batch on its way to stable storage. */
export interface PendingWrite {
  readonly batch: readonly DiskOperation[];
  readonly done: (error: Error | undefined) => void;
  /** Why it will fail, if it will. */
  readonly error: Error | undefined;
  /** Whether its rows get to the disk. */
  readonly applied: boolean;
  state: "under way" | "over";
}

/** A scan on its way. */
export interface PendingScan {
  readonly rows: readonly Row[];
  readonly visit: (key: Uint8Array, value: Uint8Array) => void;
  readonly done: (error: Error | undefined) => void;
  state: "under way" | "over";
}
