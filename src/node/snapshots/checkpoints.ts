/**
 * When the state machine is checkpointed, and what of the log can go then (§7, docs/decisions/0006).
 *
 * The log is dropped only behind a checkpoint that is durable, and less a tail: a short one as a rule, a long one while
 * the leader misses a server, which may be restarting. Followers that are there but behind hold it up, within a bound:
 * without that, one that catches up under load could lose the race for ever.
 */

import type { Raft } from "../../raft/raft.ts";
import type { Index } from "../../raft/types.ts";
import { Checkpointer } from "../../storage/checkpointer.ts";
import { diskError } from "../../storage/disk-hints.ts";
import type { LogWriter } from "../../storage/log-writer.ts";
import { deleteSegments } from "../../storage/open.ts";
import type { SegmentTable } from "../../storage/segment-table.ts";
import type { ZnodeMachine } from "../../znode/machine.ts";
import type { CheckpointOptions } from "../options.ts";
import type { Ports } from "../ports.ts";

/** What checkpoints are made with. */
export interface CheckpointsParts {
  readonly raft: Raft;
  readonly ports: Pick<Ports, "disk" | "requestFlush" | "fatal">;
  readonly writer: LogWriter;
  readonly options: CheckpointOptions;
  /** The oldest entry that a snapshot under way needs to be followed by; Infinity if none does. */
  heldIndex(): Index;
}

interface Waiting {
  readonly index: Index;
  readonly done: () => void;
}

/** The checkpoints of one server, and how far back its log goes. */
export class Checkpoints {
  readonly #parts: CheckpointsParts;
  #machine: ZnodeMachine;
  #table: SegmentTable;
  #checkpointer: Checkpointer;
  #durableIndex: Index;
  #logBytes = 0;
  /** Who waits for a checkpoint of what was applied when they asked. */
  #waiting: Waiting[] = [];

  /** `machine` is as the checkpoint on disk has it, in the segments of `table`. */
  constructor(parts: CheckpointsParts, machine: ZnodeMachine, table: SegmentTable) {
    this.#parts = parts;
    this.#machine = machine;
    this.#table = table;
    this.#durableIndex = machine.appliedIndex;
    this.#checkpointer = this.#checkpointerOf(machine, table);
  }

  /** The newest checkpoint on disk; 0 = none. */
  get durableIndex(): Index {
    return this.#durableIndex;
  }

  /** The last entry of the checkpoint that is being encoded, if one is. */
  get encodingIndex(): Index | undefined {
    return this.#checkpointer.encodingIndex;
  }

  /** An entry of about so many bytes was applied. */
  applied(bytes: number): void {
    this.#logBytes += bytes;
  }

  /** Calls `done` once a checkpoint of everything applied so far is on disk. */
  request(done: () => void): void {
    const index = this.#machine.appliedIndex;
    if (index <= this.#durableIndex) return done();
    this.#waiting.push({ index, done });
    this.#parts.ports.requestFlush();
  }

  /** The end of a turn: begins a checkpoint that is due, or goes on with one. Returns whether it did. */
  turn(): boolean {
    // Behind a snapshot that is not durable yet, this state has no future.
    if (this.#machine.appliedIndex < this.#parts.raft.logBase.index) return false;
    if (this.#checkpointer.encoding) this.#checkpointer.step();
    else if (!this.#begin()) return false;
    if (this.#checkpointer.encoding) this.#parts.ports.requestFlush();
    return true;
  }

  #begin(): boolean {
    if (this.#checkpointer.busy) return false;
    const { hasSwept } = this.#checkpointer;
    if (!hasSwept && this.#checkpointer.isWasteful) this.#checkpointer.sweep();
    const { raft } = this.#parts;
    const index = this.#machine.appliedIndex;
    if (this.#checkpointer.busy || !(hasSwept || (this.#isDue() && index > this.#durableIndex))) return false;
    this.#logBytes = 0;
    this.#checkpointer.begin({ index, term: raft.termAt(index), configuration: raft.configurationAt(index) });
    return true;
  }

  /** A snapshot has taken the place of the state. */
  replaced(machine: ZnodeMachine, table: SegmentTable): void {
    this.#checkpointer.abandon();
    const { disk, fatal } = this.#parts.ports;
    deleteSegments(disk, this.#table.names(), (error) => {
      if (error !== undefined) fatal(diskError(error, "an old checkpoint could not be deleted"));
    });
    this.#machine = machine;
    this.#table = table;
    this.#checkpointer = this.#checkpointerOf(machine, table);
    this.#logBytes = 0;
    this.#durable(machine.appliedIndex);
  }

  #isDue(): boolean {
    const { dirtyBytes, logBytes } = this.#parts.options;
    return this.#waiting.length > 0 || this.#logBytes >= logBytes || this.#machine.dirtyBytes >= dirtyBytes;
  }

  #checkpointerOf(machine: ZnodeMachine, table: SegmentTable): Checkpointer {
    const { ports, options } = this.#parts;
    return new Checkpointer(ports.disk, machine, table, options, {
      durable: (index) => this.#durable(index),
      swept: () => this.#parts.ports.requestFlush(),
      failed: (error) => ports.fatal(error),
    });
  }

  #durable(index: Index): void {
    this.#durableIndex = index;
    this.#compact();
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((one) => one.index > index);
    for (const one of waiting) if (one.index <= index) one.done();
    this.#parts.ports.requestFlush();
  }

  #compact(): void {
    const { raft, writer, options } = this.#parts;
    // A snapshot is on its way to the disk and takes the whole log's place.
    if (this.#durableIndex < raft.logBase.index) return;
    const held = writer.bytes <= options.heldBytes ? this.#heldIndex() : Number.POSITIVE_INFINITY;
    const index = writer.compactable(Math.min(this.#durableIndex, held), this.#tailBytes());
    if (index === undefined || index <= raft.logBase.index) return;
    writer.compact({ index, term: raft.termAt(index), configuration: raft.configurationAt(index) });
    raft.compact(index);
  }

  #tailBytes(): number {
    const { raft, options } = this.#parts;
    const somebodyIsAway = raft.status().peers.some((peer) => !peer.active);
    return somebodyIsAway ? Math.max(options.tailBytes, options.awayBytes) : options.tailBytes;
  }

  /** Behind this, somebody who is there still needs the log. */
  #heldIndex(): Index {
    let held = this.#parts.heldIndex();
    for (const peer of this.#parts.raft.status().peers)
      if (peer.active && peer.state !== "snapshot") held = Math.min(held, peer.matchIndex);
    return held;
  }
}
