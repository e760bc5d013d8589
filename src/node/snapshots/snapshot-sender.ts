/**
 * Sends the checkpoint on this leader's disk to followers that need it (§7): in bounded chunks, a few at a time, read
 * from a view of the disk that does not change. What is not acknowledged in time is sent again from there on. A follower that
 * falls silent for a while goes on where it was: else one that stalls now and then would never get a large one whole.
 */
import { present } from "../../base/assert.ts";
import { limits } from "../../base/limits.ts";
import type { InstallSnapshotReply } from "../../raft/messages.ts";
import type { Raft, SnapshotPeer } from "../../raft/raft.ts";
import type { Index, ServerId } from "../../raft/types.ts";
import { type DiskView, isViewLost, type Row } from "../../storage/disk.ts";
import { diskError } from "../../storage/disk-hints.ts";
import { headKey, segmentName, segmentRange } from "../../storage/layout.ts";
import { type CheckpointHead, decodeHead } from "../../storage/records.ts";
import { unseal } from "../../storage/sealed.ts";
import type { SnapshotPace } from "../options.ts";
import type { Ports } from "../ports.ts";

/** A snapshot on its way to one follower. */
interface Delivery {
  readonly id: number;
  readonly to: ServerId;
  readonly view: DiskView;
  /** Once it is read. */
  head: { readonly value: Uint8Array; readonly read: CheckpointHead } | undefined;
  reading: boolean;
  /** Read and not sent. */
  waiting: Row[];
  /** All chunks were read. */
  atEnd: boolean;
  doneSent: boolean;
  sent: number;
  acknowledged: number;
  /** Up to where the follower is by its newest reply: less than `acknowledged` by one that is late, or if it has begun anew. */
  said: number;
  /** Positions sent and not acknowledged. */
  inFlight: number[];
  readonly beganAtMs: number;
  /** When the next chunk may leave, monotonic ms. */
  paceAtMs: number;
  /** When it began to owe an answer, or last said that it has more, monotonic ms. */
  owesSinceMs: number;
  /** Since when the follower has not replied to anything; undefined while it does. */
  silentSinceMs: number | undefined;
}

/** Sends snapshots to those who need them. */
export class SnapshotSender {
  readonly #raft: Raft;
  readonly #ports: Pick<Ports, "clock" | "disk" | "fatal" | "random" | "requestFlush">;
  readonly #electionTimeoutMs: number;
  readonly #pace: SnapshotPace;
  readonly #segmentBytes: number;
  readonly #deliveries = new Map<ServerId, Delivery>();

  /**
   * `electionTimeoutMs`: so long may a chunk stay without an answer. `segmentBytes`: about as many has a segment of the
   * checkpoint.
   */
  constructor(
    raft: Raft,
    ports: Pick<Ports, "clock" | "disk" | "fatal" | "random" | "requestFlush">,
    electionTimeoutMs: number,
    pace: SnapshotPace,
    segmentBytes: number,
  ) {
    this.#raft = raft;
    this.#ports = ports;
    this.#electionTimeoutMs = electionTimeoutMs;
    this.#pace = pace;
    this.#segmentBytes = segmentBytes;
  }

