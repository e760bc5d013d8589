/**
 * Incremental checkpoints (§7, docs/decisions/0006): what has changed since the last one goes out in one atomic, synced batch with the
 * index up to which it is applied. A crash leaves the whole of it or the one before. It is encoded in steps, while the
 * state goes on: what is about to change before it was its turn is written at once (copy on write).
 *
 * Once more than half of what is on disk is waste, the oldest segments are swept: what lives in them is marked as changed,
 * so that the next checkpoint writes it anew and drops them. Sweeps go on until there is no more waste than that, each one
 * bounded by what the checkpoint before it wrote: so the disk stays within a bound and the cost follows the changes.
 *
 * A checkpoint holds only what is applied, and only what is durable in the log is applied: so it is never ahead of the
 * log on disk.
 */
import { assert, present } from "../base/assert.ts";
import type { LogBase } from "../raft/types.ts";
import type { ZnodeMachine } from "../znode/machine.ts";
import type { Session } from "../znode/sessions.ts";
import type { Znode } from "../znode/stat.ts";
import type { Disk, DiskOperation } from "./disk.ts";
import { diskError } from "./disk-hints.ts";
import { headKey, segmentKey, segmentName, segmentRange } from "./layout.ts";
import { type CheckpointHead, encodeHead } from "./records.ts";
import { SegmentEncoder, visitNames } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";

export interface CheckpointerOptions {
  /** About how large a segment is, bytes; also the chunk of a snapshot. */
  readonly segmentBytes: number;
  /** About how much is written anew with each sweep, bytes; twice what the checkpoint before it wrote, if that is more. */
  readonly cleanBytes: number;
  /** Waste that is not worth cleaning, bytes. */
  readonly slackBytes: number;
}

export interface CheckpointerCallbacks {
  /** The checkpoint at `index` is on stable storage. */
  durable(index: number): void;
  /** A sweep is over: a checkpoint is due. */
  swept(): void;
  /** The disk failed, or what it holds is damaged: the server must stop. */
  failed(error: Error): void;
}

/** A checkpoint that is being encoded, while the state goes on. */
interface Underway {
  readonly encoder: SegmentEncoder;
  /** Number of its first segment. */
  readonly first: number;
  /** But for the number of segments, which counts those too. */
  readonly head: Omit<CheckpointHead, "segments">;
}

/** Writes the checkpoints of one state machine. */
export class Checkpointer {
  readonly #disk: Disk;
  readonly #machine: ZnodeMachine;
  readonly #table: SegmentTable;
  readonly #options: CheckpointerOptions;
  readonly #callbacks: CheckpointerCallbacks;
  #underway: Underway | undefined;
  #writing = false;
  #sweeping = false;
  #swept = false;
  /** What the last checkpoint wrote, but for the rows that a sweep moved, bytes. */
  #newBytes = 0;
  /** Rows that the next checkpoint moves, bytes. */
  #movedBytes = 0;
  #over = false;

  /** `table` tells where the rows of `machine` are on disk. */
  constructor(
    disk: Disk,
    machine: ZnodeMachine,
    table: SegmentTable,
    options: CheckpointerOptions,
    callbacks: CheckpointerCallbacks,
  ) {
    this.#disk = disk;
    this.#machine = machine;
    this.#table = table;
    this.#options = options;
    this.#callbacks = callbacks;
  }

  /** Whether a checkpoint is being made, or made ready by a sweep. */
  get busy(): boolean {
    return this.#writing || this.#sweeping || this.encoding;
  }

  /** Whether a sweep has left rows for the next checkpoint, which is due although nothing may have been applied. */
  get hasSwept(): boolean {
    return this.#swept;
  }

  /** Whether it is time to {@link sweep}. */
  get isWasteful(): boolean {
    return this.#table.isWasteful(this.#options.slackBytes);
  }

  /** Whether a checkpoint waits for its next {@link step}: one a turn, so that none takes long. */
  get encoding(): boolean {
    return this.#underway !== undefined;
  }

