/** Within one process, the term and the applied index never go back (Raft paper §5.1, Figure 2). */
import type { Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

export class Monotonic implements Observer {
  readonly name = "monotonic";
  readonly #terms: Term[] = [];
  readonly #applied: number[] = [];

  started(server: ServerView): void {
    this.#terms[server.id] = server.recovered?.log.hardState.currentTerm ?? 0;
    this.#applied[server.id] = 0;
  }

  step(server: ServerView): void {
    const { node, id } = server;
    if (node === undefined) return;
    const term = node.raft.currentTerm;
    const known = this.#terms[id] ?? 0;
    if (term < known) throw new InvariantBroken(this.name, `n${id} went back from term ${known} to ${term}`);
    this.#terms[id] = term;
    const applied = node.machine.appliedIndex;
    const before = this.#applied[id] ?? 0;
    if (applied < before)
      throw new InvariantBroken(this.name, `n${id} went back from applied entry ${before} to ${applied}`);
    this.#applied[id] = applied;
  }
}
