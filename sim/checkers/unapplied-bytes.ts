/**
 * A server that applies more slowly than the others commit takes no more entries while it has too many bytes of them:
 * those that were committed when its last turn ended, and that it has not applied by the end of this one.
 */
import type { Effects } from "../../src/raft/effects.ts";
import type { Entry, Index } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

interface Counted {
  /** By index: bytes that clients have put into the entry, of those that are not applied. */
  readonly bytes: Map<Index, number>;
  applied: Index;
  /** When its last turn ended. */
  committed: Index;
}

export class UnappliedBytes implements Observer {
  readonly name = "waiting-bytes";
  readonly #marks: Marks | undefined;
  /** By server. */
  readonly #counted: (Counted | undefined)[] = [];
  #bytesMax = 0;

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  begin({ plan: { config } }: World): void {
    this.#bytesMax = config.unappliedBytesMax;
  }

  started({ id, node, recovered }: ServerView): void {
    const bytes = new Map((recovered?.log.entries ?? []).map((entry) => [entry.index, bytesOf(entry)]));
    const applied = node?.machine.appliedIndex ?? 0;
    this.#counted[id] = { bytes, applied, committed: applied };
  }

  effects({ id, node }: ServerView, { write }: Effects): void {
    const counted = this.#counted[id];
    if (counted === undefined || node === undefined) return;
    const { appliedIndex } = node.machine;
    for (let index = counted.applied + 1; index <= appliedIndex; index++) counted.bytes.delete(index);
    counted.applied = appliedIndex;
    // A snapshot takes the place of the log, and of all that waited in it, in this turn and in later ones.
    if (write?.snapshot !== undefined) counted.bytes.clear();
    let waiting = 0;
    for (let index = appliedIndex + 1; index <= counted.committed; index++) waiting += counted.bytes.get(index) ?? 0;
    if (waiting > this.#bytesMax / 2) this.#marks?.hit("apply-backlog");
    const isFull = waiting > this.#bytesMax;
    for (const entry of write?.entries ?? []) {
      if (isFull && entry.kind === "command")
        throw new InvariantBroken(
          this.name,
          `n${id} takes entry ${entry.index}, though ${waiting} bytes of committed entries wait to be applied`,
        );
      counted.bytes.set(entry.index, bytesOf(entry));
    }
    counted.committed = node.raft.commitIndex;
  }
}

/** Less than the server counts, which adds something for each entry. */
function bytesOf(entry: Entry): number {
  return entry.kind === "command" ? entry.data.length : 0;
}
