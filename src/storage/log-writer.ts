/**
 * Brings Raft's writes to disk in order: group commit. At most one batch is in flight; what arrives meanwhile becomes
 * one batch after it, with one log block (or a few, see `blockBytesMax`) for all its entries.
 */
import { assert, present } from "../base/assert.ts";
import type { Entry, HardState, Index, LogBase, LogWrite, Term } from "../raft/types.ts";
import type { Disk, DiskOperation } from "./disk.ts";
import { diskError } from "./disk-hints.ts";
import { hardStateKey, logBaseKey, logBlockKey } from "./layout.ts";
import { blockOverheadBytes, encodeLogBlock, entryBytes } from "./log-block.ts";
import { encodeHardState, encodeLogBase } from "./records.ts";

/** A log block's value stays below this, unless one entry alone is larger. */
const blockBytesMax = 1024 * 1024;

/**
 * A log block on disk. Its entries are those that Raft holds, not copies: a truncation within the block writes what
 * remains of it again.
 */
export interface StoredBlock {
  readonly firstIndex: Index;
  /** Contiguous, at least one. */
  readonly entries: readonly Entry[];
  /** Of its value. */
  readonly bytes: number;
}

/** What the disk holds when a {@link LogWriter} begins. */
export interface StoredLog {
  readonly hardState: HardState;
  /** Where the log begins; index 0, term 0 while it is whole. */
  readonly base: { readonly index: Index; readonly term: Term };
  /** Each begins where the one before it ends. */
  readonly blocks: readonly StoredBlock[];
}

export interface LogWriterCallbacks {
  /** All writes up to the one with this token are on stable storage. {@link LogWriter.flush} may be called from it. */
  durable(token: number): void;
  /** A write failed: the server must stop. Called once; the writer does nothing any more. */
  failed(error: Error): void;
}

/** Writes Raft's log and hard state. */
export class LogWriter {
  readonly #disk: Disk;
  readonly #callbacks: LogWriterCallbacks;
  #state: "idle" | "writing" | "failed" = "idle";
  /** Blocks on disk, as if the batch in flight were done. */
  readonly #blocks: StoredBlock[];
  /** Where the log on disk begins, as if the batch in flight were done. */
  #base: { readonly index: Index; readonly term: Term };
  /** Until the next batch: the log is to begin here … */
  #newBase: LogBase | undefined;
  /** … since a snapshot takes its place, with these operations. */
  #snapshotOperations: readonly DiskOperation[] | undefined;
  /** Entries of `blocks` behind this index are to be cut off by the next batch … */
  #kept: Index;
  /** … which then appends these. */
  #queued: Entry[] = [];
  /** The newest hard state, written or queued. */
  #hardState: HardState;
  #hardStateQueued = false;
  /** Token of the newest write appended, and of the newest one given to the disk. */
  #appendedToken: number | undefined;
  #issuedToken: number | undefined;

  constructor(disk: Disk, stored: StoredLog, callbacks: LogWriterCallbacks) {
    this.#disk = disk;
    this.#callbacks = callbacks;
    this.#blocks = [...stored.blocks];
    this.#hardState = stored.hardState;
    this.#base = stored.base;
    this.#kept = this.#storedIndex();
  }

