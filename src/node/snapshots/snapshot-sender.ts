/**
 * Sends the checkpoint on this leader's disk to followers that need it (§7): in bounded chunks, a few at a time, read
 * from a view of the disk that does not change. What is not acknowledged in time is sent again from there on.
 */
import { present } from "../../base/assert.ts";
import { limits } from "../../base/limits.ts";
import type { InstallSnapshotReply } from "../../raft/messages.ts";
import type { Raft, SnapshotPeer } from "../../raft/raft.ts";
import type { Index, ServerId } from "../../raft/types.ts";
import type { Disk, DiskView, Row } from "../../storage/disk.ts";
import { diskError } from "../../storage/disk-hints.ts";
import { headKey, segmentName, segmentRange } from "../../storage/layout.ts";
import { type CheckpointHead, decodeHead } from "../../storage/records.ts";
import { unseal } from "../../storage/sealed.ts";

/** What this part of a node works with. */
export interface SenderHost {
  readonly disk: Disk;
  readonly raft: Raft;
  /** How long a chunk may stay without an answer, ms. */
  readonly retryMs: number;
  now(): number;
  /** A number that no other transfer has. */
  newId(): number;
  readonly requestFlush: () => void;
  /** The disk cannot be read, or what is on it is damaged. */
  readonly fatal: (error: Error) => void;
}

interface Transfer {
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
  /** Positions sent and not acknowledged. */
  inFlight: number[];
  readonly beganAtMs: number;
  /** When the next chunk may leave, monotonic ms. */
  paceAtMs: number;
  heardAtMs: number;
}

/** See the file's comment. */
export class SnapshotSender {
  readonly #host: SenderHost;
  readonly #transfers = new Map<ServerId, Transfer>();

  constructor(host: SenderHost) {
    this.#host = host;
  }

  /** The oldest checkpoint that is being sent; Infinity if none is. */
  heldIndex(): Index {
    let held = Number.POSITIVE_INFINITY;
    for (const { head } of this.#transfers.values()) held = Math.min(held, head?.read.index ?? 0);
    return held;
  }

  /** The end of a turn: `peers` need a snapshot, and nobody else does. */
  turn(peers: readonly SnapshotPeer[]): void {
    if (peers.length === 0 && this.#transfers.size === 0) return;
    for (const [id, transfer] of this.#transfers) {
      const peer = peers.find((candidate) => candidate.id === id);
      // A follower that has what is being sent, and needs a snapshot still, needs a newer one.
      const included = transfer.head?.read.index ?? Number.POSITIVE_INFINITY;
      if (peer === undefined || peer.matchIndex >= included) this.#end(transfer);
    }
    for (const { id } of peers) if (!this.#transfers.has(id)) this.#begin(id);
    const now = this.#host.now();
    for (const transfer of this.#transfers.values())
      if (now - transfer.heardAtMs >= this.#host.retryMs) this.#goBack(transfer, transfer.acknowledged);
      else if (now >= pacedUntil(transfer)) this.#guarded(() => this.#go(transfer));
  }

  /** When {@link turn} has something to do although nothing happened, monotonic ms. */
  nextDeadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const transfer of this.#transfers.values())
      deadline = Math.min(deadline, transfer.heardAtMs + this.#host.retryMs, pacedUntil(transfer));
    return deadline;
  }

  /** The follower says how far it is. */
  replied(from: ServerId, { snapshotId, position }: InstallSnapshotReply): void {
    const transfer = this.#transfers.get(from);
    if (transfer === undefined || transfer.id !== snapshotId) return;
    // It knows nothing of the transfer: it has started again, or takes another one.
    if (position === 0 && transfer.acknowledged > 0) return this.#goBack(transfer, 0);
    if (position <= transfer.acknowledged) return;
    transfer.heardAtMs = this.#host.now();
    transfer.acknowledged = position;
    transfer.inFlight = transfer.inFlight.filter((sent) => sent > position);
    this.#guarded(() => this.#go(transfer));
  }

  #begin(to: ServerId): void {
    const transfer: Transfer = {
      id: this.#host.newId(),
      to,
      view: this.#host.disk.view(),
      head: undefined,
      reading: true,
      waiting: [],
      atEnd: false,
      doneSent: false,
      sent: 0,
      acknowledged: 0,
      inFlight: [],
      beganAtMs: this.#host.now(),
      paceAtMs: this.#host.now(),
      heardAtMs: this.#host.now(),
    };
    this.#transfers.set(to, transfer);
    const gte = headKey;
    transfer.view.read({ gte, lt: new Uint8Array([...headKey, 0]) }, 1, (error, [row]) => {
      transfer.reading = false;
      if (error !== undefined) return this.#host.fatal(diskError(error, "the checkpoint could not be read"));
      this.#guarded(() => {
        // The log was compacted, so there is a checkpoint.
        const { value } = present(row, "the head of the checkpoint");
        transfer.head = { value, read: decodeHead(value) };
        this.#go(transfer);
      });
    });
  }

  #end(transfer: Transfer): void {
    transfer.view.close();
    this.#transfers.delete(transfer.to);
  }

  /** Forgets what was sent behind `position`. */
  #goBack(transfer: Transfer, position: number): void {
    transfer.heardAtMs = this.#host.now();
    transfer.acknowledged = position;
    transfer.sent = position;
    transfer.inFlight = [];
    transfer.waiting = [];
    transfer.atEnd = false;
    transfer.doneSent = false;
    this.#guarded(() => this.#go(transfer));
  }

