/**
 * How long a server takes to answer, and so for how long it has to be silent to be left (as TCP reckons, RFC 6298): some
 * times what is usual, but no less than a process takes to come back from a long garbage collection. Each server that was
 * left for its silence doubles that, until one answers a ping: perhaps they all are slow, or the way to them.
 *
 * What an attachment took counts only until the first pong: it has to connect and goes through the log, often while
 * the client's own process has just begun. As one answer among others it would make the client patient for minutes.
 */
import { sessionLimits } from "./session-limits.ts";

export class Pulse {
  #smoothedMs: number | undefined;
  #deviationMs = 0;
  #silences = 0;
  /** What the newest attachment took, while no ping has been answered since. */
  #attachedMs = 0;
  /** How long after it was sent a word was last known to have reached the leader: an attachment, or a ping. */
  #proofMs = 0;

  /** A server attached the session after so long. */
  attached(afterMs: number): void {
    this.#attachedMs = afterMs;
    this.#proofMs = afterMs;
  }

  /** The leader had heard of a ping, which was known so long after it was sent. */
  proven(afterMs: number): void {
    this.#proofMs = afterMs;
  }

  /** How long it takes to know that the leader has heard of a word, as the last one tells. */
  get proofMs(): number {
    return this.#proofMs;
  }

  /** A server answered a ping after so long. */
  answered(afterMs: number): void {
    this.#silences = 0;
    this.#attachedMs = 0;
    const smoothed = this.#smoothedMs;
    if (smoothed === undefined) {
      this.#smoothedMs = afterMs;
      this.#deviationMs = afterMs / 2;
      return;
    }
    this.#deviationMs += (Math.abs(afterMs - smoothed) - this.#deviationMs) / 4;
    this.#smoothedMs = smoothed + (afterMs - smoothed) / 8;
  }

  /** A server was left since it said nothing. */
  silent(): void {
    this.#silences++;
  }

  /** How long a server may owe a word, milliseconds. At most a third of the timeout: the session must live on. */
  patienceMs(timeoutMs: number): number {
    // As if it were the only answer so far: its deviation would be half of it.
    const usual = Math.max((this.#smoothedMs ?? 0) + 4 * this.#deviationMs, 3 * this.#attachedMs);
    const patience = Math.max(sessionLimits.silenceMinMs, sessionLimits.silenceFactor * usual);
    return Math.min(timeoutMs / 3, patience * 2 ** Math.min(this.#silences, 10));
  }
}
