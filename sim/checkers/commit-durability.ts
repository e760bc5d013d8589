/**
 * Committed means durable on a majority of the voters (of both majorities while the configuration is joint), the disks
 * of crashed servers counted (Raft paper §5.3, §6).
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Configuration, Entry, Index, ServerId } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { DurableState } from "./durable-state.ts";
import type { RaftChecker, RaftHistory } from "./raft-history.ts";

export class CommitDurability implements Observer, RaftChecker {
  readonly name = "commit-durability";
  readonly #history: RaftHistory;
  readonly #durable: DurableState;
  #proven: Index = 0;

  constructor(history: RaftHistory, durable: DurableState) {
    this.#history = history;
    this.#durable = durable;
  }

  committed(id: ServerId, entry: Entry): void {
    if (entry.index <= this.#history.committed.lastIndex) return;
    this.#prove(id, entry.index);
  }

  sent(from: ServerView, _to: ServerId, message: PeerMessage): void {
    if (message.type === "AppendEntries" && message.leaderCommit > this.#proven) {
      const log = this.#history.log(from.id);
      if (log.lastIndex >= message.leaderCommit) this.#prove(from.id, message.leaderCommit);
    }
  }

  #prove(id: ServerId, index: Index): void {
    if (index <= this.#proven) return;
    const log = this.#history.log(id);
    const hash = log.hashAt(index);
    // Under the configuration of that moment, or one that the leader has appended in the same turn.
    const then = log.configurationBefore(index + 1)?.configuration;
    const now = log.configurationBefore(Number.POSITIVE_INFINITY)?.configuration;
    const lacking = this.#groupWithout(then, index, hash);
    if (lacking !== undefined && (now === then || this.#groupWithout(now, index, hash) !== undefined))
      throw new InvariantBroken(this.name, `n${id} takes entry ${index} as committed, but ${lacking}`);
    this.#proven = index;
  }

  /** Says which group of voters has no majority with the entry on disk. */
  #groupWithout(configuration: Configuration | undefined, index: Index, hash: number): string | undefined {
    if (configuration === undefined) return "has no configuration";
    for (const group of [configuration.voters, configuration.oldVoters]) {
      if (group.length === 0) continue;
      const holders = group.filter((voter) => this.#durable.of(voter).log.hashAt(index) === hash);
      if (holders.length * 2 > group.length) continue;
      const names = holders.map((holder) => `n${holder}`).join(", ") || "nobody";
      return `of ${group.length} voters only ${names} has it on disk`;
    }
    return undefined;
  }
}
