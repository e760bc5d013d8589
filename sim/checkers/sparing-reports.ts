/**
 * Servers are sparing with what they say of themselves: a server says Hello to another once an interval at most, but for once
 * after each step of its admission, and tells its leader what its clock and its disk are like when it begins to follow it,
 * or the stream to it is new, and once a tick besides. A leader that hands over asks its heir to campaign once an interval.
 *
 * On the clock of the server's machine. Where a turn ends late, a message counts as having been due as early as it may.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import { sessionTickMs } from "../world/node-options.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** No clock runs faster than at this rate. */
const rateMax = 2;

/** From a turn that leaves work to the next one, µs. */
const turnUs = 50;

/** Steps of an admission, behind each of which everybody is asked at once. */
const admissionSteps = 2;

/** What one process said. */
interface Said {
  /** By whom it was said to: when a Hello may have been due last, ms, and how many came earlier than the interval allows. */
  readonly hellos: Map<ServerId, { dueMs: number; early: number }>;
  /** When a leader that hands over may last have had to ask its heir, ms. */
  calledMs: number;
  /** When a report may have been due last, ms. */
  dueMs: number;
  /** Reports that came earlier than that allows, and for how many of them there was a reason. */
  early: number;
  reasons: number;
  leader: ServerId | undefined;
  term: Term;
  /** A turn that began before a pause may end behind it. */
  paused: boolean;
}

export class SparingReports implements Observer {
  readonly name = "sparing-reports";
  readonly #said: (Said | undefined)[] = [];
  #retryMs = 0;
  #lateMs = 0;

  begin({ plan: { config } }: World): void {
    this.#retryMs = config.heartbeatMs;
    this.#lateMs = (rateMax * Math.max(config.lateFlush > 0 ? config.lateFlushUs : 0, turnUs)) / 1000;
  }

  starting({ id }: ServerView): void {
    const never = Number.NEGATIVE_INFINITY;
    const none = { early: 0, reasons: 0, leader: undefined, term: 0, paused: false };
    this.#said[id] = { hellos: new Map(), calledMs: never, dueMs: never, ...none };
  }

  woke({ id }: ServerView): void {
    const said = this.#said[id];
    if (said !== undefined) said.paused = true;
  }

  streamBroken(server: ServerId): void {
    const said = this.#said[server];
    if (said !== undefined) said.reasons++;
  }

  sent({ id, clock, node }: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type !== "WallClock" && message.type !== "Hello" && message.type !== "TimeoutNow") return;
    const said = this.#said[id];
    if (said === undefined) return;
    const nowMs = clock.now();
    if (message.type === "TimeoutNow") {
      // Whoever gives leadership up asks once more.
      if (node?.raft.isLeader === true) this.#calls(id, to, said, nowMs);
      return;
    }
    if (message.type === "WallClock") {
      if (nowMs < said.dueMs + sessionTickMs) said.early++;
      else said.dueMs = this.#dueMs(said, nowMs, said.dueMs + sessionTickMs);
      return;
    }
    const known = said.hellos.get(to);
    if (known === undefined) {
      said.hellos.set(to, { dueMs: this.#dueMs(said, nowMs, Number.NEGATIVE_INFINITY), early: 0 });
      return;
    }
    if (nowMs < known.dueMs + this.#retryMs) known.early++;
    else known.dueMs = this.#dueMs(said, nowMs, known.dueMs + this.#retryMs);
    if (known.early > admissionSteps)
      throw new InvariantBroken(this.name, `n${id} says Hello to n${to} more often than every ${this.#retryMs} ms`);
  }

  #calls(id: ServerId, to: ServerId, said: Said, nowMs: number): void {
    const nextMs = said.calledMs + this.#retryMs;
    if (nowMs < nextMs)
      throw new InvariantBroken(this.name, `n${id} asks n${to} to campaign more often than every ${this.#retryMs} ms`);
    said.calledMs = this.#dueMs(said, nowMs, nextMs);
  }

  step({ id, node, hasUnflushedInput }: ServerView): void {
    const said = this.#said[id];
    if (node === undefined || said === undefined) return;
    if (!hasUnflushedInput) said.paused = false;
    const { leader, currentTerm, isTransferring } = node.raft;
    if (!isTransferring) said.calledMs = Number.NEGATIVE_INFINITY;
    if (leader !== said.leader || currentTerm !== said.term) {
      said.leader = leader;
      said.term = currentTerm;
      said.reasons++;
    }
    if (said.early > said.reasons)
      throw new InvariantBroken(this.name, `n${id} reports to n${leader ?? 0} more often than once a tick`);
  }

  /** The earliest time at which what was said now, and not before `afterMs`, may have been due. */
  #dueMs({ paused }: Said, nowMs: number, afterMs: number): number {
    return paused ? afterMs : Math.max(afterMs, nowMs - this.#lateMs);
  }
}
