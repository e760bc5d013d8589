/** The Disk port on LevelDB: the only file that knows Level. */
import { resolve } from "node:path";
import { Level } from "level";
import { type Disk, type DiskOperation, type DiskView, type KeyRange, type Row, viewLost } from "./disk.ts";
import { wholeDisk } from "./layout.ts";
import {
  asError,
  isShortage,
  openError,
  patiently,
  scanError,
  shortage,
  shortageMaxMs,
  shortageRetryMs,
} from "./level-errors.ts";
import { checkFiles, makeDirectory } from "./level-files.ts";
import { LogMarker } from "./level-mark.ts";
import { Reclaimer } from "./level-space.ts";

/** In Node, `Level` is `ClassicLevel`, whose own methods its types leave out. */
type Database = Level<Uint8Array, Uint8Array> & {
  compactRange(first: Uint8Array, last: Uint8Array, options: { readonly keyEncoding: "view" }): Promise<void>;
  approximateSize(first: Uint8Array, last: Uint8Array, options: { readonly keyEncoding: "view" }): Promise<number>;
};
type Snapshot = ReturnType<Database["snapshot"]>;

const scanRows = 1000;
const scanBytes = 1024 * 1024;

const options = {
  keyEncoding: "view",
  valueEncoding: "view",
  // Rows are written once, seldom read and soon deleted: compressing them costs more than it saves.
  compression: false,
  // LevelDB writes every row a second time when its log reaches this size, and the log waits for that a moment: so not
  // too small. Nor at or above 10 MiB: such a table alone is too much for level 1, and as it reaches from log blocks to
  // segments, LevelDB would merge it with the whole of level 2. Every 16 MiB all of a large tree would be written anew.
  writeBufferSize: 8 * 1024 * 1024,
  // Small tables, so that those with new segments alone, or old log blocks alone, overlap few others.
  maxFileSize: 2 * 1024 * 1024,
} as const;

/** After how much of a shortage of files the database is opened anew, milliseconds. */
const reopenAfterMs = 500;

interface PendingWrite {
  readonly batch: readonly DiskOperation[];
  readonly done: (error: Error | undefined) => void;
}

/**
 * A LevelDB database. Every write is synced, and none begins before the one before it is done. After one that failed none
 * is tried any more: behind a torn record a sound one would make damage of what was only unfinished.
 */
export class LevelDisk implements Disk {
  readonly #database: Database;
  /** The first one is under way. LevelDB, given several at once, would take them in any order. */
  #writes: PendingWrite[] = [];
  /** Under way: the next write waits for it. */
  #marking: Promise<void> | undefined;
  #failed: Error | undefined;
  /** Since when the first write fails for want of a file, monotonic ms. */
  #shortSinceMs: number | undefined;
  #reopening: Promise<void> | undefined;
  #reopenings = 0;
  #whenIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  readonly #marker: LogMarker;
  readonly #reclaimer: Reclaimer;

