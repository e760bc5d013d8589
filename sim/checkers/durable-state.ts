/** What is on every server's disk, as the checkers read it: term, vote and log, from the rows themselves. */
import type { Index, ServerId, Term } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { hardStateKey, headKey, logBaseKey, logBlockIndex } from "../../src/storage/layout.ts";
import { decodeLogBlock, type LogBlock } from "../../src/storage/log-block.ts";
import { decodeHardState, decodeHead, decodeLogBase } from "../../src/storage/records.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { RaftHistory } from "./raft-history.ts";
import { ServerLog } from "./server-log.ts";

/** One disk. */
export class DurableServer {
  currentTerm: Term = 0;
  votedFor: ServerId = 0;
  readonly log = new ServerLog();
  /** Votes that have been on this disk, by term. */
  readonly votes = new Map<Term, ServerId>();
  /** Up to where the log is compacted, and what the checkpoint covers. */
  baseIndex: Index = 0;
  checkpointIndex: Index = 0;
  readonly #blocks = new Map<Index, LogBlock>();

  /** A batch reached the disk. `committed` is the one log that was committed. */
  apply(batch: readonly DiskOperation[], committed: ServerLog): void {
    let changed = Number.POSITIVE_INFINITY;
    for (const operation of batch) {
      const index = logBlockIndex(operation.key);
      if (index === undefined) {
        if (operation.type === "put" && operation.key.length === 1)
          this.#record(operation.key[0], operation.value, committed);
        continue;
      }
      changed = Math.min(changed, index);
      if (operation.type === "put") this.#blocks.set(index, decodeLogBlock(index, operation.value));
      else this.#blocks.delete(index);
    }
    if (changed !== Number.POSITIVE_INFINITY) this.#rebuild(Math.max(changed, this.baseIndex + 1));
  }

  #record(key: number | undefined, value: Uint8Array, committed: ServerLog): void {
    if (key === hardStateKey[0]) this.#hardState(value);
    else if (key === headKey[0]) this.checkpointIndex = decodeHead(value).index;
    else if (key === logBaseKey[0]) {
      const { index, term } = decodeLogBase(value);
      this.baseIndex = index;
      if (this.log.termAt(index) === term) return;
      // A snapshot has taken the place of the log.
      this.log.truncate(1);
      this.log.replaceBeginning(committed, index);
    }
  }

  #hardState(value: Uint8Array): void {
    const { currentTerm, votedFor } = decodeHardState(value);
    this.currentTerm = currentTerm;
    this.votedFor = votedFor;
    if (votedFor !== 0) this.votes.set(currentTerm, votedFor);
  }

  #rebuild(from: Index): void {
    this.log.truncate(from);
    for (;;) {
      const block = this.#blocks.get(this.log.lastIndex + 1);
      if (block === undefined) return;
      for (const entry of block.entries) this.log.append(entry);
    }
  }
}

/**
 * All disks, and the rule that what is durable of term and vote never goes back. A wiped disk is remembered as it
 * was: its server acknowledged what it had, and does not come back without it.
 */
export class DurableState implements Observer {
  readonly name = "durable-state";
  /** By server id. */
  readonly servers: DurableServer[] = [];
  readonly #history: RaftHistory;

  constructor(history: RaftHistory) {
    this.#history = history;
  }

  begin(world: World): void {
    for (let id = 0; id < world.servers.length; id++) this.servers[id] = new DurableServer();
  }

  of(id: ServerId): DurableServer {
    const server = this.servers[id];
    if (server === undefined) throw new RangeError(`no server ${id}`);
    return server;
  }

  durable(server: ServerView, batch: readonly DiskOperation[]): void {
    if (server.wiped) return;
    const durable = this.of(server.id);
    const { currentTerm, votedFor } = durable;
    durable.apply(batch, this.#history.committed);
    const { baseIndex, checkpointIndex, log } = durable;
    if (baseIndex > checkpointIndex || checkpointIndex > log.lastIndex)
      throw new InvariantBroken(
        this.name,
        `n${server.id} has a log from ${baseIndex + 1} to ${log.lastIndex} and a checkpoint of entry ${checkpointIndex}`,
      );
    if (durable.currentTerm < currentTerm)
      throw new InvariantBroken(
        this.name,
        `n${server.id} went back from term ${currentTerm} to ${durable.currentTerm}`,
      );
    if (durable.currentTerm === currentTerm && votedFor !== 0 && durable.votedFor !== votedFor)
      throw new InvariantBroken(
        this.name,
        `n${server.id} changed its vote of term ${currentTerm} from n${votedFor} to ${durable.votedFor || "nobody"}`,
      );
  }
}
