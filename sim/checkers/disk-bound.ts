/**
 * The disk stays within its bound: what a checkpoint's segments take follows from what lives in them, whatever was
 * written before. "Lives" is counted from the rows themselves as they reach the disk, not as the server counts.
 *
 * - While more than half of the segments, and more than the slack, is waste, each checkpoint takes the oldest segment away.
 * - A segment ends as soon as it is full, so that each is a chunk of a snapshot that a peer can take.
 * - They never take more than three times the most that lived since they were within that half, the slack, and a few times
 *   the largest checkpoint: of what is about to be cleaned, one more may be written.
 */
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { CheckpointWatcher, DurableCheckpoint } from "./segments.ts";

/** Checkpoints that may be under way before waste shows and is swept. */
const batchesAhead = 3;

/** What is known of one server's disk. */
interface Seen {
  generation: number;
  /** Since the waste was last within its half: the most that lived, and the largest checkpoint. */
  peakBytes: number;
  batchBytes: number;
  /** The oldest segment when it was time to clean; else 0. */
  due: number;
}

export class DiskBound implements Observer, CheckpointWatcher {
  readonly name = "disk-bound";
  readonly #marks: Marks | undefined;
  /** By server id. */
  readonly #seen: (Seen | undefined)[] = [];
  #slackBytes = 0;
  #segmentBytes = 0;

  constructor(marks: Marks | undefined) {
    this.#marks = marks;
  }

  begin({ plan }: World): void {
    this.#slackBytes = plan.config.checkpoints.slackBytes;
    this.#segmentBytes = plan.config.checkpoints.segmentBytes;
  }

  checkpoint(server: ServerView, { generation, segments, bytes: written, packed }: DurableCheckpoint): void {
    const { id } = server;
    const seen = this.#of(server);
    const { bytes, liveBytes, oldest } = segments;
    if (generation !== seen.generation) {
      seen.generation = generation;
      seen.due = 0;
      // As the leader had it.
      seen.peakBytes = Math.max(liveBytes, bytes / 3);
      seen.batchBytes = 0;
    } else if (packed >= this.#segmentBytes)
      throw new InvariantBroken(
        this.name,
        `n${id} writes a segment that had ${packed} bytes before its last row: it was to end at ${this.#segmentBytes}`,
      );
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
    const seen: Seen = { generation: 1, peakBytes: 0, batchBytes: 0, due: 0 };
    this.#seen[id] = seen;
    return seen;
  }
}
