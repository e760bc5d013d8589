/**
 * What servers tell their leader of themselves, when they begin to follow it and once a tick: what their wall clocks show,
 * from which the leader makes its stamps (`cluster-clock.ts`), and whether their disks have room (`disk-room.ts`).
 */
import type { WallClock } from "../../protocol/peer-messages.ts";
import type { ServerId, Term } from "../../raft/types.ts";
import type { Core } from "../core.ts";
import type { Stamps } from "../log-feed.ts";
import { ClusterClock, type Now } from "./cluster-clock.ts";
import { DiskRoom } from "./disk-room.ts";
import type { PeerOutbox } from "./peer-outbox.ts";

/** One server's reports, and at a leader what it makes of those of the others. */
export class Reports implements Stamps {
  readonly #core: Core;
  readonly #outbox: PeerOutbox;
  readonly #clusterClock: ClusterClock;
  readonly #room: DiskRoom;
  #lastStampMs = 0;
  /** The leader that this server has reported to since it began to follow it. */
  #greeted: { readonly leader: ServerId | undefined; readonly term: Term } = { leader: undefined, term: 0 };

  /** A report counts for `keptMs`: some may be lost. */
  constructor(core: Core, outbox: PeerOutbox, keptMs: number) {
    this.#core = core;
    this.#outbox = outbox;
    this.#clusterClock = new ClusterClock(core.id, keptMs);
    this.#room = new DiskRoom(core.id, keptMs);
  }

  /** Another server reports. */
  reported(from: ServerId, { wallClockMs, diskLow }: WallClock): void {
    const { raft, ports } = this.#core;
    const now = ports.clock.now();
    this.#clusterClock.reported(from, wallClockMs, now);
    this.#room.reported(from, diskLow, now);
    if (raft.isLeader && this.#room.isClusterLow(raft.configuration, now)) this.#outbox.add(from, { type: "DiskFull" });
  }

  /** A server that leads, or thinks so, has said that the disks of the cluster are almost full. */
  toldDiskFull(by: ServerId): void {
    this.#room.told(by, this.#core.ports.clock.now());
  }

  /** The stream to another server is open anew: what it was told may be lost. */
  linkOpened(to: ServerId): void {
    if (this.#greeted.leader === to) this.#greeted = { leader: undefined, term: 0 };
  }

  /** Reports to a leader that this server has just begun to follow. */
  greetLeader(): void {
    const { id, raft } = this.#core;
    const { leader, currentTerm } = raft;
    if (this.#greeted.leader === leader && this.#greeted.term === currentTerm) return;
    this.#greeted = { leader, term: currentTerm };
    if (leader !== undefined && leader !== id) this.#reportTo(leader);
  }

  /** Once a tick: reports; a leader forgets those who are no members any more. */
  tick(): void {
    const { raft } = this.#core;
    if (raft.isLeader) {
      this.#clusterClock.keep(raft.configuration);
      this.#room.keep(raft.configuration);
    } else if (raft.leader !== undefined) this.#reportTo(raft.leader);
  }

  /** The time of a command: the cluster's, but never before that of an earlier command; undefined while it is not known. */
  next(): number | undefined {
    const { raft, replica } = this.#core;
    const timeMs = this.#clusterClock.timeMs(raft.configuration, this.#clocks());
    if (timeMs === undefined) return undefined;
    return Math.max(this.#lastStampMs, replica.machine.lastTimeMs, timeMs);
  }

  /** A command with this stamp is in the log. */
  used(stampMs: number): void {
    this.#lastStampMs = stampMs;
  }

  /** At a leader: how far each server's clock is ahead of the majority's, ms. */
  skewsMs(): ReadonlyMap<ServerId, number> {
    const { raft } = this.#core;
    return raft.isLeader ? this.#clusterClock.skewsMs(raft.configuration, this.#clocks()) : new Map();
  }

  /** This server's disk is almost full, since `low`; undefined: it has room. */
  setDiskLow(low: string | undefined): void {
    this.#room.set(low);
  }

  /** Whether this server's own disk is almost full. */
  get isDiskLow(): boolean {
    return this.#room.isLow;
  }

  /** Why creates and setDatas of this server's clients are refused, a clause; undefined while they are not. */
  writesRefused(): string | undefined {
    const { raft, ports } = this.#core;
    return this.#room.refusal(raft.leader, raft.configuration, ports.clock.now());
  }

  #reportTo(leader: ServerId): void {
    const wallClockMs = this.#core.ports.clock.wallClock();
    this.#outbox.add(leader, { type: "WallClock", wallClockMs, diskLow: this.#room.isLow });
  }

  #clocks(): Now {
    const { clock } = this.#core.ports;
    return { monotonicMs: clock.now(), wallMs: clock.wallClock() };
  }
}