  /** The last entry of the checkpoint that is being encoded. */
  get encodingIndex(): number | undefined {
    return this.#underway?.head.index;
  }

  /**
   * Begins a checkpoint of the machine as it is now: `index` is that of the last entry applied, with its term and the
   * configuration in effect. Not while {@link busy}. Large ones are encoded in steps: see {@link encoding}.
   */
  begin({ index, term, configuration }: LogBase): void {
    assert(!this.busy, "one checkpoint at a time");
    assert(index === this.#machine.appliedIndex, "a checkpoint holds what is applied");
    this.#swept = false;
    const table = this.#table;
    const rows = this.#machine.takeDirty((znode) => encoder.save(znode));
    for (const row of rows.endedSessions) table.release(row);
    const first = table.nextNumber;
    const place = (row: Znode | Session, nth: number, bytes: number): void => {
      table.release(row);
      row.segment = first + nth;
      row.rowBytes = bytes;
    };
    const encoder = new SegmentEncoder(rows, this.#options.segmentBytes, place, (row) => table.release(row));
    const { generation } = table;
    const { znodes, sessions } = this.#machine.counts();
    const timeMs = this.#machine.lastTimeMs;
    this.#underway = { encoder, first, head: { generation, index, term, timeMs, configuration, znodes, sessions } };
    this.step();
  }

  /** Encodes about one segment more; after the last one it writes them all. */
  step(): void {
    const { encoder, first, head } = present(this.#underway, "a checkpoint under way");
    if (encoder.step()) return;
    this.#underway = undefined;
    const table = this.#table;
    const { generation } = head;
    let bytes = 0;
    const batch: DiskOperation[] = encoder.finish().map(({ value, rowBytes, removals }, nth) => {
      table.add(first + nth, value.length, rowBytes, removals);
      bytes += value.length;
      return { type: "put", key: segmentKey({ generation, number: first + nth }), value };
    });
    this.#newBytes = Math.max(0, bytes - this.#movedBytes);
    this.#movedBytes = 0;
    for (const number of table.takeDead()) batch.push({ type: "delete", key: segmentKey({ generation, number }) });
    batch.push({ type: "put", key: headKey, value: encodeHead({ ...head, segments: table.size }) });
    this.#writing = true;
    this.#disk.write(batch, (error) => this.#written(head.index, error));
  }

  /** Calls nobody any more: another state has taken the place of this one. */
  abandon(): void {
    this.#over = true;
    this.#underway = undefined;
  }

  #written(index: number, error: Error | undefined): void {
    this.#writing = false;
    if (error !== undefined) return this.#fail(diskError(error, "a checkpoint could not be written"));
    if (!this.#over) this.#callbacks.durable(index);
  }

  /** Reads the oldest segments, and has the next checkpoint write anew what lives in them: then they go. Not while {@link busy}. */
  sweep(): void {
    assert(!this.busy, "a sweep comes between checkpoints");
    const range = this.#table.oldest(Math.max(this.#options.cleanBytes, 2 * this.#newBytes));
    this.#sweeping = true;
    this.#movedBytes = range.liveBytes;
    let damage: Error | undefined;
    this.#disk.scan(
      segmentRange(this.#table.generation, range.first, range.last),
      (key, value) => {
        damage ??= this.#touchRows(segmentName(key)?.number ?? 0, value);
      },
      (error) => {
        this.#sweeping = false;
        if (this.#over) return;
        if (damage !== undefined) return this.#callbacks.failed(damage);
        if (error !== undefined) return this.#fail(diskError(error, "the checkpoint could not be read"));
        this.#swept = true;
        this.#callbacks.swept();
      },
    );
  }

  #touchRows(number: number, value: Uint8Array): Error | undefined {
    if (this.#over || !this.#table.isLive(number)) return undefined;
    try {
      visitNames(value, `segment ${number} of the checkpoint`, {
        znode: (path) => this.#machine.touchZnode(path, number),
        session: (id) => this.#machine.touchSession(id, number),
      });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #fail(error: Error): void {
    this.#over = true;
    this.#callbacks.failed(error);
  }
}
