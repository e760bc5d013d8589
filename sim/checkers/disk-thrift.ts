/**
 * Nothing is written that the disk has: what goes there follows from what changes, whatever else goes on.
 *
 * - No checkpoint writes a row again as it is, unless the segment in which it stands is taken away by the same batch: the
 *   cleaning moves what lives there. Only counts of a quota may have been others meanwhile, and be what they were again;
 *   then something that they count has changed, and is written too. And none removes a row that is not there.
 * - Term and vote, the identity, the admission, where the log begins, and a block of the log are not written again as they
 *   are. Only where a write has come to nothing, since what it was to append was cut off again, term and vote stand in.
 */
import { bytesEqual } from "../../src/base/bytes.ts";
import type { Index } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { hardStateKey, headKey, logBlockIndex } from "../../src/storage/layout.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { countedBy } from "./model-quotas.ts";
import type { CheckpointWatcher, DurableCheckpoint, Segments } from "./segments.ts";

/** What one server's disk has. */
interface Seen {
  /** By the one byte of their keys: what stands alone. */
  readonly single: (Uint8Array | undefined)[];
  /** By the index of the first entry: blocks of the log. */
  readonly blocks: Map<Index, Uint8Array>;
  /** Of the newest checkpoint. */
  generation: number;
  replaced: number;
}

export class DiskThrift implements Observer, CheckpointWatcher {
  readonly name = "disk-thrift";
  readonly #marks: Marks | undefined;
  /** By server id. */
  readonly #seen: (Seen | undefined)[] = [];

  constructor(marks: Marks | undefined) {
    this.#marks = marks;
  }

  /** The blocks of a server's log on disk, by the index of the first entry, rising. */
  blocks(server: ServerView): ReadonlyMap<Index, Uint8Array> {
    return this.#of(server).blocks;
  }

  durable(server: ServerView, batch: readonly DiskOperation[]): void {
    const { single, blocks } = this.#of(server);
    for (const operation of batch) {
      const { key } = operation;
      const value = operation.type === "put" ? operation.value : undefined;
      const code = key.length === 1 ? key[0] : undefined;
      const block = logBlockIndex(key);
      if (block !== undefined) {
        if (isAgain(blocks.get(block), value)) this.#broken(server, `the block of its log at entry ${block}`);
        if (value === undefined) blocks.delete(block);
        else blocks.set(block, value);
      } else if (code !== undefined && code !== headKey[0]) {
        const standsIn = code === hardStateKey[0] && batch.length === 1;
        if (!standsIn && isAgain(single[code], value)) this.#broken(server, `its row ${code}`);
        single[code] = value;
      }
    }
  }

  checkpoint(server: ServerView, { generation, segments, first }: DurableCheckpoint): void {
    const seen = this.#of(server);
    const { again, goneAlready } = segments.takeNeedless();
    const { replaced } = segments;
    const isNext = seen.generation === generation;
    if (isNext && replaced > seen.replaced) this.#marks?.hit("row-replaced");
    seen.generation = generation;
    seen.replaced = replaced;
    // A snapshot is as its sender has it.
    if (!isNext) return;
    for (const { name, segment } of again)
      if (segments.has(segment) && !cameBack(segments, first, name)) this.#broken(server, name);
    for (const name of goneAlready) this.#broken(server, `the removal of ${name}`);
  }

  #broken({ id, wiped, emptied }: ServerView, what: string): void {
    // What such a disk had before is gone.
    if (wiped || emptied) return;
    throw new InvariantBroken(this.name, `n${id} writes ${what} again, though its disk has it as it is`);
  }

  #of({ id }: ServerView): Seen {
    const known = this.#seen[id];
    if (known !== undefined) return known;
    const seen: Seen = { single: [], blocks: new Map(), generation: 1, replaced: 0 };
    this.#seen[id] = seen;
    return seen;
  }
}

function isAgain(before: Uint8Array | undefined, value: Uint8Array | undefined): boolean {
  return before !== undefined && value !== undefined && bytesEqual(before, value);
}

/**
 * Whether these are counts that may have been others since they were last written: each change of what they count leaves
 * its trace in a row there, that of a parent if nothing else, or takes all of it away.
 */
function cameBack(segments: Segments, first: number, name: string): boolean {
  const on = countedBy(name);
  if (on === undefined) return false;
  if (segments.segmentOf(on) === undefined) return true;
  for (const written of segments.namesFrom(first)) if (written === on || written.startsWith(`${on}/`)) return true;
  return false;
}
