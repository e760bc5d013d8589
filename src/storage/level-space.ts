/**
 * Gives back the space of deleted rows. LevelDB drops a deleted row when it happens to merge the files that hold it and
 * its deletion. Ours come in rising keys and go from the oldest on, so files seldom overlap, and it would keep many
 * times what lives. So once enough was written, it is asked to merge the range in which rows were deleted: mostly
 * files without any row that lives, which costs little.
 */
import { compareBytes } from "../base/bytes.ts";
import type { DiskOperation } from "./disk.ts";

/** What the space is given back of. */
export interface Compactable {
  /** Merges the files of a range, both ends included. */
  compactRange(first: Uint8Array, last: Uint8Array): Promise<void>;
  /** About what all rows take on disk, bytes. */
  approximateSize(): Promise<number>;
}

/** The keys of one table that were deleted: all lie between these. */
interface Deleted {
  first: Uint8Array;
  last: Uint8Array;
}

/** From so many bytes on that were written since the last time, it is worth while. */
const writtenBytesMin = 32 * 1024 * 1024;

export class Reclaimer {
  readonly #database: Compactable;
  /** By the first byte of a key, which names a table. */
  #deleted = new Map<number, Deleted>();
  #writtenBytes = 0;
  /** At what amount of writing the next merge begins. */
  #dueBytes: number;
  readonly #leastBytes: number;
  #running: Promise<void> | undefined;

  /** `leastBytes`: how much has to be written in between, at least; tests take less. */
  constructor(database: Compactable, leastBytes = writtenBytesMin) {
    this.#database = database;
    this.#leastBytes = leastBytes;
    this.#dueBytes = leastBytes;
  }

  /** A batch is on disk. Returns how many bytes it had. */
  wrote(batch: readonly DiskOperation[]): number {
    let bytes = 0;
    for (const operation of batch) {
      bytes += operation.key.length;
      if (operation.type === "put") bytes += operation.value.length;
      else this.#note(operation.key);
    }
    this.#writtenBytes += bytes;
    this.#reclaimIfDue();
    return bytes;
  }

  /** Begins a merge now, unless one is under way or there is nothing to give back. */
  reclaim(): void {
    this.#reclaimIf(true);
  }

  #reclaimIfDue(): void {
    this.#reclaimIf(this.#writtenBytes >= this.#dueBytes);
  }

  #reclaimIf(due: boolean): void {
    if (this.#running !== undefined || !due || this.#deleted.size === 0) return;
    this.#running = this.#reclaim().then(
      () => {
        this.#running = undefined;
      },
      () => {
        // No data depend on it. A disk that is full or broken shows with the next write.
        this.#running = undefined;
      },
    );
  }

  /** Resolves when nothing is being merged. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #reclaim(): Promise<void> {
    const ranges = [...this.#deleted.values()];
    this.#deleted = new Map();
    this.#writtenBytes = 0;
    this.#dueBytes = Number.POSITIVE_INFINITY;
    try {
      for (const { first, last } of ranges) await this.#database.compactRange(first, last);
    } finally {
      this.#dueBytes = this.#leastBytes;
    }
    // Where rows die all over the tables, a merge costs as much as lives: half of that is to be written first.
    this.#dueBytes = Math.max(this.#leastBytes, (await this.#database.approximateSize()) / 2);
  }

  #note(key: Uint8Array): void {
    const table = key[0] ?? 0;
    const known = this.#deleted.get(table);
    if (known === undefined) this.#deleted.set(table, { first: key, last: key });
    else if (compareBytes(key, known.first) < 0) known.first = key;
    else if (compareBytes(key, known.last) > 0) known.last = key;
  }
}
