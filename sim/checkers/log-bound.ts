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
import { headKey } from "../../src/storage/layout.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { DiskThrift } from "./disk-thrift.ts";
import type { RaftChecker } from "./raft-history.ts";
import type { CheckpointWatcher, DurableCheckpoint } from "./segments.ts";

/** How long a checkpoint may be due beyond what its sweep has to read, µs: other work of a turn goes first. */
const patienceUs = 3_000_000;

/** What is known of one server. */
interface Seen {
  generation: number;
  /** The last entry of the newest checkpoint on disk. */
  covered: Index;
  underway: boolean;
  /** Of the checkpoint on disk, and of the one before it; 0 if it is none of this process. */
  durable: Index;
  durableBefore: Index;
  /** Since when a checkpoint is due, µs; 0: none is. */
  dueUs: number;
}

export class LogBound implements Observer, RaftChecker, CheckpointWatcher {
  readonly name = "log-bound";
  readonly #marks: Marks | undefined;
  readonly #disks: Pick<DiskThrift, "blocks">;
  /** By server id. */
  readonly #seen: Seen[] = [];
  /** By index: bytes of the committed commands up to there. */
  readonly #bytesTo: number[] = [0];
  #world: World | undefined;
  #dueBytes = 0;
  #keptBytes = 0;
  #patienceUs = 0;

  constructor(disks: Pick<DiskThrift, "blocks">, marks: Marks | undefined) {
    this.#disks = disks;
    this.#marks = marks;
  }

  begin(world: World): void {
    this.#world = world;
    const { checkpoints, diskUs } = world.plan.config;
    this.#dueBytes = Math.max(1, checkpoints.logBytes);
    this.#keptBytes = Math.max(checkpoints.tailBytes, checkpoints.awayBytes, checkpoints.heldBytes);
    this.#patienceUs = patienceUs + diskUs.max;
    for (const { id } of world.allServers)
      this.#seen[id] = { generation: 1, covered: 0, underway: false, durable: 0, durableBefore: 0, dueUs: 0 };
  }

  committed(_id: number, entry: Entry): void {
    if (entry.index !== this.#bytesTo.length) return;
    const bytes = entry.kind === "command" ? entry.data.length : 0;
    this.#bytesTo.push((this.#bytesTo.at(-1) ?? 0) + bytes);
  }

  started(server: ServerView): void {
    const seen = this.#of(server);
    seen.covered = server.recovered?.machine.appliedIndex ?? 0;
    seen.underway = false;
    seen.durable = 0;
    seen.durableBefore = 0;
    seen.dueUs = 0;
  }

  appliedCommand(server: ServerView, index: Index): void {
    const seen = this.#of(server);
    if (seen.underway) return;
    if (seen.dueUs > 0) this.#judge(server, seen);
    else if (this.#bytes(seen.covered, index) >= this.#dueBytes) seen.dueUs = this.#now;
  }

  /** What it had to do it could not do. */
  woke(server: ServerView): void {
    const seen = this.#of(server);
    if (seen.dueUs > 0) seen.dueUs = this.#now;
  }

  end(): void {
    for (const server of this.#world?.allServers ?? []) this.#judge(server, this.#of(server));
  }

  writing(server: ServerView, batch: readonly DiskOperation[]): void {
    if (!batch.some(isHead)) return;
    const seen = this.#of(server);
    if (seen.dueUs > 0) this.#marks?.hit("checkpoint-due");
    seen.underway = true;
    seen.dueUs = 0;
  }

  checkpoint(server: ServerView, { generation, index }: DurableCheckpoint): void {
    const seen = this.#of(server);
    const isSnapshot = generation !== seen.generation;
    seen.generation = generation;
    // Of what was under way when the server died, some may have been lost.
    if (server.state === "down") return;
    seen.covered = index;
    seen.underway = false;
    if (this.#bytes(index, server.node?.machine.appliedIndex ?? 0) >= this.#dueBytes) seen.dueUs = this.#now;
    if (!isSnapshot && seen.durableBefore > 0) this.#checkKept(server, seen.durableBefore);
    seen.durableBefore = isSnapshot ? 0 : seen.durable;
    seen.durable = isSnapshot ? 0 : index;
  }

  #judge({ id, node }: ServerView, { dueUs, covered }: Seen): void {
    if (dueUs === 0 || this.#now - dueUs < this.#patienceUs || node === undefined) return;
    const { appliedIndex } = node.machine;
    if (node.encodingIndex !== undefined || appliedIndex < node.raft.logBase.index) return;
    const bytes = this.#bytes(covered, appliedIndex);
    throw new InvariantBroken(
      this.name,
      `n${id} has applied ${bytes} bytes of its log behind its checkpoint of entry ${covered}, and makes none`,
    );
  }

  #checkKept(server: ServerView, covered: Index): void {
    const { id, wiped, emptied } = server;
    // Blocks that such a disk had before are gone, and nobody was told.
    if (wiped || emptied) return;
    let kept = 0;
    let largest = 0;
    let before = 0;
    for (const [first, { length }] of this.#disks.blocks(server)) {
      if (first - 1 > covered) break;
      // The one before ends here.
      kept += before;
      largest = Math.max(largest, before);
      before = length;
    }
    if (kept <= this.#keptBytes + 2 * largest) return;
    throw new InvariantBroken(
      this.name,
      `n${id} keeps ${kept} bytes of its log that a checkpoint of entry ${covered} covers`,
    );
  }

  get #now(): number {
    return this.#world?.now ?? 0;
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

function isHead({ key }: DiskOperation): boolean {
  return key.length === 1 && key[0] === headKey[0];
}
