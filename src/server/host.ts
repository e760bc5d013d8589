/**
 * Turns the event loop into the node's loop: what arrives in one turn of the event loop is handed over, then
 * one flush ends the node's turn. One timer serves all of the node's deadlines.
 */
import type { Clock } from "../node/ports.ts";

/** What the host drives. */
export interface Driven {
  tick(): void;
  flush(): void;
  /** Monotonic ms. */
  nextDeadline(): number;
}

export interface HostOptions {
  readonly clock: Clock;
  /** A turn ended; it took this long, milliseconds. */
  readonly afterTurn: (durationMs: number) => void;
}

export class Host {
  readonly #options: HostOptions;
  #driven: Driven | undefined;
  #flushRequested = false;
  #timer: NodeJS.Timeout | undefined;
  /** Monotonic ms at which `timer` fires. */
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  /** Asks for a flush at the end of this turn of the event loop: behind all input that has arrived. */
  readonly requestFlush = (): void => {
    if (this.#flushRequested) return;
    this.#flushRequested = true;
    setImmediate(this.#turn);
  };

  start(driven: Driven): void {
    this.#driven = driven;
    this.requestFlush();
  }

  /** Nothing is called any more. */
  stop(): void {
    this.#driven = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  readonly #turn = (): void => {
    this.#flushRequested = false;
    const driven = this.#driven;
    if (driven === undefined) return;
    const startedMs = this.#options.clock.now();
    driven.flush();
    const nowMs = this.#options.clock.now();
    this.#arm(driven, nowMs);
    this.#options.afterTurn(nowMs - startedMs);
  };

  /** A deadline mostly moves away before it comes: a timer that fires too early is re-armed then, and not before. */
  #arm(driven: Driven, nowMs: number): void {
    const deadlineMs = driven.nextDeadline();
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    if (this.#timer !== undefined && this.#timerAtMs <= deadlineMs) return;
    clearTimeout(this.#timer);
    const delayMs = Math.max(1, Math.ceil(deadlineMs - nowMs));
    this.#timerAtMs = nowMs + delayMs;
    this.#timer = setTimeout(this.#fire, delayMs);
  }

  readonly #fire = (): void => {
    this.#timer = undefined;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    const driven = this.#driven;
    if (driven === undefined) return;
    const nowMs = this.#options.clock.now();
    if (driven.nextDeadline() > nowMs) this.#arm(driven, nowMs);
    else driven.tick();
  };
}
