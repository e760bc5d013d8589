/**
 * The log on disk stays within its bound.
 *
 * - Once as many bytes of it were applied as make a checkpoint due, the next one begins, unless one is under way, or a
 *   snapshot that takes the place of the state. To sweep segments first takes as long as it takes to read them.
 * - What a checkpoint covers goes, but for the tail that is kept for others, and for a block where the tail begins and one
 *   that was the newest. Of what a checkpoint covers so much is left at most when the next but one is on disk: the writes
 *   that drop it may have had to wait for one another.
 *
 * What was applied is counted from the entries, less than the server counts; what is on disk from the blocks.
 */
import type { Entry, Index } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { headKey, logBaseKey, logBlockIndex } from "../../src/storage/layout.ts";
import { decodeHead } from "../../src/storage/records.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { RaftChecker } from "./raft-history.ts";

/** How long a checkpoint may be due beyond what its sweep has to read, µs: other work of a turn goes first. */
const patienceUs = 3_000_000;

/** What is known of one server. */
interface Seen {
  /** By the index of the first entry, rising: the sizes of the log's blocks on disk. */
  readonly blocks: Map<Index, number>;
  /** The last entry of the checkpoint that was given to the disk last, or that the process began with. */
  written: Index;
  underway: boolean;
  /** Of the checkpoint on disk, and of the one before it; 0 if it is none of this process. */
  durable: Index;
  durableBefore: Index;
  /** Since when a checkpoint is due, µs; 0: none is. */
  dueUs: number;
}

export class LogBound implements Observer, RaftChecker {
  readonly name = "log-bound";
  readonly #marks: Marks | undefined;
  /** By server id. */
  readonly #seen: Seen[] = [];
  /** By index: bytes of the committed commands up to there. */
  readonly #bytesTo: number[] = [0];
  #world: World | undefined;
  #dueBytes = 0;
  #keptBytes = 0;
  #patienceUs = 0;

  constructor(marks: Marks | undefined) {
    this.#marks = marks;
  }

  begin(world: World): void {
    this.#world = world;
    const { checkpoints, diskUs } = world.plan.config;
    this.#dueBytes = Math.max(1, checkpoints.logBytes);
    this.#keptBytes = Math.max(checkpoints.tailBytes, checkpoints.awayBytes, checkpoints.heldBytes);
    this.#patienceUs = patienceUs + diskUs.max;
    for (const { id } of world.allServers)
      this.#seen[id] = { blocks: new Map(), written: 0, underway: false, durable: 0, durableBefore: 0, dueUs: 0 };
  }

  committed(_id: number, entry: Entry): void {
    if (entry.index !== this.#bytesTo.length) return;
    const bytes = entry.kind === "command" ? entry.data.length : 0;
    this.#bytesTo.push((this.#bytesTo.at(-1) ?? 0) + bytes);
  }

  started(server: ServerView): void {
    const seen = this.#of(server);
    seen.written = server.recovered?.machine.appliedIndex ?? 0;
    seen.underway = false;
    seen.durable = 0;
    seen.durableBefore = 0;
    seen.dueUs = 0;
  }

  appliedCommand(server: ServerView, index: Index): void {
    const seen = this.#of(server);
    if (seen.dueUs === 0 && !seen.underway && this.#bytes(seen.written, index) >= this.#dueBytes)
      seen.dueUs = this.#world?.now ?? 0;
  }

  /** What it had to do it could not do. */
  woke(server: ServerView): void {
    const seen = this.#of(server);
    if (seen.dueUs > 0) seen.dueUs = this.#world?.now ?? 0;
  }

  step(server: ServerView): void {
    const { dueUs, written } = this.#of(server);
    const { node } = server;
    if (dueUs === 0 || (this.#world?.now ?? 0) - dueUs < this.#patienceUs || node === undefined) return;
    if (server.hasUnflushedInput || node.encodingIndex !== undefined) return;
    const { appliedIndex } = node.machine;
    if (appliedIndex < node.raft.logBase.index) return;
    const bytes = this.#bytes(written, appliedIndex);
    throw new InvariantBroken(
      this.name,
      `n${server.id} has applied ${bytes} bytes of its log behind its checkpoint of entry ${written}, and makes none`,
    );
  }

  writing(server: ServerView, batch: readonly DiskOperation[]): void {
    const index = headIn(batch);
    if (index === undefined) return;
    const seen = this.#of(server);
    if (seen.dueUs > 0) this.#marks?.hit("checkpoint-due");
    seen.written = index;
    seen.underway = true;
    seen.dueUs = 0;
  }

  durable(server: ServerView, batch: readonly DiskOperation[]): void {
    const seen = this.#of(server);
    let replaced = false;
    for (const operation of batch) {
      const index = logBlockIndex(operation.key);
      if (index === undefined) replaced ||= isSingle(operation, logBaseKey);
      else if (operation.type === "put") seen.blocks.set(index, operation.value.length);
      else seen.blocks.delete(index);
    }
    const head = headIn(batch);
    // Of what was under way when the server died, some may have been lost.
    if (head === undefined || server.state === "down") return;
    seen.underway = false;
    if (this.#bytes(seen.written, server.node?.machine.appliedIndex ?? 0) >= this.#dueBytes)
      seen.dueUs = this.#world?.now ?? 0;
    if (!replaced && seen.durableBefore > 0) this.#checkKept(server, seen);
    seen.durableBefore = replaced ? 0 : seen.durable;
    seen.durable = replaced ? 0 : head;
  }

  #checkKept({ id, wiped, emptied }: ServerView, { blocks, durableBefore }: Seen): void {
    // Blocks that such a disk had before are gone, and nobody was told.
    if (wiped || emptied) return;
    let kept = 0;
    let largest = 0;
    let before = 0;
    for (const [first, bytes] of blocks) {
      if (first - 1 > durableBefore) break;
      // The one before ends here.
      kept += before;
      largest = Math.max(largest, before);
      before = bytes;
    }
    if (kept <= this.#keptBytes + 2 * largest) return;
    throw new InvariantBroken(
      this.name,
      `n${id} keeps ${kept} bytes of its log that a checkpoint of entry ${durableBefore} covers`,
    );
  }

  #bytes(from: Index, to: Index): number {
    return (this.#bytesTo[to] ?? 0) - (this.#bytesTo[from] ?? 0);
  }

  #of({ id }: ServerView): Seen {
    const seen = this.#seen[id];
    if (seen === undefined) throw new RangeError(`no server ${id}`);
    return seen;
  }
}

function isSingle({ key }: DiskOperation, single: Uint8Array): boolean {
  return key.length === 1 && key[0] === single[0];
}

/** The last entry of the checkpoint that a batch completes, if it does. */
function headIn(batch: readonly DiskOperation[]): Index | undefined {
  for (const operation of batch)
    if (operation.type === "put" && isSingle(operation, headKey)) return decodeHead(operation.value).index;
  return undefined;
}
