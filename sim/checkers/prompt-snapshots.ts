/**
 * A follower that needs a snapshot waits for nothing (§7): at the end of each turn its leader has sent the next chunk, unless
 * as many are on their way as may be, the chunk is being read, or the pace holds it back. Where it is the pace, the leader's
 * timer is set for the time when the chunk may leave.
 *
 * Counted from what leaves and what arrives, on the clock of the leader's machine, and of a follower that has answered within an
 * election timeout. How fast chunks leave at most depends on how large the whole snapshot is; what is judged here is the time
 * that the slowest may take.
 */
import { limits } from "../../src/base/limits.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { InstallSnapshot, InstallSnapshotReply } from "../../src/raft/messages.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { NodeView, ServerView } from "../world/view.ts";

/** What is lost in the sums of a clock whose rate has changed, ms. */
const roundingMs = 0.001;

/** A snapshot on its way to one follower. Times are ms of the leader's clock. */
interface Delivery {
  readonly snapshotId: number;
  readonly lastIncludedIndex: number;
  readonly beganMs: number;
  /** Places of the chunks that are on their way. */
  underWay: number[];
  acknowledged: number;
  /** Its end was sent. */
  ended: boolean;
  /** When the next chunk may leave at the latest. */
  pacedMs: number;
}

/** A leader in its term. */
interface Reign {
  readonly term: Term;
  readonly deliveries: Map<ServerId, Delivery>;
  /** When each follower last answered. */
  readonly heardMs: Map<ServerId, number>;
  /** A turn has ended, and was not looked at. */
  fresh: boolean;
}

export class PromptSnapshots implements Observer {
  readonly name = "prompt-snapshots";
  readonly #marks: Marks | undefined;
  readonly #reigns: (Reign | undefined)[] = [];
  #timeoutMs = 0;
  #bytesPerMs = 0;
  #pacedMsMax = 0;

  /** With `marks`, it notes what it sees. */
  constructor(marks?: Marks) {
    this.#marks = marks;
  }

  begin({ plan: { config } }: World): void {
    this.#timeoutMs = config.electionTimeoutMs;
    this.#bytesPerMs = config.snapshotPace.bytesPerSecond / 1000;
    this.#pacedMsMax = config.snapshotPace.pacedMsMax;
  }

  effects({ id, node, clock }: ServerView, { messages }: Effects): void {
    const reign = node === undefined ? undefined : this.#reign(id, node);
    if (reign === undefined) return;
    for (const { to, message } of messages)
      if (message.type === "InstallSnapshot") this.#sends(reign, to, message, clock.now());
    reign.fresh = reign.deliveries.size > 0;
  }

  delivered(from: ServerId, { id, clock }: ServerView, message: PeerMessage): void {
    const reign = this.#reigns[id];
    if (reign === undefined) return;
    const delivery = reign.deliveries.get(from);
    if (message.type === "AppendEntriesReply" && message.term === reign.term) reign.heardMs.set(from, clock.now());
    else if (message.type === "InstallSnapshotReply" && message.snapshotId === delivery?.snapshotId) {
      reign.heardMs.set(from, clock.now());
      replied(delivery, message);
    }
  }

  /** What it has taken up at once it has not had a turn for. */
  woke({ id }: ServerView): void {
    this.#reigns[id] = undefined;
  }

  /** Once the turn has ended and nothing else came. */
  step({ id, node, clock, disk, hasUnflushedInput }: ServerView): void {
    const reign = this.#reigns[id];
    if (reign?.fresh !== true || node === undefined || hasUnflushedInput) return;
    reign.fresh = false;
    // What comes next is perhaps being read.
    if (disk.reading || !node.raft.isLeader || node.raft.currentTerm !== reign.term) return;
    for (const [to, delivery] of reign.deliveries) {
      const { ended, underWay } = delivery;
      const nowMs = clock.now();
      const heardMs = reign.heardMs.get(to) ?? Number.NEGATIVE_INFINITY;
      if (ended || underWay.length >= limits.snapshotChunksInFlightMax || nowMs - heardMs >= this.#timeoutMs) continue;
      if (!isNeeded(node, to, delivery)) reign.deliveries.delete(to);
      else this.#judge(id, to, node, delivery, nowMs);
    }
  }

  #judge(id: ServerId, to: ServerId, node: NodeView, { pacedMs, acknowledged }: Delivery, nowMs: number): void {
    const what = `n${to} has a snapshot up to chunk ${acknowledged}, and room for more`;
    if (nowMs > pacedMs + roundingMs) throw new InvariantBroken(this.name, `${what}: n${id} sends it nothing`);
    this.#marks?.hit("chunk-is-paced");
    const lateMs = node.nextDeadline() - pacedMs;
    if (lateMs > roundingMs)
      throw new InvariantBroken(this.name, `${what}: n${id} means to send it ${lateMs.toFixed(3)} ms too late`);
  }

  #reign(id: ServerId, { raft }: NodeView): Reign | undefined {
    if (!raft.isLeader) {
      this.#reigns[id] = undefined;
      return undefined;
    }
    const reign = this.#reigns[id];
    if (reign?.term === raft.currentTerm) return reign;
    const next = { term: raft.currentTerm, deliveries: new Map(), heardMs: new Map(), fresh: false };
    this.#reigns[id] = next;
    return next;
  }

  #sends({ deliveries }: Reign, to: ServerId, chunk: InstallSnapshot, nowMs: number): void {
    const { snapshotId, lastIncludedIndex, previous, position, data, done } = chunk;
    let delivery = deliveries.get(to);
    if (delivery?.snapshotId !== snapshotId) {
      // What else is on its way is not known: the leader was paused meanwhile.
      if (previous > 0) return;
      delivery = {
        snapshotId,
        lastIncludedIndex,
        beganMs: nowMs,
        pacedMs: nowMs,
        underWay: [],
        acknowledged: 0,
        ended: false,
      };
      deliveries.set(to, delivery);
    }
    delivery.ended = done;
    if (done) return;
    // It has gone back.
    delivery.underWay = delivery.underWay.filter((place) => place < position);
    if (position <= delivery.acknowledged) delivery.acknowledged = position - 1;
    delivery.underWay.push(position);
    const pacedUntilMs = delivery.beganMs + this.#pacedMsMax;
    if (nowMs < pacedUntilMs)
      delivery.pacedMs = Math.max(delivery.pacedMs, Math.min(pacedUntilMs, nowMs + data.length / this.#bytesPerMs));
  }
}

function replied(delivery: Delivery, { position }: InstallSnapshotReply): void {
  if (position === 0 && delivery.acknowledged > 0) {
    delivery.acknowledged = 0;
    delivery.underWay = [];
    delivery.ended = false;
  } else if (position > delivery.acknowledged) {
    delivery.acknowledged = position;
    delivery.underWay = delivery.underWay.filter((place) => place > position);
  }
}

/** Whether the leader takes the follower to lack what this snapshot holds. */
function isNeeded({ raft }: NodeView, to: ServerId, { lastIncludedIndex }: Delivery): boolean {
  const peer = raft.status().peers.find(({ id }) => id === to);
  return peer?.state === "snapshot" && peer.matchIndex < lastIncludedIndex;
}
