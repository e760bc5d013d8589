/** What goes into the leader's log: the proposals of its own clients and those that other servers forward. */
import { limits } from "../base/limits.ts";
import { stampCommand } from "../protocol/command-codec.ts";
import type { Raft } from "../raft/raft.ts";
import { partsOf } from "./parts.ts";
import type { Outgoing, Proposals } from "./proposals.ts";

/** The time that commands are stamped with, Unix ms: it never goes back behind a stamp that was used. */
export interface Stamps {
  /** The next stamp; undefined while the time is not known. */
  next(): number | undefined;
  /** A command with this stamp is in the log. One that the log refused leaves no trace: its time may have been wrong. */
  used(stampMs: number): void;
}

/** Feeds the log while this server leads. */
export class LogFeed {
  readonly #raft: Raft;
  readonly #proposals: Proposals;
  readonly #stamps: Stamps;
  #forwarded: Uint8Array[] = [];
  #forwardedBytes = 0;
  #ownFirst = false;

  constructor(raft: Raft, proposals: Proposals, stamps: Stamps) {
    this.#raft = raft;
    this.#proposals = proposals;
    this.#stamps = stamps;
  }

  /**
   * Takes commands that another server forwards. A server that does not lead drops them, and one that has too many
   * waiting: their origin sends them again.
   */
  takeForwarded(commands: readonly Uint8Array[]): void {
    if (!this.#raft.isLeader) return;
    for (const command of commands) {
      if (this.#forwardedBytes + command.length > limits.forwardedBytesMax) return;
      this.#forwarded.push(command);
      this.#forwardedBytes += command.length;
    }
  }

  /** Ends a turn: appends what the log takes. The rest waits, in order. */
  appendAll(ownId: number, nowMs: number): void {
    // In turns, so that neither the own clients nor those of others starve when the log takes no more.
    this.#ownFirst = !this.#ownFirst;
    if (this.#ownFirst) this.#appendOwn(ownId, nowMs);
    this.#appendForwarded();
    if (!this.#ownFirst) this.#appendOwn(ownId, nowMs);
  }

  /** This server does not lead: what others forwarded is dropped. */
  clear(): void {
    if (this.#forwarded.length === 0) return;
    this.#forwarded = [];
    this.#forwardedBytes = 0;
  }

  /** Appends commands in parts until the log takes no more. Returns how many it took. */
  append(commands: readonly Uint8Array[]): number {
    if (commands.length === 0) return 0;
    const stampMs = this.#stamps.next();
    if (stampMs === undefined) return 0;
    let taken = 0;
    for (const part of partsOf(commands, limits.appendBytesMax)) {
      if (this.#raft.propose(part.map((command) => stampCommand(command, stampMs))) !== "accepted") break;
      this.#stamps.used(stampMs);
      taken += part.length;
    }
    return taken;
  }

  #appendOwn(ownId: number, nowMs: number): void {
    const proposals: readonly Outgoing[] = this.#proposals.take(ownId, this.#raft.currentTerm, nowMs);
    if (proposals.length === 0) return;
    const taken = this.append(proposals.map(({ bytes }) => bytes));
    this.#proposals.sent(proposals.slice(0, taken), nowMs, true);
  }

  #appendForwarded(): void {
    if (this.#forwarded.length === 0) return;
    const taken = this.append(this.#forwarded);
    for (let i = 0; i < taken; i++) this.#forwardedBytes -= this.#forwarded[i]?.length ?? 0;
    this.#forwarded = taken === this.#forwarded.length ? [] : this.#forwarded.slice(taken);
  }
}
