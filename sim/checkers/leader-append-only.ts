/** A leader never overwrites or deletes entries of its log; it only appends (Raft paper, Figure 3). */
import type { Entry, Index, ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken } from "../world/observer.ts";
import type { RaftChecker, RaftHistory } from "./raft-history.ts";

export class LeaderAppendOnly implements RaftChecker {
  readonly name = "leader-append-only";
  readonly #history: RaftHistory;

  constructor(history: RaftHistory) {
    this.#history = history;
  }

  truncated(id: ServerId, from: Index, leading: Term): void {
    if (leading > 0) throw new InvariantBroken(this.name, `n${id} cut its log at ${from} while it led term ${leading}`);
  }

  appended(id: ServerId, entry: Entry): void {
    const last = this.#history.log(id).lastIndex;
    if (entry.index !== last)
      throw new InvariantBroken(this.name, `n${id} appended entry ${entry.index} where entry ${last} was due`);
  }
}
