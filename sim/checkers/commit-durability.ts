/**
 * Committed means durable on a majority of the voters (of both majorities while the configuration is joint), the disks
 * of crashed servers counted (Raft paper §5.3, §6).
 */
import type { PeerMessage } from "../../src/node/ports.ts";
import type { Configuration, Entry, Index, ServerId } from "../../src/raft/types.ts";
import { bootstrapConfiguration } from "../configuration.ts";
import { InvariantBroken, type Observer, type World } from "../observer.ts";
import type { SimServer } from "../server.ts";
import type { DurableState } from "./durable-state.ts";
import type { RaftChecker, RaftHistory } from "./raft-history.ts";

export class CommitDurability implements Observer, RaftChecker {
  readonly name = "commit-durability";
  readonly #history: RaftHistory;
  readonly #durable: DurableState;
  /** Configurations in the committed log, newest last. */
  #configuration: Configuration = bootstrapConfiguration(0);
  #proven: Index = 0;

  constructor(history: RaftHistory, durable: DurableState) {
    this.#history = history;
    this.#durable = durable;
  }

  begin(world: World): void {
    this.#configuration = bootstrapConfiguration(world.plan.config.servers);
  }

  committed(id: ServerId, entry: Entry): void {
    if (entry.index <= this.#history.committed.lastIndex) return;
    if (entry.kind === "configuration") this.#configuration = entry.configuration;
    this.#prove(id, entry.index);
  }

  sent(from: SimServer, _to: ServerId, message: PeerMessage): void {
    if (message.type === "AppendEntries" && message.leaderCommit > this.#proven) {
      const log = this.#history.log(from.id);
      if (log.lastIndex >= message.leaderCommit) this.#prove(from.id, message.leaderCommit);
    }
  }

  #prove(id: ServerId, index: Index): void {
    if (index <= this.#proven) return;
    const hash = this.#history.log(id).hashAt(index);
    const { voters, oldVoters } = this.#configuration;
    for (const group of [voters, oldVoters]) {
      if (group.length === 0) continue;
      const holders = group.filter((voter) => this.#durable.of(voter).log.hashAt(index) === hash);
      if (holders.length * 2 > group.length) continue;
      const names = holders.map((holder) => `n${holder}`).join(", ") || "nobody";
      throw new InvariantBroken(
        this.name,
        `n${id} takes entry ${index} as committed, but of ${group.length} voters only ${names} has it on disk`,
      );
    }
    this.#proven = index;
  }
}
