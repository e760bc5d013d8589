/**
 * A leader sends each chunk of a snapshot once (§7), unless there is a reason to send it again: nothing more was acknowledged for an
 * election timeout, or the follower said that it has begun anew. What the follower says that it has it is not sent again.
 *
 * Counted from what leaves and what arrives, on the clock of the leader's machine. What leaves at the end of a turn may have
 * been decided on before what the turn brought, so that what had been heard when the turn before ended counts too.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { InstallSnapshot, InstallSnapshotReply } from "../../src/raft/messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** What is lost in the sums of a clock whose rate has changed, ms. */
const roundingMs = 0.001;

/** No clock runs faster than at this rate. */
const rateMax = 2;

/** A snapshot on its way to one follower. */
interface Delivery {
  readonly snapshotId: number;
  /** The chunks that were sent since it was last begun anew; the closing one is the number behind all. */
  readonly sent: Set<number>;
  /** Up to where chunks are acknowledged, and up to where they are by the newest answer. */
  acknowledged: number;
  said: number;
  /** The least that was there by both since the turn before ended. */
  there: number;
  /** When it began or more was acknowledged, ms of the leader's clock, or it went back at the earliest. */
  heardMs: number;
  /** The same, when the turn before ended. */
  heardBeforeMs: number;
  /** How often it was told to begin anew, or had gone back when more was acknowledged, and has not sent a chunk again since. */
  again: number;
}

export class SparingSnapshots implements Observer {
  readonly name = "sparing-snapshots";
  /** By leader, by follower. */
  readonly #deliveries: Map<ServerId, Delivery>[] = [];
  #timeoutMs = 0;
  /** So late a turn may end. */
  #lateMs = 0;

  begin({ plan }: World): void {
    const { electionTimeoutMs, lateFlush, lateFlushUs } = plan.config;
    this.#timeoutMs = electionTimeoutMs;
    this.#lateMs = lateFlush > 0 ? (rateMax * lateFlushUs) / 1000 : 0;
  }

  starting({ id }: ServerView): void {
    this.#deliveries[id] = new Map();
  }

  effects(server: ServerView, { messages }: Effects): void {
    const deliveries = this.#deliveries[server.id];
    if (deliveries === undefined || server.node?.raft.isLeader !== true) return;
    for (const { to, message } of messages)
      if (message.type === "InstallSnapshot") this.#sends(server, deliveries, to, message);
    for (const delivery of deliveries.values()) {
      delivery.heardBeforeMs = delivery.heardMs;
      delivery.there = thereBy(delivery);
    }
  }

  delivered(from: ServerId, { id, clock }: ServerView, message: PeerMessage): void {
    if (message.type !== "InstallSnapshotReply") return;
    const delivery = this.#deliveries[id]?.get(from);
    if (delivery?.snapshotId === message.snapshotId) replied(delivery, message, clock.now(), this.#timeoutMs);
  }

  #sends(
    { id, clock }: ServerView,
    deliveries: Map<ServerId, Delivery>,
    to: ServerId,
    { snapshotId, position, done }: InstallSnapshot,
  ): void {
    const nowMs = clock.now();
    let delivery = deliveries.get(to);
    if (delivery?.snapshotId !== snapshotId) {
      const beganMs = nowMs - this.#lateMs;
      const times = { heardMs: beganMs, heardBeforeMs: beganMs };
      delivery = { snapshotId, sent: new Set(), acknowledged: 0, said: 0, there: 0, ...times, again: 0 };
      deliveries.set(to, delivery);
    }
    if (!done && position <= delivery.there)
      throw new InvariantBroken(this.name, `n${id} sends n${to} chunk ${position} of a snapshot, which it has`);
    const chunk = done ? Number.POSITIVE_INFINITY : position;
    if (delivery.sent.has(chunk)) {
      const silentMs = nowMs - Math.min(delivery.heardMs, delivery.heardBeforeMs);
      if (delivery.again === 0 && silentMs < this.#timeoutMs - roundingMs)
        throw new InvariantBroken(
          this.name,
          `n${id} sends n${to} ${done ? "the end" : `chunk ${position}`} of a snapshot again, ${silentMs.toFixed(1)} ms after it heard of more`,
        );
      delivery.sent.clear();
      if (delivery.again > 0) delivery.again--;
      else delivery.heardMs += this.#timeoutMs;
    }
    delivery.sent.add(chunk);
  }
}

/** Up to where the chunks are there, whatever answers are late. */
function thereBy({ acknowledged, said }: Delivery): number {
  return Math.min(acknowledged, said);
}

function replied(delivery: Delivery, { position }: InstallSnapshotReply, nowMs: number, timeoutMs: number): void {
  delivery.said = position;
  if (position === 0 && delivery.acknowledged > 0) {
    delivery.again++;
    delivery.acknowledged = 0;
    delivery.heardMs = nowMs;
  } else if (position > delivery.acknowledged) {
    if (nowMs - delivery.heardMs >= timeoutMs - roundingMs) delivery.again++;
    delivery.acknowledged = position;
    delivery.heardMs = nowMs;
  }
  delivery.there = Math.min(delivery.there, thereBy(delivery));
}