  /** The oldest checkpoint that is being sent; Infinity if none is. */
  heldIndex(): Index {
    let held = Number.POSITIVE_INFINITY;
    for (const { head } of this.#deliveries.values()) held = Math.min(held, head?.read.index ?? 0);
    return held;
  }

  /** The end of a turn: `peers` need a snapshot, and nobody else does. */
  turn(peers: readonly SnapshotPeer[]): void {
    if (peers.length === 0 && this.#deliveries.size === 0) return;
    const now = this.#ports.clock.now();
    for (const [id, delivery] of this.#deliveries) {
      const peer = peers.find((candidate) => candidate.id === id);
      // A follower that has what is being sent, and needs a snapshot still, needs a newer one.
      const included = delivery.head?.read.index ?? Number.POSITIVE_INFINITY;
      if (peer === undefined || peer.matchIndex >= included) this.#end(delivery);
      else if (peer.heard) delivery.silentSinceMs = undefined;
      else delivery.silentSinceMs ??= now;
      if (now >= this.#keptUntil(delivery)) this.#end(delivery);
    }
    for (const { id, heard } of peers) if (heard && !this.#deliveries.has(id)) this.#begin(id);
    for (const delivery of this.#deliveries.values())
      if (delivery.silentSinceMs !== undefined) continue;
      else if (now >= this.#retryAt(delivery)) this.#goBack(delivery, Math.min(delivery.acknowledged, delivery.said));
      else if (now >= pacedUntil(delivery)) this.#guarded(() => this.#go(delivery));
  }

  /**
   * When {@link turn} has something to send although nothing happened, monotonic ms. What is kept for a silent follower is let
   * go of with some heartbeat.
   */
  nextDeadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const delivery of this.#deliveries.values())
      if (delivery.silentSinceMs === undefined)
        deadline = Math.min(deadline, this.#retryAt(delivery), pacedUntil(delivery));
    return deadline;
  }

  /** The follower says how far it is. */
  replied(from: ServerId, { snapshotId, position }: InstallSnapshotReply): void {
    const delivery = this.#deliveries.get(from);
    if (delivery === undefined || delivery.id !== snapshotId) return;
    delivery.said = position;
    // It knows nothing of the delivery: it has started again, or takes another one.
    if (position === 0 && delivery.acknowledged > 0) return this.#goBack(delivery, 0);
    if (position <= delivery.acknowledged) return;
    delivery.owesSinceMs = this.#ports.clock.now();
    delivery.acknowledged = position;
    delivery.inFlight = delivery.inFlight.filter((sent) => sent > position);
    // It had gone back meanwhile, and need not have.
    if (position > delivery.sent) {
      delivery.sent = position;
      delivery.waiting = delivery.waiting.filter((row) => positionOf(row) > position);
    }
    this.#guarded(() => this.#go(delivery));
  }

  #begin(to: ServerId): void {
    const delivery: Delivery = {
      // No other delivery has it.
      id: Math.floor(this.#ports.random() * 2 ** 48) + 1,
      to,
      view: this.#ports.disk.view(),
      head: undefined,
      reading: true,
      waiting: [],
      atEnd: false,
      doneSent: false,
      sent: 0,
      acknowledged: 0,
      said: 0,
      inFlight: [],
      beganAtMs: this.#ports.clock.now(),
      paceAtMs: this.#ports.clock.now(),
      owesSinceMs: this.#ports.clock.now(),
      silentSinceMs: undefined,
    };
    this.#deliveries.set(to, delivery);
    const gte = headKey;
    delivery.view.read({ gte, lt: new Uint8Array([...headKey, 0]) }, 1, (error, [row]) => {
      delivery.reading = false;
      if (error !== undefined) return this.#unread(delivery, error);
      this.#guarded(() => {
        // The log was compacted, so there is a checkpoint.
        const { value } = present(row, "the head of the checkpoint");
        delivery.head = { value, read: decodeHead(value) };
        this.#go(delivery);
      });
    });
  }

  #end(delivery: Delivery): void {
    delivery.view.close();
    this.#deliveries.delete(delivery.to);
  }

  /** A read failed. If nothing is wrong but that the view is gone, the next turn begins anew, with the checkpoint of then. */
  #unread(delivery: Delivery, error: Error): void {
    if (!isViewLost(error)) return this.#ports.fatal(diskError(error, "the checkpoint could not be read"));
    this.#end(delivery);
    this.#ports.requestFlush();
  }

  /** Forgets what was sent behind `position`. */
  #goBack(delivery: Delivery, position: number): void {
    delivery.owesSinceMs = this.#ports.clock.now();
    delivery.acknowledged = position;
    delivery.sent = position;
    delivery.inFlight = [];
    delivery.waiting = [];
    delivery.atEnd = false;
    delivery.doneSent = false;
    this.#guarded(() => this.#go(delivery));
  }

  /** Sends what may be sent and reads what comes next. */
  #go(delivery: Delivery): void {
    const { head, inFlight, waiting } = delivery;
    if (head === undefined) return;
    const now = this.#ports.clock.now();
    while (inFlight.length < limits.snapshotChunksInFlightMax && now >= delivery.paceAtMs) {
      const row = waiting.shift();
      if (row === undefined) break;
      const position = positionOf(row);
      // Better to stop here than to spread what a bad disk made of it.
      unseal(row.value, `segment ${position} of the checkpoint`);
      if (inFlight.length === 0) delivery.owesSinceMs = now;
      this.#send(delivery, head.read, position, row.value, false);
      inFlight.push(position);
      delivery.sent = position;
      const pacedUntilMs = delivery.beganAtMs + this.#pace.pacedMsMax;
      // A chunk may be larger than was reckoned with: even so it holds up the next one no longer than pacing lasts.
      if (now < pacedUntilMs)
        delivery.paceAtMs = Math.min(pacedUntilMs, now + row.value.length / this.#bytesPerMs(head.read));
    }
    if (waiting.length > 0) return;
    if (!delivery.atEnd) return this.#read(delivery, head.read.generation);
    if (delivery.doneSent) return;
    delivery.doneSent = true;
    if (inFlight.length === 0) delivery.owesSinceMs = now;
    this.#send(delivery, head.read, delivery.sent, head.value, true);
  }

  #read(delivery: Delivery, generation: number): void {
    if (delivery.reading) return;
    delivery.reading = true;
    const from = delivery.sent;
    delivery.view.read(segmentRange(generation, from + 1), limits.segmentBytes, (error, rows) => {
      delivery.reading = false;
      if (error !== undefined) return this.#unread(delivery, error);
      // Else it went back meanwhile.
      if (delivery.sent === from) {
        delivery.waiting = [...rows];
        delivery.atEnd = rows.length === 0;
      }
      this.#guarded(() => this.#go(delivery));
    });
  }

