/**
 * What was committed in a term is in the logs of the leaders of all higher terms (Raft paper, Figure 3). "In a term" is
 * the term of the server that found it committed first: an entry of term 2 may be committed in term 4 (Figure 8).
 */
import type { Entry, ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken } from "../world/observer.ts";
import type { RaftChecker, RaftHistory } from "./raft-history.ts";

export class LeaderCompleteness implements RaftChecker {
  readonly name = "leader-completeness";
  readonly #history: RaftHistory;

  constructor(history: RaftHistory) {
    this.#history = history;
  }

  led(id: ServerId, term: Term): void {
    const { committed, committedIn } = this.#history;
    // Newest first: the first one that was committed in an earlier term vouches for all before it.
    for (let index = committed.lastIndex; index > 0; index--) {
      if ((committedIn[index] ?? 0) >= term) continue;
      return this.#has(id, term, index);
    }
  }

  committed(id: ServerId, entry: Entry): void {
    const { leading, committed } = this.#history;
    // Found late: leaders of higher terms that are in office already must have it.
    if (entry.index <= committed.lastIndex) return;
    for (let other = 1; other < leading.length; other++) {
      const term = leading[other] ?? 0;
      const log = this.#history.log(other);
      if (other !== id && term > entry.term && term > (leading[id] ?? 0) && log.termAt(entry.index) !== entry.term)
        this.#lacks(other, term, entry.index);
    }
  }

  #has(id: ServerId, term: Term, index: number): void {
    if (this.#history.log(id).hashAt(index) !== this.#history.committed.hashAt(index)) this.#lacks(id, term, index);
  }

  #lacks(id: ServerId, term: Term, index: number): never {
    throw new InvariantBroken(
      this.name,
      `n${id} leads term ${term} without entry ${index}, which was committed in an earlier term`,
    );
  }
}
