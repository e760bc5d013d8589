/**
 * For how long the session is certain to live, by the client's own monotonic clock.
 *
 * The leader ends a session once it has heard nothing of it for its timeout; and it has heard of it no earlier than the
 * client spoke. So if the client has the leader's word that it heard what the client *sent* at a time, the session lives
 * for its timeout from then on: an attachment, which goes through the log, or a ping that the leader has heard of. That a
 * server answers is no such word: it may be cut off from the leader.
 *
 * A part of the timeout is given up, so that a clock that runs slower than the leader's does no harm, and so that whoever
 * holds a lock has time to stop.
 */
import { sessionLimits } from "./session-limits.ts";

export class SessionHold {
  #provenAt = Number.NEGATIVE_INFINITY;

  /** When the newest word was sent of which the leader is known to have heard; `-Infinity`: none. Monotonic ms. */
  get provenAt(): number {
    return this.#provenAt;
  }

  /** The leader has heard what was sent at `sentAt`. */
  proven(sentAt: number): void {
    if (sentAt > this.#provenAt) this.#provenAt = sentAt;
  }

  /** From when on the session may be gone. */
  lostAt(timeoutMs: number): number {
    return this.#provenAt + timeoutMs * (1 - sessionLimits.lostMargin);
  }
}
