/**
 * Which sessions are alive: each server tells the leader which ones it hears from (`session-touches.ts`); the leader ends
 * the silent ones through the log.
 *
 * Nothing of this is replicated. A new leader has heard of nobody, so it gives every session its full timeout again.
 * The leader's patience is measured in its own running time: time during which its process stood still (a pause, a
 * long GC) does not count against anyone, since touches may be waiting in its sockets.
 */
import { limits } from "../../base/limits.ts";
import type { SessionId } from "../../base/operations.ts";
import type { ExpireSessions } from "../../znode/commands.ts";

/** What the tracker needs to know of a session. */
export interface TrackedSession {
  readonly id: SessionId;
  readonly timeoutMs: number;
  readonly attachment: number;
  readonly ephemeralCount: number;
}

/** Liveness of sessions as the leader sees it. */
export class SessionTracker {
  readonly #tickMs: number;
  /** While leading: running time at which each session was last heard of. */
  #heardAtMs = new Map<SessionId, number>();
  #leadingSinceMs: number | undefined;
  #runningMs = 0;
  #lastTickMs: number;

  constructor(tickMs: number, nowMs: number) {
    this.#tickMs = tickMs;
    this.#lastTickMs = nowMs;
  }

  /** How many sessions it remembers. */
  get size(): number {
    return this.#heardAtMs.size;
  }

  /** The leader learns that a session is alive. */
  heard(session: SessionId): void {
    if (this.#leadingSinceMs !== undefined) this.#heardAtMs.set(session, this.#runningMs);
  }

  /** While leading: for how long nothing was heard of the session, milliseconds of running time. */
  silentMs(session: SessionId): number | undefined {
    if (this.#leadingSinceMs === undefined) return undefined;
    return this.#runningMs - (this.#heardAtMs.get(session) ?? this.#leadingSinceMs);
  }

  /** The session has ended. */
  forget(session: SessionId): void {
    this.#heardAtMs.delete(session);
  }

  /** This server leads, and its state machine holds all that was committed before. */
  startLeading(): void {
    if (this.#leadingSinceMs !== undefined) return;
    this.#leadingSinceMs = this.#runningMs;
    this.#heardAtMs = new Map();
  }

  stopLeading(): void {
    this.#leadingSinceMs = undefined;
    this.#heardAtMs = new Map();
  }

  /** Advances the running time to `nowMs`; a gap beyond two ticks counts as two. */
  advance(nowMs: number): void {
    this.#runningMs += Math.max(0, Math.min(nowMs - this.#lastTickMs, 2 * this.#tickMs));
    this.#lastTickMs = nowMs;
  }

  /**
   * While leading: the sessions that were silent for longer than their timeout. No more at a time than `sessionsMax`, and
   * than own `ephemeralsMax` ephemerals together, since they all go in one entry; the others' turn is at the next tick.
   */
  expired(
    sessions: Iterable<TrackedSession>,
    ephemeralsMax: number,
    sessionsMax: number = limits.sessionsPerExpiryMax,
  ): ExpireSessions["sessions"] {
    const since = this.#leadingSinceMs;
    if (since === undefined) return [];
    const silent: { sessionId: SessionId; attachment: number }[] = [];
    let ephemerals = 0;
    for (const session of sessions) {
      const heardMs = this.#heardAtMs.get(session.id) ?? since;
      if (this.#runningMs - heardMs <= session.timeoutMs) continue;
      if (silent.length > 0 && ephemerals + session.ephemeralCount > ephemeralsMax) continue;
      ephemerals += session.ephemeralCount;
      silent.push({ sessionId: session.id, attachment: session.attachment });
      if (silent.length === sessionsMax) break;
    }
    return silent;
  }
}