  /** `directory` is that of the database. */
  constructor(level: Level<Uint8Array, Uint8Array>, directory: string) {
    const database = level as Database;
    this.#database = database;
    this.#marker = new LogMarker(directory);
    const { gte, lt } = wholeDisk;
    // What is approximate about it: rows that LevelDB's own log holds only do not count.
    this.#reclaimer = new Reclaimer({
      compactRange: (first, last) => database.compactRange(first, last, { keyEncoding: "view" }),
      approximateSize: () => database.approximateSize(gte, lt, { keyEncoding: "view" }),
    });
  }

  /** Times that the database was opened anew for want of files. */
  get reopened(): number {
    return this.#reopenings;
  }

  write(batch: readonly DiskOperation[], done: (error: Error | undefined) => void): void {
    const failed = this.#failed;
    if (failed !== undefined) return queueMicrotask(() => done(failed));
    this.#writes.push({ batch, done });
    if (this.#writes.length === 1 && this.#marking === undefined) this.#writeFirst();
  }

  scan(
    range: KeyRange,
    visit: (key: Uint8Array, value: Uint8Array) => void,
    done: (error: Error | undefined) => void,
  ): void {
    this.#visitRange(range, visit).then(
      () => done(undefined),
      (error: unknown) => done(scanError(error)),
    );
  }

  view(): DiskView {
    // While the database is opened anew nothing is written: a snapshot of afterwards shows the same.
    const lives = this.#begun;
    const taken = this.#reopening?.then(() => this.#database.snapshot()) ?? this.#database.snapshot();
    Promise.resolve(taken).catch(() => {});
    let closed = false;
    return {
      read: (range, bytesMax, done) => {
        patiently(async () => {
          const snapshot = await taken;
          if (this.#begun !== lives) throw viewLost();
          return this.#readRange(range, bytesMax, snapshot);
        }).then(
          (rows) => {
            if (!closed) done(undefined, rows);
          },
          (error: unknown) => {
            // What LevelDB says of it then, tells nothing.
            if (!closed) done(this.#begun === lives ? scanError(error) : viewLost(), []);
          },
        );
      },
      close: () => {
        if (closed) return;
        closed = true;
        Promise.resolve(taken)
          .then((snapshot) => snapshot.close())
          .catch(() => {
            // It ends with the database at the latest.
          });
      },
    };
  }

  /** Gives back the space of what was deleted now, however little was written since: for a disk that is almost full. */
  reclaim(): void {
    if (this.#reopening === undefined && this.#closing === undefined) this.#reclaimer.reclaim();
  }

  /** Waits for the writes that it was given, then lets go of the directory. */
  close(): Promise<void> {
    this.#closing ??= this.#closeWhenIdle();
    return this.#closing;
  }

  async #closeWhenIdle(): Promise<void> {
    if (this.#writes.length > 0) {
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve;
      });
    }
    await this.#marking;
    await this.#reclaimer.idle();
    await this.#marker.close(this.#failed === undefined);
    await this.#database.close();
  }

  #writeFirst(): void {
    const first = this.#writes[0];
    if (first === undefined) return;
    if (this.#reopening !== undefined) {
      this.#reopening.then(
        () => setTimeout(() => this.#writeFirst(), 0),
        (error: unknown) => this.#written(asError(error)),
      );
      return;
    }
    this.#database.batch(first.batch.map(levelOperation), { sync: true }).then(
      () => this.#written(undefined),
      (error: unknown) => this.#written(asError(error)),
    );
  }

  #written(error: Error | undefined): void {
    if (error !== undefined && isShortage(error)) return this.#waitForFiles(error);
    this.#shortSinceMs = undefined;
    if (error !== undefined) {
      const writes = this.#writes;
      this.#failed = error;
      this.#writes = [];
      for (const { done } of writes) done(error);
    } else {
      const write = this.#writes.shift();
      if (write !== undefined && this.#marker.wrote(this.#reclaimer.wrote(write.batch))) {
        // The next batch waits until it is seen how long the log is.
        this.#marking = this.#marker.mark().finally(() => {
          this.#marking = undefined;
          this.#writeFirst();
        });
      } else this.#writeFirst();
      write?.done(undefined);
    }
    if (this.#writes.length === 0) this.#whenIdle?.();
  }

  /**
   * LevelDB has not begun with the batch: it could not open the file that it was to go to, or refuses all writes since a
   * merge failed for that reason. (A sync or a write that failed never says so, and is never tried again.)
   */
  #waitForFiles(error: Error): void {
    this.#shortSinceMs ??= performance.now();
    const shortMs = performance.now() - this.#shortSinceMs;
    if (shortMs > shortageMaxMs) return this.#written(shortage(error));
    // A merge that failed is forgotten only when the database is opened anew. Views are lost then; those who hold one may
    // need it for minutes, and meanwhile nothing could be written.
    if (shortMs > reopenAfterMs && this.#reopening === undefined) {
      this.#reopening = this.#reopen();
      // Whoever waits for it is told.
      this.#reopening.catch(() => {});
    }
    setTimeout(() => this.#writeFirst(), shortageRetryMs);
  }

  /** Opens the database anew. What was synced is there again: every write that was reported done. */
  async #reopen(): Promise<void> {
    await this.#reclaimer.idle();
    // It ends snapshots and iterators too, in its own time.
    await this.#database.close();
    await patiently(() => this.#database.open());
    this.#reopenings += 1;
    this.#reopening = undefined;
  }

  async #readRange(range: KeyRange, bytesMax: number, snapshot: Snapshot): Promise<Row[]> {
    const iterator = this.#database.iterator({
      gte: range.gte,
      lt: range.lt,
      snapshot,
      fillCache: false,
      highWaterMarkBytes: bytesMax,
    });
    try {
      const rows: Row[] = [];
      for (let bytes = 0; bytes < bytesMax; ) {
        const next = await iterator.next();
        if (next === undefined) break;
        const [key, value] = next;
        rows.push({ key, value });
        bytes += value.length;
      }
      return rows;
    } finally {
      await iterator.close();
    }
  }

  async #visitRange(range: KeyRange, visit: (key: Uint8Array, value: Uint8Array) => void): Promise<void> {
    let last: Uint8Array | undefined;
    /** Visits the rows behind `last`. False if the database was opened anew before the end. */
    const visitRest = async (): Promise<boolean> => {
      await this.#reopening;
      const lives = this.#begun;
      try {
        await this.#visitFrom(last === undefined ? range : { gt: last, lt: range.lt }, (key, value) => {
          last = key;
          visit(key, value);
        });
      } catch (error) {
        if (this.#begun === lives) throw error;
        return false;
      }
      return true;
    };
    while (!(await patiently(visitRest)));
  }

  async #visitFrom(
    range: KeyRange | { readonly gt: Uint8Array; readonly lt: Uint8Array },
    visit: (key: Uint8Array, value: Uint8Array) => void,
  ): Promise<void> {
    const iterator = this.#database.iterator({ ...range, fillCache: false, highWaterMarkBytes: scanBytes });
    try {
      for (;;) {
        const rows = await iterator.nextv(scanRows);
        if (rows.length === 0) return;
        for (const [key, value] of rows) visit(key, value);
      }
    } finally {
      await iterator.close();
    }
  }

  /** How often the database was opened anew, or begun to be. */
  get #begun(): number {
    return this.#reopening === undefined ? this.#reopenings : this.#reopenings + 1;
  }
}

/**
 * Opens the database in `directory`, which is made when it does not exist. Rejects with DATA_DIR_UNUSABLE when it
 * cannot be a directory of this process alone, CORRUPT when what is in it is damaged.
 */
export async function openLevelDisk(directory: string): Promise<LevelDisk> {
  const path = resolve(directory);
  await makeDirectory(path);
  await checkFiles(path);
  // Not before the check: it opens itself in the next tick, and opening rewrites the files.
  const database = new Level<Uint8Array, Uint8Array>(path, options);
  try {
    await database.open();
  } catch (error) {
    throw openError(path, error);
  }
  return new LevelDisk(database, path);
}

function levelOperation(operation: DiskOperation) {
  return operation.type === "put"
    ? { type: "put" as const, key: operation.key, value: operation.value }
    : { type: "del" as const, key: operation.key };
}
