/**
 * Takes a snapshot from the leader (§7): its segments are staged on disk under a generation of their own, and at the
 * same time loaded into a fresh state machine. When all of it is durable, one batch makes it the present checkpoint and
 * empties the log. A crash before that batch leaves the old state, with waste that the next start removes; a crash
 * after it the new one.
 */
import type { InstallSnapshot } from "../../raft/messages.ts";
import type { Raft } from "../../raft/raft.ts";
import type { Index, ServerId } from "../../raft/types.ts";
import { CheckpointLoader, isDamage, type LoadedCheckpoint } from "../../storage/checkpoint-loader.ts";
import type { DiskOperation } from "../../storage/disk.ts";
import { diskError } from "../../storage/disk-hints.ts";
import { headKey, type SegmentName, segmentKey } from "../../storage/layout.ts";
import { deleteSegments } from "../../storage/open.ts";
import { type CheckpointHead, decodeHead, encodeHead } from "../../storage/records.ts";
import type { Ports } from "../ports.ts";

/** A snapshot that comes in. */
interface Staging {
  readonly from: ServerId;
  readonly snapshotId: number;
  readonly lastIncludedIndex: Index;
  readonly generation: number;
  readonly loader: CheckpointLoader;
  /** Positions of the chunks taken. */
  readonly staged: number[];
  /** The newest that is durable. */
  durable: number;
  /** After the last chunk. */
  head: CheckpointHead | undefined;
}

/** A snapshot that is becoming the present state. */
interface Installing {
  readonly head: CheckpointHead;
  readonly loaded: LoadedCheckpoint;
}

/** Takes snapshots from the leader. */
export class SnapshotReceiver {
  readonly #raft: Raft;
  readonly #ports: Pick<Ports, "disk" | "requestFlush" | "fatal">;
  readonly #stagedBytesMax: number;
  #nextGeneration: number;
  #staging: Staging | undefined;
  #installing: Installing | undefined;
  /** Bytes of chunks on their way to the disk, those of snapshots that were given up among them. */
  #stagingBytes = 0;

  /** `generation` is that of the present checkpoint; `stagedBytesMax`: so much may be on its way to the disk, bytes. */
  constructor(
    raft: Raft,
    ports: Pick<Ports, "disk" | "requestFlush" | "fatal">,
    generation: number,
    stagedBytesMax: number,
  ) {
    this.#stagedBytesMax = stagedBytesMax;
    this.#raft = raft;
    this.#ports = ports;
    this.#nextGeneration = generation + 1;
  }

  /** The snapshot that is coming in, by its last entry, and up to which position it is on this disk. */
  get staged(): { readonly index: Index; readonly position: number } | undefined {
    const staging = this.#staging;
    return staging === undefined ? undefined : { index: staging.lastIncludedIndex, position: staging.durable };
  }

  /** Takes a chunk that Raft wants staged. */
  take(from: ServerId, message: InstallSnapshot): void {
    if (this.#installing !== undefined) return;
    let staging = this.#staging;
    if (staging?.from !== from || staging.snapshotId !== message.snapshotId) {
      if (message.previous !== 0) return this.#reply(message.snapshotId, 0);
      this.abandon();
      staging = this.#begin(from, message);
    }
    // A chunk that came before, or one that comes too early: the sender will go on from what is durable.
    if (message.previous !== staging.loader.position || staging.head !== undefined)
      return this.#reply(staging.snapshotId, staging.durable);
    try {
      if (message.done) this.#takeHead(staging, message);
      else this.#stage(staging, message);
    } catch (error) {
      // The leader's own disk said it was whole: so it was damaged on the way, or this is no leader.
      if (!isDamage(error)) throw error;
      this.abandon();
    }
  }

  /** What goes to disk with the write that makes the snapshot the present state. */
  switchOperations(): readonly DiskOperation[] {
    return this.#installing === undefined
      ? []
      : [{ type: "put", key: headKey, value: encodeHead(this.#installing.head) }];
  }

  /** The switch is durable: the new state. */
  takeInstalled(): LoadedCheckpoint | undefined {
    const installed = this.#installing?.loaded;
    this.#installing = undefined;
    return installed;
  }

  /** Entries up to `index` were applied: a snapshot of less is not waited for any more. */
  applied(index: Index): void {
    if (this.#staging !== undefined && this.#staging.lastIncludedIndex <= index) this.abandon();
  }

  /** Forgets a snapshot that is not complete, on disk too. */
  abandon(): void {
    const staging = this.#staging;
    if (staging === undefined) return;
    this.#staging = undefined;
    this.#delete(staging.staged.map((number) => ({ generation: staging.generation, number })));
  }

  /** Deletes segments of a state that is no more. */
  #delete(names: readonly SegmentName[]): void {
    deleteSegments(this.#ports.disk, names, (error) => {
      if (error !== undefined) this.#ports.fatal(diskError(error, "an unfinished snapshot could not be deleted"));
    });
  }

  #begin(from: ServerId, { snapshotId, lastIncludedIndex }: InstallSnapshot): Staging {
    const generation = this.#nextGeneration++;
    const loader = new CheckpointLoader(generation);
    const nothing = { staged: [], durable: 0, head: undefined };
    this.#staging = { from, snapshotId, lastIncludedIndex, generation, loader, ...nothing };
    return this.#staging;
  }

  #stage(staging: Staging, { position, data }: InstallSnapshot): void {
    if (position <= staging.loader.position) return;
    // As if it were lost: with a disk that hangs, snapshot after snapshot would pile up.
    if (this.#stagingBytes > 0 && this.#stagingBytes + data.length > this.#stagedBytesMax) return;
    staging.loader.add(position, data);
    staging.staged.push(position);
    const key = segmentKey({ generation: staging.generation, number: position });
    this.#stagingBytes += data.length;
    this.#ports.disk.write([{ type: "put", key, value: data }], (error) => {
      this.#stagingBytes -= data.length;
      if (error !== undefined) return this.#ports.fatal(diskError(error, "a snapshot could not be written"));
      if (this.#staging !== staging) return;
      staging.durable = position;
      this.#reply(staging.snapshotId, position);
      this.#installIfWhole(staging);
    });
  }

  #takeHead(staging: Staging, message: InstallSnapshot): void {
    const head = decodeHead(message.data);
    if (head.index !== message.lastIncludedIndex || head.term !== message.lastIncludedTerm) return this.abandon();
    staging.head = { ...head, generation: staging.generation };
    this.#installIfWhole(staging);
  }

  #installIfWhole(staging: Staging): void {
    const { head, durable, loader } = staging;
    if (head === undefined || durable !== loader.position) return;
    let loaded: LoadedCheckpoint;
    try {
      loaded = loader.finish(head);
    } catch (error) {
      if (!isDamage(error)) throw error;
      return this.abandon();
    }
    const { index, term, configuration } = head;
    if (!this.#raft.installSnapshot({ index, term, configuration })) return this.abandon();
    this.#staging = undefined;
    this.#installing = { head, loaded };
    this.#ports.requestFlush();
  }

  #reply(snapshotId: number, position: number): void {
    this.#raft.snapshotStaged(snapshotId, position);
    this.#ports.requestFlush();
  }
}
