/**
 * What is due is done in time. A leader sends each member a heartbeat within an interval of the one before, so that idle
 * periods bring no election (§5.2), and whoever follows nobody campaigns when the timeout that it drew is over: what
 * comes late keeps a cluster that has lost its leader waiting.
 *
 * On the clock of the server's machine. A server that was paused, or has a turn to end first, has it done as soon as that is
 * over; and no timer is finer than a grain, which counts where the server was awake just before.
 */
import type { Effects } from "../../src/raft/effects.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** No clock runs faster than at this rate. */
const rateMax = 2;

/** Between two ticks of a server, ms, on the fastest clock. */
const grainMs = rateMax * 0.1;

/** From a turn that leaves work to the next one, µs. */
const turnUs = 50;

/** From the time that a timer rings at to the first whole microsecond behind it, and what sums of a clock lose, ms. */
const roundingMs = rateMax * 0.002;

/** What is known of a server that runs. */
interface Watched {
  /** When it was last seen to do anything, ms of its clock and virtual µs. */
  seenMs: number;
  seenUs: number;
  /** When it last had a turn to end, or could not do what was due for another reason, ms of its clock. */
  busyMs: number;
  /** When its clock was last seen to run at another rate than that of virtual time, ms of it. */
  driftedMs: number;
  /** It takes part. */
  admitted: boolean;
  /** The term that it leads. */
  reign: Term;
  /** When each member was last sent a heartbeat, or came, ms of the leader's clock. */
  readonly beats: (number | undefined)[];
  /** When the next one is due at the earliest, … */
  dueMs: number;
  /** … and when it was last seen to do anything before. */
  edgeMs: number;
}

/** From when on something was waited for, and when it is due, ms of a server's clock. */
interface Span {
  readonly sinceMs: number;
  readonly dueMs: number;
}

export class DueInTime implements Observer {
  readonly name = "due-in-time";
  readonly #watched: (Watched | undefined)[] = [];
  #world: World | undefined;
  #heartbeatMs = 0;
  #turnMs = 0;

  begin(world: World): void {
    const { config } = world.plan;
    this.#world = world;
    this.#heartbeatMs = config.heartbeatMs;
    this.#turnMs = (rateMax * Math.max(config.lateFlush > 0 ? config.lateFlushUs : 0, turnUs)) / 1000;
  }

  started({ id, clock }: ServerView): void {
    const nowMs = clock.now();
    const seenUs = this.#world?.now ?? 0;
    const times = { seenMs: nowMs, seenUs, busyMs: nowMs, driftedMs: nowMs };
    this.#watched[id] = { ...times, admitted: false, reign: 0, beats: [], dueMs: 0, edgeMs: 0 };
  }

  woke({ id, clock }: ServerView): void {
    const watched = this.#watched[id];
    if (watched !== undefined) watched.busyMs = clock.now();
  }

  /** Clocks are set right, and what was about to ring is set anew. */
  calmed(): void {
    for (const { id, clock } of this.#world?.allServers ?? []) {
      const watched = this.#watched[id];
      if (watched !== undefined) watched.driftedMs = clock.now();
    }
  }

  effects(server: ServerView, { messages }: Effects): void {
    const { id, node, clock } = server;
    const watched = this.#watched[id];
    if (node?.raft.isLeader !== true || watched === undefined) return;
    let beats = false;
    for (const { to, message } of messages) {
      if (message.type !== "AppendEntries" || message.entries.length > 0 || message.noReply) continue;
      const nowMs = clock.now();
      this.#see(watched, nowMs);
      const beatMs = watched.reign === message.term ? watched.beats[to] : undefined;
      if (beatMs !== undefined) {
        const span = { dueMs: beatMs + this.#heartbeatMs, sinceMs: beatMs };
        this.#judge(server, watched, span, `n${to} got its heartbeat`);
      }
      watched.beats[to] = nowMs;
      beats = true;
    }
    if (beats) watched.dueMs = 0;
  }

  step(server: ServerView): void {
    const { id, node, clock, awake, hasUnflushedInput } = server;
    const watched = this.#watched[id];
    if (node === undefined || watched === undefined || !awake) return;
    const nowMs = clock.now();
    this.#see(watched, nowMs);
    if (hasUnflushedInput || watched.admitted !== node.admitted) {
      watched.admitted = node.admitted;
      watched.busyMs = nowMs;
    }
    if (!watched.admitted) return;
    const { isLeader, electionTimer } = node.raft;
    if (isLeader) this.#leads(server, watched, nowMs);
    else {
      watched.reign = 0;
      if (electionTimer !== undefined && nowMs > electionTimer.deadline)
        this.#judge(server, watched, { dueMs: electionTimer.deadline, sinceMs: 0 }, "it has not campaigned");
    }
  }

  /** Takes note that it does something now. */
  #see(watched: Watched, nowMs: number): void {
    const nowUs = this.#world?.now ?? 0;
    if (nowUs === watched.seenUs) return;
    if (Math.abs(nowMs - watched.seenMs - (nowUs - watched.seenUs) / 1000) > roundingMs) watched.driftedMs = nowMs;
    watched.seenMs = nowMs;
    watched.seenUs = nowUs;
  }

  #leads(server: ServerView, watched: Watched, nowMs: number): void {
    const { id, node } = server;
    if (node === undefined) return;
    const { currentTerm, configuration } = node.raft;
    if (watched.reign !== currentTerm) {
      watched.reign = currentTerm;
      watched.beats.length = 0;
      watched.dueMs = 0;
    }
    if (nowMs < watched.dueMs) {
      watched.edgeMs = nowMs;
      return;
    }
    let oldestMs = nowMs;
    let member: ServerId = 0;
    for (const { id: peer } of configuration.members) {
      if (peer === id) continue;
      watched.beats[peer] ??= nowMs;
      const beatMs = watched.beats[peer] ?? nowMs;
      if (beatMs < oldestMs) member = peer;
      oldestMs = Math.min(oldestMs, beatMs);
    }
    watched.dueMs = oldestMs + this.#heartbeatMs;
    if (nowMs < watched.dueMs) watched.edgeMs = nowMs;
    else this.#judge(server, watched, { dueMs: watched.dueMs, sinceMs: oldestMs }, `n${member} got no heartbeat`);
  }

  #judge({ id, clock }: ServerView, watched: Watched, { dueMs, sinceMs }: Span, what: string): void {
    const nowMs = clock.now();
    if (nowMs <= dueMs) return;
    const isFree = watched.busyMs < sinceMs && watched.driftedMs <= sinceMs;
    const wasAwake = watched.edgeMs > dueMs - grainMs && watched.edgeMs < dueMs;
    const slackMs = roundingMs + (isFree ? 0 : this.#turnMs) + (isFree && !wasAwake ? 0 : grainMs);
    const lateMs = nowMs - Math.max(dueMs, watched.busyMs);
    if (lateMs <= slackMs) return;
    const late = `n${id} is ${lateMs.toFixed(3)} ms late by its own clock`;
    throw new InvariantBroken(this.name, `${late}: ${what} in time`);
  }
}
