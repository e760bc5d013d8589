/** What is on every server's disk, as the checkers read it: term, vote and log, from the rows themselves. */
import type { Index, ServerId, Term } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { hardStateKey, logBlockIndex } from "../../src/storage/layout.ts";
import { decodeLogBlock, type LogBlock } from "../../src/storage/log-block.ts";
import { decodeHardState } from "../../src/storage/records.ts";
import { InvariantBroken, type Observer, type World } from "../observer.ts";
import type { SimServer } from "../server.ts";
import { ServerLog } from "./server-log.ts";

/** One disk. */
export class DurableServer {
  currentTerm: Term = 0;
  votedFor: ServerId = 0;
  readonly log = new ServerLog();
  /** Votes that have been on this disk, by term. */
  readonly votes = new Map<Term, ServerId>();
  readonly #blocks = new Map<Index, LogBlock>();

  /** A batch reached the disk. */
  apply(batch: readonly DiskOperation[]): void {
    let changed = Number.POSITIVE_INFINITY;
    for (const operation of batch) {
      const index = logBlockIndex(operation.key);
      if (index === undefined) {
        if (operation.type === "put" && operation.key.length === 1 && operation.key[0] === hardStateKey[0])
          this.#hardState(operation.value);
        continue;
      }
      changed = Math.min(changed, index);
      if (operation.type === "put") this.#blocks.set(index, decodeLogBlock(index, operation.value));
      else this.#blocks.delete(index);
    }
    if (changed !== Number.POSITIVE_INFINITY) this.#rebuild(changed);
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

  begin(world: World): void {
    for (let id = 0; id < world.servers.length; id++) this.servers[id] = new DurableServer();
  }

  of(id: ServerId): DurableServer {
    const server = this.servers[id];
    if (server === undefined) throw new RangeError(`no server ${id}`);
    return server;
  }

  durable(server: SimServer, batch: readonly DiskOperation[]): void {
    if (server.wiped) return;
    const durable = this.of(server.id);
    const { currentTerm, votedFor } = durable;
    durable.apply(batch);
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
