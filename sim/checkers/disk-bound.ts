/**
 * The disk stays within its bound: what a checkpoint's segments take follows from what lives in them, whatever was
 * written before. "Lives" is counted from the rows themselves as they reach the disk, not as the server counts.
 *
 * - While more than half of the segments, and more than the slack, is waste, each checkpoint takes the oldest segment away.
 * - They never take more than three times the most that lived since they were within that half, the slack, and a few times
 *   the largest checkpoint: of what is about to be cleaned, one more may be written.
 */
import type { DiskOperation } from "../../src/storage/disk.ts";
import { headKey, segmentName } from "../../src/storage/layout.ts";
import { decodeHead } from "../../src/storage/records.ts";
import { checksumBytes } from "../../src/storage/sealed.ts";
import { decodeSegment } from "../../src/storage/segment.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** Checkpoints that may be under way before waste shows and is swept. */
const batchesAhead = 3;

/** The segments of one generation, and what lives in them. */
class Segments {
  /** By number, rising. */
  readonly #bytes = new Map<number, number>();
  /** By path, or "session" and id: the size of the newest row. */
  readonly #rows = new Map<string, number>();
  bytes = 0;
  liveBytes = 0;

  put(number: number, value: Uint8Array): void {
    this.#bytes.set(number, value.length - checksumBytes);
    this.bytes += value.length - checksumBytes;
    const { removedPaths, endedSessions, znodes, sessions } = decodeSegment(value, `segment ${number}`);
    for (const path of removedPaths) this.#row(path, 0);
    for (const id of endedSessions) this.#row(`session ${id}`, 0);
    for (const { path, rowBytes } of znodes) this.#row(path, rowBytes);
    for (const { id, rowBytes } of sessions) this.#row(`session ${id}`, rowBytes);
  }

  delete(number: number): void {
    this.bytes -= this.#bytes.get(number) ?? 0;
    this.#bytes.delete(number);
  }

  /** Number of the oldest; 0 if there is none. */
  get oldest(): number {
    for (const number of this.#bytes.keys()) return number;
    return 0;
  }

  #row(name: string, bytes: number): void {
    this.liveBytes += bytes - (this.#rows.get(name) ?? 0);
    if (bytes === 0) this.#rows.delete(name);
    else this.#rows.set(name, bytes);
  }
}

/** What is known of one server's disk. */
interface Seen {
  readonly generations: Map<number, Segments>;
  generation: number;
  /** Since the waste was last within its half: the most that lived, and the largest checkpoint. */
  peakBytes: number;
  batchBytes: number;
  /** The oldest segment when it was time to clean; else 0. */
  due: number;
}

export class DiskBound implements Observer {
  readonly name = "disk-bound";
  readonly #marks: Marks | undefined;
  /** By server id. */
  readonly #seen: (Seen | undefined)[] = [];
  #slackBytes = 0;

  constructor(marks: Marks | undefined) {
    this.#marks = marks;
  }

  begin({ plan }: World): void {
    this.#slackBytes = plan.config.checkpoints.slackBytes;
  }

  durable(server: ServerView, batch: readonly DiskOperation[]): void {
    const seen = this.#of(server);
    let written = 0;
    let head: Uint8Array | undefined;
    for (const operation of batch) {
      const name = segmentName(operation.key);
      if (name !== undefined) {
        const segments = generationOf(seen, name.generation);
        if (operation.type === "delete") segments.delete(name.number);
        else segments.put(name.number, operation.value);
        if (operation.type === "put") written += operation.value.length;
      } else if (operation.type === "put" && operation.key.length === 1 && operation.key[0] === headKey[0])
        head = operation.value;
    }
    if (head !== undefined) this.#checkpoint(server, seen, decodeHead(head).generation, written);
  }

  #checkpoint({ id }: ServerView, seen: Seen, generation: number, written: number): void {
    const segments = generationOf(seen, generation);
    const { bytes, liveBytes, oldest } = segments;
    if (generation !== seen.generation) {
      seen.generation = generation;
      seen.due = 0;
      // As the leader had it.
      seen.peakBytes = Math.max(liveBytes, bytes / 3);
      seen.batchBytes = 0;
    }
    const isWasteful = bytes > 2 * liveBytes + this.#slackBytes;
    const what = `the checkpoint of n${id} has ${bytes} bytes for ${liveBytes} that live`;
    if (seen.due !== 0 && oldest === seen.due)
      throw new InvariantBroken(this.name, `${what}, and a checkpoint more has left its oldest segment, ${oldest}`);
    if (seen.due !== 0) this.#marks?.hit("checkpoint-cleaned");
    if (!isWasteful) {
      seen.peakBytes = liveBytes;
      seen.batchBytes = written;
      seen.due = 0;
      return;
    }
    seen.due = oldest;
    seen.peakBytes = Math.max(seen.peakBytes, liveBytes);
    seen.batchBytes = Math.max(seen.batchBytes, written);
    const boundBytes = 3 * seen.peakBytes + this.#slackBytes + batchesAhead * seen.batchBytes;
    if (bytes > boundBytes) throw new InvariantBroken(this.name, `${what}: more than ${boundBytes}`);
  }

  #of({ id }: ServerView): Seen {
    const known = this.#seen[id];
    if (known !== undefined) return known;
    const seen: Seen = { generations: new Map(), generation: 1, peakBytes: 0, batchBytes: 0, due: 0 };
    this.#seen[id] = seen;
    return seen;
  }
}

function generationOf({ generations }: Seen, generation: number): Segments {
  const known = generations.get(generation);
  if (known !== undefined) return known;
  const segments = new Segments();
  generations.set(generation, segments);
  return segments;
}
