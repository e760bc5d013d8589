/** A server that starts again finds what was on its disk: the same term, vote and log, and damage never goes unnoticed. */
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { DurableState } from "./durable-state.ts";
import type { RaftHistory } from "./raft-history.ts";

export class Recovery implements Observer {
  readonly name = "recovery";
  readonly #history: RaftHistory;
  readonly #durable: DurableState;

  /** By server id: whether its disk was damaged when it began to read it. */
  readonly #damaged: boolean[] = [];

  constructor(history: RaftHistory, durable: DurableState) {
    this.#history = history;
    this.#durable = durable;
  }

  starting(server: ServerView): void {
    this.#damaged[server.id] = server.disk.damaged;
  }

  started(server: ServerView): void {
    const found = server.recovered?.log;
    if (found === undefined || server.wiped) return;
    if (this.#damaged[server.id] === true && server.disk.damaged)
      throw new InvariantBroken(this.name, `n${server.id} started from a damaged disk without noticing`);
    const { currentTerm, votedFor, log } = this.#durable.of(server.id);
    if (found.hardState.currentTerm !== currentTerm || found.hardState.votedFor !== votedFor)
      throw new InvariantBroken(
        this.name,
        `n${server.id} starts in term ${found.hardState.currentTerm} with its vote for ${found.hardState.votedFor}, ` +
          `but its disk says term ${currentTerm} and ${votedFor}`,
      );
    const own = this.#history.log(server.id);
    if (own.lastIndex !== log.lastIndex || own.hashAt(own.lastIndex) !== log.hashAt(log.lastIndex))
      throw new InvariantBroken(
        this.name,
        `n${server.id} starts with a log up to ${own.lastIndex}, but its disk has another one, up to ${log.lastIndex}`,
      );
  }
}