  /** Bytes of the log on disk. */
  get bytes(): number {
    let bytes = 0;
    for (const block of this.#blocks) bytes += block.bytes;
    return bytes;
  }

  /**
   * The end of the newest block that can go, if everything up to `index` is in a durable checkpoint and the last
   * `tailBytes` of the log are to stay.
   */
  compactable(index: Index, tailBytes: number): Index | undefined {
    let found: Index | undefined;
    let behind = this.bytes;
    for (const block of this.#blocks) {
      const last = lastIndexOf(block);
      behind -= block.bytes;
      // The newest entry on disk stays: its term tells which log this is.
      if (last > index || last >= this.#kept || behind < tailBytes) break;
      found = last;
    }
    return found;
  }

  /** Has the next batch drop the blocks up to `base`, which is the end of one: see {@link compactable}. */
  compact(base: LogBase): void {
    if (this.#state === "failed") return;
    assert(this.#snapshotOperations === undefined, "a log that a snapshot replaces is not compacted");
    assert(base.index > this.#base.index && base.index <= this.#kept, "what is compacted is on disk");
    this.#newBase = base;
  }

  /**
   * Queues a write; {@link flush} starts it. After a failure nothing is taken any more. `snapshotOperations` go along
   * with a write that has a snapshot: they make it the present checkpoint.
   */
  append(write: LogWrite, snapshotOperations: readonly DiskOperation[] = []): void {
    if (this.#state === "failed") return;
    assert(
      this.#appendedToken === undefined || write.token === this.#appendedToken + 1,
      "tokens of writes rise by one each",
    );
    this.#appendedToken = write.token;
    if (write.hardState !== undefined) {
      this.#hardState = write.hardState;
      this.#hardStateQueued = true;
    }
    if (write.snapshot !== undefined) this.#replace(write.snapshot, snapshotOperations);
    if (write.truncateFrom !== undefined) this.#truncate(write.truncateFrom);
    for (const entry of write.entries) {
      assert(entry.index === this.#kept + this.#queued.length + 1, "appended entries continue the log on disk");
      assert(entry.term <= this.#hardState.currentTerm, "no entry is durable before its term");
      this.#queued.push(entry);
    }
  }

  /** Gives what is queued to the disk, unless a batch is in flight: then its completion is the time to call again. */
  flush(): void {
    const token = this.#appendedToken;
    if (this.#state !== "idle" || (token === this.#issuedToken && this.#newBase === undefined)) return;
    const batch = this.#takeBatch();
    this.#state = "writing";
    this.#issuedToken = token;
    this.#disk.write(batch, (error) => this.#completed(token, error));
  }

  #completed(token: number | undefined, error: Error | undefined): void {
    assert(this.#state === "writing", "a batch completes once");
    if (error !== undefined) {
      // What a failed write or fsync left behind is unknown, and a second fsync may succeed without having written
      // anything: so there is no second one.
      this.#state = "failed";
      this.#callbacks.failed(diskError(error, "a write to disk failed"));
      return;
    }
    this.#state = "idle";
    if (token === undefined) this.flush();
    else this.#callbacks.durable(token);
  }

  /** Cuts the log so that it ends before `from`: what is only queued is dropped, the disk's part is cut later. */
  #truncate(from: Index): void {
    assert(from > (this.#newBase ?? this.#base).index, "what a checkpoint covers is never cut off");
    assert(from > 1, "the first entry of the log is never cut off");
    if (from > this.#kept) {
      this.#queued.length = Math.min(this.#queued.length, from - this.#kept - 1);
      return;
    }
    this.#kept = from - 1;
    this.#queued = [];
  }

  /** A snapshot takes the place of everything, queued or on disk. */
  #replace(snapshot: LogBase, operations: readonly DiskOperation[]): void {
    this.#newBase = snapshot;
    this.#snapshotOperations = operations;
    this.#queued = [];
    this.#kept = snapshot.index;
  }

  #takeBatch(): DiskOperation[] {
    const batch: DiskOperation[] = [];
    this.#moveBase(batch);
    // Deletions come first: a new block may take the key of a deleted one.
    this.#cutBlocks(batch);
    this.#appendBlocks(batch);
    // Entries that were queued and cut again leave nothing to write; the hard state then keeps the batch from being
    // empty, so that every write completes in the same way.
    if (this.#hardStateQueued || batch.length === 0) {
      batch.push({ type: "put", key: hardStateKey, value: encodeHardState(this.#hardState) });
      this.#hardStateQueued = false;
    }
    return batch;
  }

  /** Has the log begin where it should: a compaction drops the blocks before that, a snapshot all. */
  #moveBase(batch: DiskOperation[]): void {
    const newBase = this.#newBase;
    if (newBase === undefined) return;
    const all = this.#snapshotOperations !== undefined;
    let gone = 0;
    for (const block of this.#blocks) {
      if (!all && lastIndexOf(block) > newBase.index) break;
      batch.push({ type: "delete", key: logBlockKey(block.firstIndex) });
      gone++;
    }
    this.#blocks.splice(0, gone);
    batch.push({ type: "put", key: logBaseKey, value: encodeLogBase(newBase) });
    for (const operation of this.#snapshotOperations ?? []) batch.push(operation);
    this.#base = newBase;
    this.#newBase = undefined;
    this.#snapshotOperations = undefined;
  }

  /** Deletes the blocks behind `kept`; at most one that straddles it is written again without its end. */
  #cutBlocks(batch: DiskOperation[]): void {
    let last = this.#blocks.at(-1);
    while (last !== undefined && last.firstIndex > this.#kept) {
      batch.push({ type: "delete", key: logBlockKey(last.firstIndex) });
      this.#blocks.pop();
      last = this.#blocks.at(-1);
    }
    if (last === undefined || lastIndexOf(last) <= this.#kept) return;
    this.#blocks.pop();
    this.#putBlock(batch, last.entries.slice(0, this.#kept - last.firstIndex + 1));
  }

  #appendBlocks(batch: DiskOperation[]): void {
    for (const entries of splitByBytes(this.#queued)) this.#putBlock(batch, entries);
    this.#kept += this.#queued.length;
    this.#queued = [];
  }

  #putBlock(batch: DiskOperation[], entries: readonly Entry[]): void {
    const firstIndex = present(entries[0], "the first entry of a block").index;
    const value = encodeLogBlock({ currentTerm: this.#hardState.currentTerm, prevTerm: this.#lastTerm(), entries });
    batch.push({ type: "put", key: logBlockKey(firstIndex), value });
    this.#blocks.push({ firstIndex, entries, bytes: value.length });
  }

  #lastTerm(): Term {
    return this.#blocks.at(-1)?.entries.at(-1)?.term ?? this.#base.term;
  }

  #storedIndex(): Index {
    const last = this.#blocks.at(-1);
    return last === undefined ? this.#base.index : lastIndexOf(last);
  }
}

/** Cuts entries into runs of at most {@link blockBytesMax}, or of one entry. */
function splitByBytes(entries: readonly Entry[]): (readonly Entry[])[] {
  const runs: (readonly Entry[])[] = [];
  let start = 0;
  let bytes = blockOverheadBytes;
  let i = 0;
  for (const entry of entries) {
    const size = entryBytes(entry);
    if (i > start && bytes + size > blockBytesMax) {
      runs.push(entries.slice(start, i));
      start = i;
      bytes = blockOverheadBytes;
    }
    bytes += size;
    i++;
  }
  if (start < entries.length) runs.push(start === 0 ? entries : entries.slice(start));
  return runs;
}

function lastIndexOf(block: StoredBlock): Index {
  return block.firstIndex + block.entries.length - 1;
}
