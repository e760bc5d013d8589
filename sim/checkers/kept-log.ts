/**
 * A leader keeps the log that somebody who is there needs (§7; §5.3): what a follower that answers has not acknowledged, and
 * what comes behind a snapshot on its way to one. Else a follower that is a little slow is sent a whole snapshot, and behind one
 * that took long to send the next. Only where the log has outgrown its bound it goes all the same.
 *
 * What the log takes is counted as more than it can be.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Entry, Index, ServerId, Term } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { RaftView, ServerView } from "../world/view.ts";
import type { RaftChecker } from "./raft-history.ts";

/** A block with a single entry takes no more beside its data, bytes. */
const entryBytesMax = 400;

/** A leader in its term. */
interface Reign {
  readonly term: Term;
  base: Index;
  /** By follower: the last entry of the snapshot that it was sent a chunk of last. */
  readonly snapshots: Map<ServerId, Index>;
}

export class KeptLog implements Observer, RaftChecker {
  readonly name = "kept-log";
  readonly #marks: Marks | undefined;
  readonly #reigns: (Reign | undefined)[] = [];
  /** By index: bytes of the committed commands up to there. */
  readonly #bytesTo: number[] = [0];
  #heldBytes = 0;

  constructor(marks: Marks | undefined) {
    this.#marks = marks;
  }

  begin({ plan }: World): void {
    this.#heldBytes = plan.config.checkpoints.heldBytes;
  }

  committed(_id: number, entry: Entry): void {
    if (entry.index !== this.#bytesTo.length) return;
    const bytes = entry.kind === "command" ? entry.data.length : 0;
    this.#bytesTo.push((this.#bytesTo.at(-1) ?? 0) + bytes);
  }

  sent({ id, node }: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type !== "InstallSnapshot" || node === undefined) return;
    this.#reign(id, node.raft)?.snapshots.set(to, message.lastIncludedIndex);
  }

  step({ id, node }: ServerView): void {
    if (node === undefined || !node.raft.isLeader) return;
    const reign = this.#reign(id, node.raft);
    const { index } = node.raft.logBase;
    if (reign === undefined || index === reign.base) return;
    if (this.#isWithin(node.raft, reign.base)) this.#judge(id, node.raft, reign);
    reign.base = index;
  }

  #reign(id: ServerId, raft: RaftView): Reign | undefined {
    const reign = this.#reigns[id];
    if (!raft.isLeader || reign?.term === raft.currentTerm) return reign;
    const next = { term: raft.currentTerm, base: raft.logBase.index, snapshots: new Map<ServerId, Index>() };
    this.#reigns[id] = next;
    return next;
  }

  /** Whether all of the log that there was has certainly been within its bound. */
  #isWithin(raft: RaftView, base: Index): boolean {
    const { lastIndex } = raft.status();
    const from = this.#bytesTo[base];
    const to = this.#bytesTo[lastIndex];
    return from !== undefined && to !== undefined && to - from + entryBytesMax * (lastIndex - base) <= this.#heldBytes;
  }

  #judge(id: ServerId, raft: RaftView, { snapshots }: Reign): void {
    const { index } = raft.logBase;
    for (const peer of raft.status().peers) {
      if (!peer.active) continue;
      const needed = peer.state === "snapshot" ? snapshots.get(peer.id) : peer.matchIndex;
      if (needed === undefined || (peer.state === "snapshot" && needed <= peer.matchIndex)) continue;
      if (peer.state === "snapshot") this.#marks?.hit("log-dropped-amid-snapshot");
      if (needed < index)
        throw new InvariantBroken(
          this.name,
          `n${id} dropped its log up to ${index}, and n${peer.id}, which answers, needs it behind ${needed}`,
        );
    }
  }
}
