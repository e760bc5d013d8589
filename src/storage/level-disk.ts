/** The Disk port on LevelDB: the only file that knows Level. */
import { mkdir, open, readdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Level } from "level";
import { emptyBytes } from "../base/bytes.ts";
import { TerrariumError } from "../base/errors.ts";
import type { Disk, DiskOperation, DiskView, KeyRange, Row } from "./disk.ts";
import { findWalDamage } from "./level-wal.ts";
import { corrupt } from "./sealed.ts";

type Database = Level<Uint8Array, Uint8Array>;
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

interface PendingWrite {
  readonly batch: readonly DiskOperation[];
  readonly done: (error: Error | undefined) => void;
}

/**
 * A LevelDB database. Every write is synced, and none begins before the one before it is done. After one that failed none
 * is tried any more: behind a torn record a sound one would make damage of what was only unfinished.
 */
export class LevelDisk implements Disk {
  private readonly database: Database;
  /** The first one is under way. LevelDB, given several at once, would take them in any order. */
  private writes: PendingWrite[] = [];
  private failed: Error | undefined;
  private whenIdle: (() => void) | undefined;
  private closing: Promise<void> | undefined;

  constructor(database: Database) {
    this.database = database;
  }

  write(batch: readonly DiskOperation[], done: (error: Error | undefined) => void): void {
    const { failed } = this;
    if (failed !== undefined) return queueMicrotask(() => done(failed));
    this.writes.push({ batch, done });
    if (this.writes.length === 1) this.writeFirst();
  }

  scan(
    range: KeyRange,
    visit: (key: Uint8Array, value: Uint8Array) => void,
    done: (error: Error | undefined) => void,
  ): void {
    this.visitRange(range, visit).then(
      () => done(undefined),
      (error: unknown) => done(scanError(error)),
    );
  }

  view(): DiskView {
    const snapshot = this.database.snapshot();
    let closed = false;
    return {
      read: (range, bytesMax, done) => {
        this.readRange(range, bytesMax, snapshot).then(
          (rows) => {
            if (!closed) done(undefined, rows);
          },
          (error: unknown) => {
            if (!closed) done(scanError(error), []);
          },
        );
      },
      close: () => {
        if (closed) return;
        closed = true;
        snapshot.close().catch(() => {
          // It ends with the database at the latest.
        });
      },
    };
  }

  /** Waits for the writes that it was given, then lets go of the directory. */
  close(): Promise<void> {
    this.closing ??= this.closeWhenIdle();
    return this.closing;
  }

  private async closeWhenIdle(): Promise<void> {
    if (this.writes.length > 0) {
      await new Promise<void>((resolve) => {
        this.whenIdle = resolve;
      });
    }
    await this.database.close();
  }

  private writeFirst(): void {
    const first = this.writes[0];
    if (first === undefined) return;
    this.database.batch(first.batch.map(levelOperation), { sync: true }).then(
      () => this.written(undefined),
      (error: unknown) => this.written(asError(error)),
    );
  }

  private written(error: Error | undefined): void {
    if (error !== undefined) {
      const { writes } = this;
      this.failed = error;
      this.writes = [];
      for (const { done } of writes) done(error);
    } else {
      const write = this.writes.shift();
      this.writeFirst();
      write?.done(undefined);
    }
    if (this.writes.length === 0) this.whenIdle?.();
  }

  private async readRange(range: KeyRange, bytesMax: number, snapshot: Snapshot): Promise<Row[]> {
    const iterator = this.database.iterator({
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

  private async visitRange(range: KeyRange, visit: (key: Uint8Array, value: Uint8Array) => void): Promise<void> {
    const iterator = this.database.iterator({
      gte: range.gte,
      lt: range.lt,
      fillCache: false,
      highWaterMarkBytes: scanBytes,
    });
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
  const database: Database = new Level(path, options);
  try {
    await database.open();
  } catch (error) {
    throw openError(path, error);
  }
  return new LevelDisk(database);
}

function levelOperation(operation: DiskOperation) {
  return operation.type === "put"
    ? { type: "put" as const, key: operation.key, value: operation.value }
    : { type: "del" as const, key: operation.key };
}

/** Makes the directory, and sees to it that it is still there after a power failure. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await makeWithParents(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Not `mkdir` with `recursive`: in some places where nothing can be made (`/proc`), Node 20 tries for ever. */
async function makeWithParents(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT") throw error;
    await makeWithParents(dirname(path));
    await mkdir(path);
  }
  await syncDirectory(dirname(path));
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Sees that LevelDB will neither take a damaged database for a new one, nor drop batches that were synced. Where a
 * server has the directory open, files may go away meanwhile: no matter, for opening fails then.
 */
async function checkFiles(path: string): Promise<void> {
  const names = (await attempt(path, readdir(path))) ?? [];
  const logs = names
    .filter((name) => name.endsWith(".log"))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  const current = names.includes("CURRENT")
    ? await attempt(path, readFile(join(path, "CURRENT"), "latin1"))
    : undefined;
  if (current === undefined) {
    if (logs.length > 0 || names.some((name) => name.endsWith(".ldb")))
      throw corrupt(`${path} has lost its file CURRENT`);
    return;
  }
  if (!names.includes(current.trim())) throw corrupt(`${path} has lost its file ${current.trim() || "MANIFEST"}`);
  const files = await Promise.all(logs.map((name) => attempt(path, readFile(join(path, name)))));
  const damage = findWalDamage(files.map((bytes) => bytes ?? emptyBytes));
  if (damage !== undefined)
    throw corrupt(`${join(path, logs[damage.file] ?? "")} cannot be read at byte ${damage.offset}`);
}

/** What a file operation gives; undefined when the file is not there. */
async function attempt<T>(path: string, operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw unusable(path, error);
  }
}

function openError(path: string, error: unknown): TerrariumError {
  // Level wraps what LevelDB says.
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  switch (codeOf(cause)) {
    case "LEVEL_CORRUPTION":
      return corrupt(`LevelDB cannot open ${path} (${messageOf(cause)})`);
    case "LEVEL_LOCKED":
      return new TerrariumError(
        "DATA_DIR_UNUSABLE",
        `another server has the data directory ${path} open`,
        "stop that server, or give this one a directory of its own",
      );
    default:
      return unusable(path, cause);
  }
}

function scanError(error: unknown): Error {
  if (codeOf(error) === "LEVEL_CORRUPTION") return corrupt(`LevelDB cannot read it (${messageOf(error)})`);
  return asError(error);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function unusable(path: string, error: unknown): TerrariumError {
  return new TerrariumError("DATA_DIR_UNUSABLE", `the data directory ${path} cannot be used: ${messageOf(error)}`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
