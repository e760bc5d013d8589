/**
 * Looks again and again whether the process can still open a file. Nothing else would tell: a connection for which there
 * is no file is taken by the runtime all the same and closed at once, so that the listening door hears of nothing.
 */
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import type { DoorLog } from "./door-log.ts";

/** How often it looks, ms. */
const periodMs = 1_000;

/** Looks from {@link start} to {@link stop}. */
export class FileGauge {
  readonly #log: DoorLog;
  #timer: NodeJS.Timeout | undefined;
  #failed = 0;

  constructor(log: DoorLog) {
    this.#log = log;
  }

  /** Looks at which no file could be opened. */
  get failed(): number {
    return this.#failed;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#look(), periodMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    try {
      closeSync(openSync(devNull, "r"));
    } catch (error) {
      this.#failed++;
      const reason = error instanceof Error ? error.message : String(error);
      const hint = "allow more open files (ulimit -n), or see what else on this machine takes them";
      this.#log.error({ reason, hint }, "no file can be opened: new connections are closed unheard");
    }
  }
}
