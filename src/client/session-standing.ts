/**
 * Where the session stands, and for how long it is certain to live, by the client's own monotonic clock.
 *
 * The leader ends a session once it has heard nothing of it for its timeout; and it has heard of it no earlier than the
 * client spoke. So if the client has the leader's word that it heard what the client *sent* at a time, the session lives
 * for its timeout from then on: an attachment, which goes through the log, or a ping that the leader has heard of. That a
 * server answers is no such word: it may be cut off from the leader.
 *
 * A part of the timeout is given up, so that a clock that runs slower than the leader's does no harm, and so that whoever
 * holds a lock has time to stop.
 */
import type { SessionIdentity } from "./session-identity.ts";
import { sessionLimits } from "./session-limits.ts";

/**
 * Where a session stands.
 *
 * - `connecting`: never attached so far.
 * - `connected`: attached to a server, and the leader is known to have heard of it lately.
 * - `suspended`: was attached, looks for a server. The session is still certain to live.
 * - `lost`: looks for a server, and for so long that the session may be gone: what it owns, such as a lock, may be
 *   another's from now on. It may turn out to live: then `connected` follows, and it never owned less. Else `expired` does.
 * - `expired`: it is gone, or another client has taken it over. Final.
 * - `closed`: by the user. Final.
 *
 * `suspended` always comes between `connected` and `lost`.
 */
export type SessionState = "connecting" | "connected" | "suspended" | "lost" | "expired" | "closed";

export class SessionStanding {
  readonly #identity: SessionIdentity;
  readonly #tell: (state: SessionState) => void;
  #state: SessionState = "connecting";
  #provenAt = Number.NEGATIVE_INFINITY;

  /** `tell` is called at each change of state. */
  constructor(identity: SessionIdentity, tell: (state: SessionState) => void) {
    this.#identity = identity;
    this.#tell = tell;
  }

  get state(): SessionState {
    return this.#state;
  }

  become(state: SessionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#tell(state);
  }

  /** When the newest word was sent of which the leader is known to have heard; `-Infinity`: none. Monotonic ms. */
  get provenAt(): number {
    return this.#provenAt;
  }

  /** The leader has heard what was sent at `sentAt`. */
  proven(sentAt: number): void {
    if (sentAt > this.#provenAt) this.#provenAt = sentAt;
  }

  /** From when on the session may be gone; `Infinity` if its user does not count on its life now. */
  get lostAt(): number {
    if (!this.#isBelieved) return Number.POSITIVE_INFINITY;
    return this.#provenAt + this.#identity.timeoutMs * (1 - sessionLimits.lostMargin);
  }

  /** The state as the clock has it: `lost` from the moment on, even if nobody has noticed yet. */
  stateAt(now: number): SessionState {
    return now >= this.lostAt ? "lost" : this.#state;
  }

  /** For how long the session is certain to live, milliseconds; 0 if it is not. */
  certainMs(now: number): number {
    return this.#isBelieved ? Math.max(0, this.lostAt - now) : 0;
  }

  /** Whether the user is told that the session lives. */
  get #isBelieved(): boolean {
    return this.#state === "connected" || this.#state === "suspended";
  }
}
