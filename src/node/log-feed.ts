/**
 * The way of proposals into the leader's log: those of its own clients and those that other servers forward. A server that
 * does not lead forwards its own to the leader.
 */
import { limits } from "../base/limits.ts";
import { proposalOf, stampCommand } from "../protocol/command-codec.ts";
import type { Raft } from "../raft/raft.ts";
import type { ServerId } from "../raft/types.ts";
import { batchesOf } from "./batches.ts";
import { CommandsUnderway, type ProposalId } from "./commands-underway.ts";
import type { Core, Replica } from "./core.ts";
import type { Outgoing, Proposals } from "./proposals.ts";

/** The time that commands are stamped with, Unix ms: it never goes back behind a stamp that was used. */
export interface Stamps {
  /** The next stamp; undefined while the time is not known. */
  next(): number | undefined;
  /** A command with this stamp is in the log. One that the log refused leaves no trace: its time may have been wrong. */
  used(stampMs: number): void;
}

/** How a server forwards commands to another one. */
export interface Forwarding {
  addForward(to: ServerId, commands: readonly Uint8Array[]): void;
}

/** A command of another server that waits for room in the log. */
interface Forwarded extends ProposalId {
  readonly bytes: Uint8Array;
}

/** Feeds the log of this server while it leads, else that of the leader. */
export class LogFeed {
  readonly #id: ServerId;
  readonly #raft: Raft;
  readonly #replica: Replica;
  readonly #proposals: Proposals;
  readonly #stamps: Stamps;
  readonly #forwarding: Forwarding;
  readonly #forwardedBytesMax: number;
  #forwarded: Forwarded[] = [];
  #forwardedBytes = 0;
  readonly #underway = new CommandsUnderway();
  #ownFirst = false;

  /** `forwardedBytesMax`: what others forwarded may wait up to this, bytes. */
  constructor(
    core: Pick<Core, "id" | "raft" | "replica">,
    proposals: Proposals,
    stamps: Stamps,
    forwarding: Forwarding,
    forwardedBytesMax: number,
  ) {
    this.#id = core.id;
    this.#raft = core.raft;
    this.#replica = core.replica;
    this.#proposals = proposals;
    this.#stamps = stamps;
    this.#forwarding = forwarding;
    this.#forwardedBytesMax = forwardedBytesMax;
  }

  /** Commands of other servers that are taken and not applied yet. */
  get underway(): number {
    return this.#underway.size;
  }

  /** For checkers: the commands that other servers forwarded and that wait for room in the log. */
  get forwarded(): readonly Uint8Array[] {
    return this.#forwarded.map(({ bytes }) => bytes);
  }

  /**
   * Takes commands that another server forwards, except copies of those that it has on their way. A server that does not
   * lead drops them, and one that has too many waiting: their origin sends them again.
   */
  takeForwarded(commands: readonly Uint8Array[]): void {
    if (!this.#raft.isLeader) return;
    for (const bytes of commands) {
      if (this.#forwardedBytes + bytes.length > this.#forwardedBytesMax) return;
      const { origin, proposal } = proposalOf(bytes);
      const command: Forwarded = { origin, proposal, bytes };
      if (!this.#underway.take(command, this.#raft.currentTerm)) continue;
      this.#forwarded.push(command);
      this.#forwardedBytes += bytes.length;
    }
  }

  /** The end of a turn's input: what the log takes goes in, or goes to the leader. The rest waits, in order. */
  propose(nowMs: number): void {
    // While leadership is handed over, everything waits for the new leader.
    if (this.#raft.isTransferring) return;
    if (this.#raft.isLeader) return this.#appendAll(nowMs);
    this.#dropForwarded();
    const { leader, currentTerm, knownCommit } = this.#raft;
    if (leader === undefined) return;
    const { machine, allTold } = this.#replica;
    this.#proposals.progress(knownCommit, allTold ? machine.appliedIndex : machine.appliedIndex - 1);
    const proposals = this.#proposals.take(leader, currentTerm, nowMs);
    if (proposals.length === 0) return;
    this.#forwarding.addForward(
      leader,
      proposals.map(({ bytes }) => bytes),
    );
    this.#proposals.sent(proposals, nowMs, false);
  }

  /** When {@link propose} should be called although nothing happened, monotonic ms; Infinity while there is nobody to ask. */
  nextDeadline(): number {
    const { leader, isTransferring } = this.#raft;
    return leader === undefined || isTransferring ? Number.POSITIVE_INFINITY : this.#proposals.nextDeadline();
  }

  /** Appends commands in batches until the log takes no more. Returns how many it took. */
  append(commands: readonly Uint8Array[]): number {
    const stampMs = this.#stamps.next();
    if (stampMs === undefined) return 0;
    let taken = 0;
    for (const batch of batchesOf(commands, limits.appendBytesMax)) {
      if (this.#raft.propose(batch.map((command) => stampCommand(command, stampMs))) !== "accepted") break;
      this.#stamps.used(stampMs);
      taken += batch.length;
    }
    return taken;
  }

  #appendAll(nowMs: number): void {
    this.#underway.applied(this.#replica.machine.appliedIndex);
    // In turns, so that neither the own clients nor those of others starve when the log takes no more.
    this.#ownFirst = !this.#ownFirst;
    if (this.#ownFirst) this.#appendOwn(nowMs);
    this.#appendForwarded();
    if (!this.#ownFirst) this.#appendOwn(nowMs);
  }

  /** What others forwarded to a server that does not lead any more: they send it again. */
  #dropForwarded(): void {
    this.#underway.clear();
    if (this.#forwarded.length === 0) return;
    this.#forwarded = [];
    this.#forwardedBytes = 0;
  }

  #appendOwn(nowMs: number): void {
    const proposals: readonly Outgoing[] = this.#proposals.take(this.#id, this.#raft.currentTerm, nowMs, true);
    if (proposals.length === 0) return;
    const taken = this.append(proposals.map(({ bytes }) => bytes));
    this.#proposals.sent(proposals.slice(0, taken), nowMs, true);
  }

  #appendForwarded(): void {
    if (this.#forwarded.length === 0) return;
    const taken = this.append(this.#forwarded.map(({ bytes }) => bytes));
    if (taken === 0) return;
    const appended = taken === this.#forwarded.length ? this.#forwarded : this.#forwarded.slice(0, taken);
    for (const { bytes } of appended) this.#forwardedBytes -= bytes.length;
    this.#forwarded = this.#forwarded.slice(taken);
    this.#underway.appended(appended, this.#raft.lastIndex);
  }
}
