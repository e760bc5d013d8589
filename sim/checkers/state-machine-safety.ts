/** No two servers apply different entries at the same index (Raft paper, Figure 3), and each applies them in order. */
import type { Entry, ServerId } from "../../src/raft/types.ts";
import { InvariantBroken } from "../world/observer.ts";
import type { RaftChecker, RaftHistory } from "./raft-history.ts";
import { hashEntry } from "./server-log.ts";

export class StateMachineSafety implements RaftChecker {
  readonly name = "state-machine-safety";
  readonly #history: RaftHistory;

  constructor(history: RaftHistory) {
    this.#history = history;
  }

  committed(id: ServerId, entry: Entry): void {
    const { committed, applied } = this.#history;
    const { index } = entry;
    if (index !== (applied[id] ?? 0) + 1)
      throw new InvariantBroken(this.name, `n${id} applied entry ${index} after entry ${applied[id]}`);
    if (index > committed.lastIndex + 1)
      throw new InvariantBroken(this.name, `n${id} applied entry ${index}, but nobody has applied ${index - 1}`);
    if (index > committed.lastIndex) return;
    if (hashEntry(committed.hashAt(index - 1), entry) !== committed.hashAt(index))
      throw new InvariantBroken(
        this.name,
        `n${id} applied an entry ${index} of term ${entry.term}, another server one of term ${committed.termAt(index)}`,
      );
  }
}
