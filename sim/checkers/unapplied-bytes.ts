/**
 * A server that applies more slowly than the others commit takes no more entries while it has too many bytes of them: what
 * is committed and not applied is counted here, at the end of each turn, and says what the next may do.
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
  /** So many bytes of what is committed are not, if that is more than may be. */
  tooMany: number;
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
    this.#counted[id] = { bytes, applied: node?.machine.appliedIndex ?? 0, tooMany: 0 };
  }

  effects({ id }: ServerView, { write }: Effects): void {
    const counted = this.#counted[id];
    if (counted === undefined) return;
    // A snapshot has what waited.
    if (write?.snapshot !== undefined) counted.tooMany = 0;
    for (const entry of write?.entries ?? []) {
      if (counted.tooMany > 0 && entry.kind === "command")
        throw new InvariantBroken(
          this.name,
          `n${id} takes entry ${entry.index}, though ${counted.tooMany} bytes of committed entries wait to be applied`,
        );
      counted.bytes.set(entry.index, bytesOf(entry));
    }
  }

  step({ id, node, hasUnflushedInput }: ServerView): void {
    const counted = this.#counted[id];
    if (counted === undefined || node === undefined || hasUnflushedInput) return;
    const { appliedIndex } = node.machine;
    for (let index = counted.applied + 1; index <= appliedIndex; index++) counted.bytes.delete(index);
    counted.applied = appliedIndex;
    let waiting = 0;
    for (let index = appliedIndex + 1; index <= node.raft.commitIndex; index++)
      waiting += counted.bytes.get(index) ?? 0;
    counted.tooMany = waiting > this.#bytesMax ? waiting : 0;
    if (waiting > this.#bytesMax / 2) this.#marks?.hit("apply-backlog");
  }
}

/** Less than the server counts, which adds something for each entry. */
function bytesOf(entry: Entry): number {
  return entry.kind === "command" ? entry.data.length : 0;
}
