/**
 * How long a server takes to answer, and so for how long it has to be silent to be left (as TCP reckons, RFC 6298): some
 * times what is usual, but no less than a process takes to come back from a long garbage collection. Each server that was
 * left for its silence doubles that, until one answers: perhaps they all are slow, or the way to them.
 */
import { sessionLimits } from "./session-limits.ts";

export class Pulse {
  #smoothedMs: number | undefined;
  #deviationMs = 0;
  #silences = 0;

  /** A server answered a ping, or an attachment, after so long. */
  answered(afterMs: number): void {
    this.#silences = 0;
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
    const usual = (this.#smoothedMs ?? 0) + 4 * this.#deviationMs;
    const patience = Math.max(sessionLimits.silenceMinMs, sessionLimits.silenceFactor * usual);
    return Math.min(timeoutMs / 3, patience * 2 ** Math.min(this.#silences, 10));
  }
}
