/**
 * What comes from other servers and cannot go on at once, waits within a bound: commands that they forward to a leader
 * whose log has no room, and chunks of snapshots on their way to a follower's disk. Counted here are the commands that are
 * there, and what the disk still owes: not what the server has counted itself.
 */

import type { DiskOperation } from "../../src/storage/disk.ts";
import { segmentName } from "../../src/storage/layout.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView, StorageView } from "../world/view.ts";

export class WaitingBytes implements Observer {
  readonly name = "waiting-bytes";
  readonly #marks: Marks | undefined;
  #forwardedMax = 0;
  #stagedMax = 0;
  /** Servers that have handed a chunk to their disk since they were looked at. */
  readonly #stages = new Set<number>();

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  begin({ plan: { config } }: World): void {
    this.#forwardedMax = config.forwardedBytesMax;
    this.#stagedMax = config.stagedBytesMax;
  }

  writing({ id }: ServerView, batch: readonly DiskOperation[]): void {
    if (chunkBytes(batch).length > 0) this.#stages.add(id);
  }

  step({ id, node, disk }: ServerView): void {
    if (node === undefined) return;
    if (node.forwarded.length > 0) this.#forwards(id, node.forwarded);
    if (this.#stages.delete(id)) this.#staged(id, disk);
  }

  #forwards(id: number, commands: readonly Uint8Array[]): void {
    const forwarded = commands.reduce((bytes, command) => bytes + command.length, 0);
    if (2 * forwarded > this.#forwardedMax) this.#marks?.hit("forwarded-backlog");
    if (forwarded > this.#forwardedMax) this.#break(id, `${forwarded} bytes of commands that others forwarded`);
  }

  #staged(id: number, disk: StorageView): void {
    const chunks = disk.underway().flatMap(chunkBytes);
    const staged = chunks.reduce((bytes, chunk) => bytes + chunk, 0);
    if (staged > this.#stagedMax / 2) this.#marks?.hit("staged-backlog");
    if (chunks.length > 1 && staged > this.#stagedMax) this.#break(id, `${staged} bytes of chunks for its disk`);
  }

  #break(id: number, what: string): never {
    throw new InvariantBroken(this.name, `n${id} keeps ${what}, more than it may`);
  }
}

/** The bytes of a chunk that is staged: a segment that comes alone, without the head of a checkpoint. */
function chunkBytes(batch: readonly DiskOperation[]): number[] {
  const [operation] = batch;
  if (batch.length !== 1 || operation?.type !== "put" || segmentName(operation.key) === undefined) return [];
  return [operation.value.length];
}