  #send(delivery: Delivery, head: CheckpointHead, position: number, data: Uint8Array, done: boolean): void {
    this.#raft.sendSnapshot(delivery.to, {
      snapshotId: delivery.id,
      lastIncludedIndex: head.index,
      lastIncludedTerm: head.term,
      previous: delivery.sent,
      position,
      data,
      done,
    });
    this.#ports.requestFlush();
  }

  /** When to send again what has no answer; Infinity while none is owed: what comes next is being read, or paced. */
  #retryAt({ owesSinceMs, inFlight, doneSent }: Delivery): number {
    return inFlight.length > 0 || doneSent ? owesSinceMs + this.#electionTimeoutMs : Number.POSITIVE_INFINITY;
  }

  /** When a delivery is given up: it holds a view of the disk, and the log. */
  #keptUntil({ silentSinceMs = Number.POSITIVE_INFINITY }: Delivery): number {
    return silentSinceMs + limits.snapshotKeptTimeouts * this.#electionTimeoutMs;
  }

  #bytesPerMs({ segments }: CheckpointHead): number {
    const { bytesPerSecond, pacedMsMax } = this.#pace;
    return Math.max(bytesPerSecond / 1000, (segments * this.#segmentBytes) / pacedMsMax);
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#ports.fatal(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** Where a chunk stands in its snapshot: from 1. */
function positionOf({ key }: Row): number {
  return segmentName(key)?.number ?? 0;
}

/** When a chunk that has been read may leave; Infinity if none waits, or for an answer only. */
function pacedUntil({ waiting, inFlight, paceAtMs }: Delivery): number {
  const waits = waiting.length > 0 && inFlight.length < limits.snapshotChunksInFlightMax;
  return waits ? paceAtMs : Number.POSITIVE_INFINITY;
}
