/**
 * When a server that has no leader campaigns (§5.2). Timeouts are drawn anew for each attempt, so that split votes are
 * rare and resolve quickly.
 *
 * Silence takes an election timeout to notice; a broken stream from the leader is noticed at once. Then the timer is
 * *eager*: timeouts begin at the short campaign delay and double with each attempt, until they are the usual ones.
 */
import type { Random } from "../base/random.ts";

export interface ElectionTimerOptions {
  /** Timeouts are drawn from [T, 2T), milliseconds. */
  readonly electionTimeoutMs: number;
  /** After the leader's stream broke, the first attempt comes within this many milliseconds. */
  readonly campaignDelayMaxMs: number;
  readonly random: Random;
}

export class ElectionTimer {
  readonly #options: ElectionTimerOptions;
  /** Timeouts are drawn from [base, 2 · base). */
  #base: number;
  /** The timeout drawn last. */
  #timeout: number;
  #deadline: number;

  constructor(options: ElectionTimerOptions, now: number) {
    this.#options = options;
    this.#base = options.electionTimeoutMs;
    this.#timeout = this.#draw();
    this.#deadline = now + this.#timeout;
  }

  /** When to campaign next, unless something happens before. */
  get deadline(): number {
    return this.#deadline;
  }

  /** The timeout drawn last, milliseconds. */
  get timeout(): number {
    return this.#timeout;
  }

  /** Whether an election is known to be on, since the leader's stream broke. */
  get eager(): boolean {
    return this.#base < this.#options.electionTimeoutMs;
  }

  /** Waits a newly drawn timeout. */
  restart(now: number): void {
    this.#timeout = this.#draw();
    this.#deadline = now + this.#timeout;
  }

  /** A leader was heard. The timeout drawn last serves again: only attempts need a new one. */
  leaderHeard(now: number): void {
    if (this.eager) {
      this.#base = this.#options.electionTimeoutMs;
      this.#timeout = this.#draw();
    }
    this.#deadline = now + this.#timeout;
  }

  /** The leader's stream broke: the first attempt comes soon, at a random moment so that not all come together. */
  leaderBroke(now: number): void {
    const delay = this.#options.campaignDelayMaxMs;
    this.#base = Math.min(Math.max(delay, 1), this.#options.electionTimeoutMs);
    this.#deadline = now + this.#options.random() * delay;
  }

  /** This server leads no more. Whatever election made it the leader is long over. */
  steppedDown(now: number): void {
    this.#base = this.#options.electionTimeoutMs;
    this.restart(now);
  }

  /** An attempt begins: how long to wait for its outcome. */
  campaignStarted(now: number): void {
    this.#base = Math.min(2 * this.#base, this.#options.electionTimeoutMs);
    this.restart(now);
  }

  #draw(): number {
    return this.#base * (1 + this.#options.random());
  }
}
