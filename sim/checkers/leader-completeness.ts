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

  committed(id: ServerId, entry: Entry, foundIn: Term): void {
    const { leading, committed } = this.#history;
    // Found late: leaders of higher terms that are in office already must have it.
    if (entry.index <= committed.lastIndex) return;
    for (let other = 1; other < leading.length; other++) {
      const term = leading[other] ?? 0;
      const log = this.#history.log(other);
      if (other !== id && term > foundIn && log.termAt(entry.index) !== entry.term)
        this.#lacks(
          other,
          term,
          `entry ${entry.index} of term ${entry.term}, which n${id} takes as committed`,
          entry.index,
        );
    }
  }

  #has(id: ServerId, term: Term, index: number): void {
    const log = this.#history.log(id);
    const { committed, committedIn } = this.#history;
    if (log.hashAt(index) === committed.hashAt(index)) return;
    // The first one that it lacks: a hash is over all before it too.
    let first = index;
    while (first > 1 && log.hashAt(first - 1) !== committed.hashAt(first - 1)) first--;
    const [own, later] = [committed.termAt(first), committedIn[first]];
    const entry = own === later ? `entry ${first}` : `entry ${first} of term ${own}`;
    this.#lacks(id, term, `${entry}, which was committed in term ${later}`, first);
  }

  #lacks(id: ServerId, term: Term, what: string, index: number): never {
    const log = this.#history.log(id);
    const instead =
      index > log.lastIndex ? "its log ends before it" : `its own entry ${index} is of term ${log.termAt(index)}`;
    throw new InvariantBroken(this.name, `n${id} leads term ${term} without ${what}: ${instead}`);
  }
}
