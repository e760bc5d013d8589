/** Notices a worker thread that is caught in an endless loop: many planted bugs make one. */
import { cpuMs } from "../cpu-time.ts";

/** How often it looks, ms. */
const everyMs = 200;

/** Until a worker has begun its thread is not known: so long, ms, it may take. */
const beginMs = 300_000;

/**
 * Listens to one worker. What counts is the processor time for which it says nothing, so that a machine that has no time for
 * it does not count as a loop. `end` it when the worker is done.
 */
export class Silence {
  readonly #maxMs: number;
  readonly #onSilent: () => void;
  #thread: string | undefined;
  #begunMs = 0;
  #heardMs = 0;
  #watch: ReturnType<typeof setTimeout>;

  /** `onSilent` is called when the worker has worked for `maxMs` without a word. */
  constructor(maxMs: number, onSilent: () => void) {
    this.#maxMs = maxMs;
    this.#onSilent = onSilent;
    this.#watch = setTimeout(onSilent, beginMs);
  }

  /** The worker has begun; `thread` is what the system calls it, if it tells. */
  begin(thread: string | undefined): void {
    this.#thread = thread;
    this.#begunMs = cpuMs(thread);
    this.#heardMs = this.#begunMs;
    clearTimeout(this.#watch);
    this.#watch = setInterval(() => {
      if (cpuMs(this.#thread) - this.#heardMs > this.#maxMs) this.#onSilent();
    }, everyMs);
  }

  /** The worker said something. */
  heard(): void {
    this.#heardMs = cpuMs(this.#thread);
  }

  /** Processor time of the worker until it last said something, ms. */
  get workedMs(): number {
    return Math.max(0, this.#heardMs - this.#begunMs);
  }

  end(): void {
    clearTimeout(this.#watch);
  }
}
