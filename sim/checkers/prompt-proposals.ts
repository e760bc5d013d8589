/**
 * A leader takes what it has been asked for as soon as its log has room (§5.3): when a turn has appended commands and others are
 * left, of its own clients or forwarded by other servers, it is because too much waits to be committed, written or applied.
 *
 * The room is reckoned from what it has appended in its term. What lies before that is not known, and not judged.
 */
import type { Effects } from "../../src/raft/effects.ts";
import type { Index, Term } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { NodeView, ServerView } from "../world/view.ts";

/** What an entry takes beside its data, and more than a turn's batch takes that is refused, bytes. */
const entryBytesMax = 400;
const batchBytesMax = 100_000;
/** Entries of which it keeps the bytes before it looks which of them are done. */
const keptMax = 1_000;

/** A leader in its term. */
interface Reign {
  readonly term: Term;
  /** Bytes of the commands that it has appended, by their index. */
  readonly bytes: Map<Index, number>;
}

export class PromptProposals implements Observer {
  readonly name = "prompt-proposals";
  readonly #marks: Marks | undefined;
  readonly #reigns: (Reign | undefined)[] = [];
  #roomBytes = 0;

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  begin({ plan: { config } }: World): void {
    this.#roomBytes = Math.min(config.uncommittedBytesMax, config.undurableBytesMax, config.unappliedBytesMax);
  }

  effects({ id, node }: ServerView, { write }: Effects): void {
    if (node?.raft.isLeader !== true) {
      this.#reigns[id] = undefined;
      return;
    }
    const { currentTerm } = node.raft;
    let reign = this.#reigns[id];
    if (reign?.term !== currentTerm) {
      reign = { term: currentTerm, bytes: new Map() };
      this.#reigns[id] = reign;
    }
    let took = false;
    for (const entry of write?.entries ?? []) {
      if (entry.term !== currentTerm) continue;
      reign.bytes.set(entry.index, entryBytesMax + (entry.kind === "command" ? entry.data.length : 0));
      if (entry.kind === "command") took = true;
    }
    const left = node.unsentProposals + node.forwarded.length;
    if (took && (left > 0 || reign.bytes.size > keptMax)) this.#judge(id, node, reign, left);
  }

  #judge(id: number, node: NodeView, { bytes }: Reign, left: number): void {
    const { commitIndex, durableIndex, lastIndex } = node.raft.status();
    const done = Math.min(commitIndex, durableIndex, node.machine.appliedIndex);
    let waiting = 0;
    for (const index of bytes.keys()) if (index <= done) bytes.delete(index);
    for (let index = done + 1; index <= lastIndex; index++) waiting += bytes.get(index) ?? Number.POSITIVE_INFINITY;
    if (left === 0) return;
    this.#marks?.hit("log-takes-no-more");
    if (waiting + batchBytesMax >= this.#roomBytes) return;
    throw new InvariantBroken(
      this.name,
      `n${id} lets ${left} commands wait, though only ${waiting} bytes of ${this.#roomBytes} wait to be committed, written or applied`,
    );
  }
}
