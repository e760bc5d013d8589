/**
 * Which sessions live: every server tells the leader which ones it hears from (`session-touches.ts`), the leader vouches
 * for those once it is sure that it leads (`session-vouchers.ts`), and ends the silent ones through the log
 * (`session-tracker.ts`).
 */
import { limits } from "../../base/limits.ts";
import type { SessionId } from "../../base/operations.ts";
import { encodeCommand } from "../../protocol/command-codec.ts";
import type { TouchSessions } from "../../protocol/peer-messages.ts";
import type { ServerId, Term } from "../../raft/types.ts";
import type { Applied } from "../../znode/commands.ts";
import type { Core } from "../core.ts";
import type { LogFeed } from "../log-feed.ts";
import type { Spoken } from "../spoken.ts";
import type { PeerOutbox } from "./peer-outbox.ts";
import type { SessionTouches } from "./session-touches.ts";
import type { SessionTracker } from "./session-tracker.ts";
import { SessionVouchers } from "./session-vouchers.ts";

/** Sessions that have been heard from, as {@link SessionTouches.answered} has them. */
type Spoke = ReadonlyMap<SessionId, Spoken>;

/** The liveness of sessions, as one server sees it and sees to it. */
export class SessionLiveness {
  readonly #core: Core;
  readonly #outbox: PeerOutbox;
  readonly #feed: LogFeed;
  readonly #touches: SessionTouches;
  readonly #tracker: SessionTracker;
  readonly #vouchers = new SessionVouchers();
  /** Of this server's own rounds, those that it may vouch for. */
  #vouched: Spoke[] = [];

  constructor(core: Core, outbox: PeerOutbox, feed: LogFeed, touches: SessionTouches, tracker: SessionTracker) {
    this.#core = core;
    this.#outbox = outbox;
    this.#feed = feed;
    this.#touches = touches;
    this.#tracker = tracker;
  }

  /** For checkers: sessions that are remembered, and rounds that wait for a word on who leads. */
  retained(): { readonly sessions: number; readonly vouching: number } {
    return { sessions: this.#tracker.size, vouching: this.#vouchers.size };
  }

  /** A client of this server spoke for its session. */
  touch(session: SessionId, spoken: Spoken): void {
    this.#touches.touch(session, spoken);
  }

  /** Another server, or this one, tells a leader from which sessions it has heard. */
  touched(from: ServerId, { round, sessionIds }: TouchSessions): void {
    this.#heard(sessionIds);
    if (this.#core.raft.isLeader) this.#vouchers.add(from, round);
  }

  /** The leader vouches for a round of this server's touches: returns who spoke in it. */
  vouched(round: number): Spoke {
    return this.#touches.answered(round);
  }

  /** The end of a turn's input. */
  ask(nowMs: number): void {
    this.#tracker.advance(nowMs);
    this.#vouchers.ask(this.#leadingTerm(), (id) => this.#core.raft.requestRead(id));
  }

  /** Whether a read index is for what {@link ask} asked. */
  owns(readId: number): boolean {
    return this.#vouchers.owns(readId);
  }

  /** A majority has confirmed that this server led after it had heard of some sessions: says so to those who told. */
  confirmed(readId: number): void {
    for (const { from, round } of this.#vouchers.answered(readId, this.#leadingTerm())) this.#vouch(from, round);
  }

  /** Who spoke on this server, and is vouched for since this was last asked. */
  takeVouched(): readonly Spoke[] {
    const vouched = this.#vouched;
    if (vouched.length > 0) this.#vouched = [];
    return vouched;
  }

  /** At the leader: for how long nothing was heard of a session, milliseconds of its running time. */
  silentMs(session: SessionId): number | undefined {
    return this.#tracker.silentMs(session);
  }

  /** A command was applied. An attachment is a sign of life. */
  applied({ outcome, ended }: Applied): void {
    if (outcome.type === "attached") this.#tracker.heard(outcome.sessionId);
    for (const session of ended) this.#tracker.forget(session);
  }

  /** An entry of the term in which this server leads is applied: from here on it knows all sessions. */
  startLeading(): void {
    this.#tracker.startLeading();
  }

  /** The end of a turn. */
  endTurn(): void {
    if (!this.#core.raft.isLeader) this.#tracker.stopLeading();
  }

  /** Once a tick: tells the leader who has spoken; a leader ends the sessions that were silent for too long. */
  tick(nowMs: number): void {
    this.#tracker.advance(nowMs);
    const { id, raft } = this.#core;
    const { leader } = raft;
    for (const touches of this.#touches.due(nowMs)) {
      if (raft.isLeader) this.touched(id, touches);
      else if (leader !== undefined) this.#outbox.add(leader, touches);
    }
    if (raft.isLeader) this.#expire();
  }

  #vouch(from: ServerId, round: number): void {
    if (from === this.#core.id) this.#vouched.push(this.vouched(round));
    else this.#outbox.add(from, { type: "SessionsHeard", round });
  }

  #expire(): void {
    const { id, replica } = this.#core;
    const sessions = this.#tracker.expired(replica.machine.sessions(), limits.ephemeralsPerSessionMax);
    if (sessions.length === 0) return;
    // Only a leader proposes an expiry, straight into its own log: a deposed one has no way to let it land late.
    const command = encodeCommand({ type: "expireSessions", sessions }, id, 0);
    // Heard anew, so that the next ticks do not propose them again while this entry is on its way.
    if (this.#feed.append([command]) === 1) this.#heard(sessions.map((session) => session.sessionId));
  }

  #heard(sessions: readonly SessionId[]): void {
    const { ports, replica } = this.#core;
    this.#tracker.advance(ports.clock.now());
    // One that has ended meanwhile would be remembered for ever.
    for (const session of sessions) if (replica.machine.session(session) !== undefined) this.#tracker.heard(session);
  }

  #leadingTerm(): Term | undefined {
    const { raft } = this.#core;
    return raft.isLeader ? raft.currentTerm : undefined;
  }
}
