/**
 * Which segments make up a checkpoint, and how many bytes of each still count: a row that was written anew leaves its old
 * place to waste, and a removal is waste from the beginning. Segments are a log of their own. The oldest are cleaned by
 * writing what still lives in them anew.
 *
 * A removal must stay as long as an older segment may hold a row of what it removes: until its segment is the oldest.
 */
import { assert, present } from "../base/assert.ts";
import type { Session } from "../znode/sessions.ts";
import type { Znode } from "../znode/stat.ts";
import type { SegmentName } from "./layout.ts";
import { checksumBytes } from "./sealed.ts";

interface Entry {
  readonly bytes: number;
  /** Bytes of the rows in it that are the present ones. */
  liveBytes: number;
  readonly removals: number;
}

/** A range of segments to be cleaned. */
export interface Cleaning {
  readonly first: number;
  readonly last: number;
  /** Bytes of the rows that live in them. */
  readonly liveBytes: number;
}

/** How many bytes of each segment are read, at most, for one that is to be written anew. */
const readFactor = 8;

export class SegmentTable {
  readonly generation: number;
  /** By number, rising. */
  readonly #segments = new Map<number, Entry>();
  #nextNumber = 1;
  #bytes = 0;
  #liveBytes = 0;
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

  /** Bytes of the rows that make up the state. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** Bytes that nobody would miss once the older segments are gone: of old rows, and of removals. */
  get wasteBytes(): number {
    return this.#bytes - checksumBytes * this.#segments.size - this.#liveBytes;
  }

  /** The number that the next segment gets. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  /** Takes note of a segment, whose number must be above all others. Its rows, of together `rowBytes`, are live. */
  add(number: number, bytes: number, rowBytes: number, removals: number): void {
    assert(number >= this.#nextNumber, "segments are numbered upwards");
    this.#nextNumber = number + 1;
    this.#segments.set(number, { bytes, liveBytes: rowBytes, removals });
    this.#bytes += bytes;
    this.#liveBytes += rowBytes;
    if (rowBytes === 0) this.#dead.add(number);
  }

  /** The row's place is given up: the row is gone, or written anew. */
  release(row: Znode | Session): void {
    if (row.segment === 0) return;
    const entry = present(this.#segments.get(row.segment), "the segment of a row");
    entry.liveBytes -= row.rowBytes;
    this.#liveBytes -= row.rowBytes;
    assert(entry.liveBytes >= 0, "a segment has no more live rows than rows");
    if (entry.liveBytes === 0) this.#dead.add(row.segment);
    row.segment = 0;
  }

  /** Whether some row of a segment still counts. */
  isLive(number: number): boolean {
    return (this.#segments.get(number)?.liveBytes ?? 0) > 0;
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
    for (const [number, { liveBytes }] of this.#segments) {
      if (liveBytes > 0) break;
      this.#drop(number);
      taken.push(number);
    }
    return taken;
  }

  /** Whether it is time to clean: more than half of all bytes, and more than `slackBytes`, are waste. */
  isWasteful(slackBytes: number): boolean {
    return this.wasteBytes > this.#liveBytes + slackBytes;
  }

  /**
   * The oldest segments, at least one: so many that about `liveBytesMax` have to be written anew, or a few times as much
   * has to be read for that.
   */
  oldest(liveBytesMax: number): Cleaning {
    let first: number | undefined;
    let last = 0;
    let bytes = 0;
    let liveBytes = 0;
    for (const [number, entry] of this.#segments) {
      bytes += entry.bytes;
      if (first !== undefined && (liveBytes + entry.liveBytes > liveBytesMax || bytes > readFactor * liveBytesMax))
        break;
      first ??= number;
      last = number;
      liveBytes += entry.liveBytes;
    }
    return { first: present(first, "a segment of a table that is swept"), last, liveBytes };
  }

  #drop(number: number): void {
    const entry = present(this.#segments.get(number), "a segment to drop");
    this.#bytes -= entry.bytes;
    this.#segments.delete(number);
    this.#dead.delete(number);
  }
}
