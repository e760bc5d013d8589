/**
 * What a server of an earlier life of the cluster says is not heard: its log has the same numbers and another history. No
 * more do servers take part together that began with different data, one with a backup and one with nothing.
 */
import { InvariantBroken, type Observer } from "../world/observer.ts";
import { otherTerm } from "../world/other-life.ts";
import type { RecoveredView, ServerView } from "../world/view.ts";

/** What a server began with that has just come to take part: nothing, a backup, or data of which nothing is known. */
function originOf(recovered: RecoveredView | undefined): number {
  const origin = recovered?.identity.origin ?? 0;
  return origin === 0 && (recovered?.log.base.index ?? 0) > 0 ? -1 : origin;
}

export class OtherLife implements Observer {
  readonly name = "other-life";
  /** Of those that take part, by server. */
  readonly #instances = new Map<number, number>();
  readonly #origins = new Map<number, number>();

  step({ id, node, recovered }: ServerView): void {
    if (node === undefined) return;
    if (node.raft.currentTerm >= otherTerm)
      throw new InvariantBroken(this.name, `n${id} has a term of another life of the cluster`);
    if (node.instance === 0 || this.#instances.get(id) === node.instance) return;
    this.#instances.set(id, node.instance);
    this.#origins.set(id, originOf(recovered));
    for (const [other, origin] of this.#origins)
      if (origin !== this.#origins.get(id))
        throw new InvariantBroken(this.name, `n${id} and n${other} take part together and began with different data`);
    for (const [other, instance] of this.#instances)
      if (instance !== node.instance)
        throw new InvariantBroken(this.name, `n${id} and n${other} take part in different lives of the cluster`);
  }
}
