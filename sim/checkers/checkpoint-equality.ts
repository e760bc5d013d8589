/**
 * A checkpoint at an index is the state at that index, whoever made it and whoever reads it: a server that starts from
 * one, or installs one that it was sent, holds the same as the server that wrote the first one at that index; and so
 * would a server that crashed right after a checkpoint became durable.
 */
import { TerrariumError } from "../../src/base/errors.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Index } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { headKey } from "../../src/storage/layout.ts";
import { decodeHead } from "../../src/storage/records.ts";
import { Rows } from "../../src/storage/recovery.ts";
import type { ZnodeMachine } from "../../src/znode/machine.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** Reading the whole disk costs: of the checkpoints that were made in one turn, only each so many-th is read back. */
const readBackEvery = 16;

export class CheckpointEquality implements Observer {
  readonly name = "checkpoint-equality";
  /** The state's digest at an index at which somebody made a checkpoint. */
  readonly #digests = new Map<Index, string>();
  /** By server id: the snapshot that it is about to take over. */
  readonly #installing: (Index | undefined)[] = [];
  /** By server id: the last entry of the checkpoint that it began to encode last. */
  readonly #beginning: (Index | undefined)[] = [];

  /** By server id: the last checkpoint that it handed to its disk in another turn than it began it. */
  readonly #slow: (Index | undefined)[] = [];

  writing(server: ServerView, batch: readonly DiskOperation[]): void {
    const { node } = server;
    const index = checkpointIn(batch);
    if (node === undefined || index === undefined) return;
    // A received snapshot becomes the state only after this; a checkpoint that took several turns was seen at its begin.
    if (index === node.machine.appliedIndex) this.#compare(server.id, index, node.machine.digest(), "writes");
    else this.#slow[server.id] = index;
  }

  durable(server: ServerView, batch: readonly DiskOperation[]): void {
    const index = checkpointIn(batch);
    if (index === undefined || server.disk.damaged) return;
    if (this.#slow[server.id] !== index && index % readBackEvery !== 0) return;
    const machine = this.#readBack(server);
    machine.assertSound();
    this.#compare(server.id, machine.appliedIndex, machine.digest(), "would find");
  }

  /** What the server would find if it crashed now. */
  #readBack(server: ServerView): ZnodeMachine {
    const rows = new Rows();
    for (const { key, value } of server.disk.sortedRows()) rows.add(key, value);
    try {
      return rows.recover().machine;
    } catch (error) {
      if (!(error instanceof TerrariumError)) throw error;
      throw new InvariantBroken(this.name, `n${server.id}, if it crashed now, would find damage: ${error.message}`);
    }
  }

  started(server: ServerView): void {
    this.#installing[server.id] = undefined;
    const machine = server.recovered?.machine;
    if (machine === undefined || machine.appliedIndex === 0) return;
    machine.assertSound();
    this.#compare(server.id, machine.appliedIndex, machine.digest(), "starts with");
  }

  effects(server: ServerView, { installed, committed }: Effects): void {
    // With entries behind it in the same turn, its own state is never seen.
    if (installed !== undefined && committed.length === 0) this.#installing[server.id] = installed;
  }

  step(server: ServerView): void {
    const { node } = server;
    if (node === undefined) return;
    const { machine, encodingIndex } = node;
    if (encodingIndex === machine.appliedIndex && this.#beginning[server.id] !== encodingIndex) {
      this.#beginning[server.id] = encodingIndex;
      this.#compare(server.id, encodingIndex, machine.digest(), "begins");
    }
    const index = this.#installing[server.id];
    if (index === undefined) return;
    this.#installing[server.id] = undefined;
    machine.assertSound();
    if (machine.appliedIndex === index) this.#compare(server.id, index, machine.digest(), "installs");
  }

  #compare(id: number, index: Index, digest: string, does: string): void {
    const known = this.#digests.get(index);
    if (known === undefined) this.#digests.set(index, digest);
    else if (known !== digest)
      throw new InvariantBroken(this.name, `n${id} ${does} a checkpoint of entry ${index} that is not the state there`);
  }
}

/** The last entry of the checkpoint that a batch completes, if it does. */
function checkpointIn(batch: readonly DiskOperation[]): Index | undefined {
  const head = batch.find(({ key }) => key.length === 1 && key[0] === headKey[0]);
  return head?.type === "put" ? decodeHead(head.value).index : undefined;
}
