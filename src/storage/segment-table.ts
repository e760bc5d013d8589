/**
 * Which segments make up a checkpoint, and how much of each still counts: a row that was written anew leaves its old
 * place to waste. Segments are a log of their own. The oldest are cleaned by writing what still lives in them anew.
 *
 * A removal must stay as long as an older segment may hold a row of what it removes: until its segment is the oldest.
 */
import { assert, present } from "../base/assert.ts";
import type { Session } from "../znode/sessions.ts";
import type { Znode } from "../znode/stat.ts";
import type { SegmentName } from "./layout.ts";

interface Entry {
  readonly bytes: number;
  /** Rows in it, and how many of them are the present ones. */
  readonly rows: number;
  live: number;
  readonly removals: number;
}

/** A range of segments to be cleaned. */
export interface Cleaning {
  readonly first: number;
  readonly last: number;
}

/** See the file's comment. */
export class SegmentTable {
  readonly generation: number;
  /** By number, rising. */
  readonly #segments = new Map<number, Entry>();
  #nextNumber = 1;
  #bytes = 0;
  /** Segments without a live row that were not taken yet. */
  readonly #dead = new Set<number>();

  constructor(generation: number) {
    this.generation = generation;
  }

  /** How many segments there are. */
  get size(): number {
    return this.#segments.size;
  }

  /** All of them. */
  names(): SegmentName[] {
    return Array.from(this.#segments.keys(), (number) => ({ generation: this.generation, number }));
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number that the next segment gets. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Takes note of a segment, whose number must be above all others. Its rows are live. */
  add(number: number, bytes: number, rows: number, removals: number): void {
    assert(number >= this.#nextNumber, "segments are numbered upwards");
    this.#nextNumber = number + 1;
    this.#segments.set(number, { bytes, rows, live: rows, removals });
    this.#bytes += bytes;
    if (rows === 0) this.#dead.add(number);
  }

  /** The row's place is given up: the row is gone, or written anew. */
  release(row: Znode | Session): void {
    if (row.segment === 0) return;
    const entry = present(this.#segments.get(row.segment), "the segment of a row");
    entry.live--;
    assert(entry.live >= 0, "a segment has no more live rows than rows");
    if (entry.live === 0) this.#dead.add(row.segment);
    row.segment = 0;
  }

  /** Takes out the segments that nobody needs any more, and returns their numbers. */
  takeDead(): readonly number[] {
    const taken: number[] = [];
    for (const number of this.#dead) {
      if (present(this.#segments.get(number), "a dead segment").removals > 0) continue;
      this.#drop(number);
      taken.push(number);
    }
    // Behind the oldest, nothing is left that a removal could be about.
    for (const [number, { live }] of this.#segments) {
      if (live > 0) break;
      this.#drop(number);
      taken.push(number);
    }
    return taken;
  }

  /**
   * The oldest segments, of together about `bytesMax`, if it is time to clean them: when more than half of all bytes,
   * and more than `slackBytes`, are waste.
   */
  cleaning(bytesMax: number, slackBytes: number): Cleaning | undefined {
    let liveBytes = 0;
    for (const { bytes, live, rows } of this.#segments.values()) liveBytes += rows === 0 ? 0 : (bytes * live) / rows;
    if (this.#bytes <= 2 * liveBytes + slackBytes) return undefined;
    let first: number | undefined;
    let last = 0;
    let bytes = 0;
    for (const [number, entry] of this.#segments) {
      if (first !== undefined && bytes + entry.bytes > bytesMax) break;
      first ??= number;
      last = number;
      bytes += entry.bytes;
    }
    return first === undefined ? undefined : { first, last };
  }

  #drop(number: number): void {
    const entry = present(this.#segments.get(number), "a segment to drop");
    this.#bytes -= entry.bytes;
    this.#segments.delete(number);
    this.#dead.delete(number);
  }
}