  /** Sends what may be sent and reads what comes next. */
  #go(transfer: Transfer): void {
    const { head, inFlight, waiting } = transfer;
    if (head === undefined) return;
    const now = this.#host.now();
    while (inFlight.length < limits.snapshotChunksInFlightMax && now >= transfer.paceAtMs) {
      const row = waiting.shift();
      if (row === undefined) break;
      const position = segmentName(row.key)?.number ?? 0;
      // Better to stop here than to spread what a bad disk made of it.
      unseal(row.value, `segment ${position} of the checkpoint`);
      this.#send(transfer, head.read, position, row.value, false);
      inFlight.push(position);
      transfer.sent = position;
      if (now - transfer.beganAtMs < limits.snapshotPacedMsMax)
        transfer.paceAtMs = now + row.value.length / bytesPerMs(head.read);
    }
    if (waiting.length > 0) return;
    if (!transfer.atEnd) return this.#read(transfer, head.read.generation);
    if (transfer.doneSent) return;
    transfer.doneSent = true;
    this.#send(transfer, head.read, transfer.sent, head.value, true);
  }

  #read(transfer: Transfer, generation: number): void {
    if (transfer.reading) return;
    transfer.reading = true;
    const from = transfer.sent;
    transfer.view.read(segmentRange(generation, from + 1), limits.segmentBytes, (error, rows) => {
      transfer.reading = false;
      if (error !== undefined) return this.#host.fatal(diskError(error, "the checkpoint could not be read"));
      // Else it went back meanwhile.
      if (transfer.sent === from) {
        transfer.waiting = [...rows];
        transfer.atEnd = rows.length === 0;
      }
      this.#guarded(() => this.#go(transfer));
    });
  }

  #send(transfer: Transfer, head: CheckpointHead, position: number, data: Uint8Array, done: boolean): void {
    this.#host.raft.sendSnapshot(transfer.to, {
      snapshotId: transfer.id,
      lastIncludedIndex: head.index,
      lastIncludedTerm: head.term,
      previous: transfer.sent,
      position,
      data,
      done,
    });
    this.#host.requestFlush();
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#host.fatal(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** When a chunk that has been read may leave; Infinity if none waits, or for an answer only. */
function pacedUntil({ waiting, inFlight, paceAtMs }: Transfer): number {
  const waits = waiting.length > 0 && inFlight.length < limits.snapshotChunksInFlightMax;
  return waits ? paceAtMs : Number.POSITIVE_INFINITY;
}

/** How fast a snapshot leaves, so that it does not take the disks and processors from everybody else. */
function bytesPerMs({ segments }: CheckpointHead): number {
  const inTime = (segments * limits.segmentBytes) / limits.snapshotPacedMsMax;
  return Math.max(limits.snapshotBytesPerSecond / 1000, inTime);
}
