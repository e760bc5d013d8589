/** If two logs have an entry with the same index and term, they are equal up to it (Raft paper, Figure 3). */
import type { Entry, ServerId } from "../../src/raft/types.ts";
import { InvariantBroken } from "../world/observer.ts";
import type { RaftChecker, RaftHistory } from "./raft-history.ts";

export class LogMatching implements RaftChecker {
  readonly name = "log-matching";
  readonly #history: RaftHistory;
  /** The hash of the log up to the entry (term, index), and who had it first. By index, then term. */
  readonly #known: Map<number, { readonly hash: number; readonly id: ServerId }>[] = [];

  constructor(history: RaftHistory) {
    this.#history = history;
  }

  appended(id: ServerId, entry: Entry): void {
    const { index, term } = entry;
    const hash = this.#history.log(id).hashAt(index);
    let atIndex = this.#known[index];
    if (atIndex === undefined) {
      atIndex = new Map();
      this.#known[index] = atIndex;
    }
    const known = atIndex.get(term);
    if (known === undefined) atIndex.set(term, { hash, id });
    else if (known.hash !== hash)
      throw new InvariantBroken(
        this.name,
        `n${known.id} and n${id} both have an entry ${index} of term ${term}, but their logs differ up to there`,
      );
  }
}
