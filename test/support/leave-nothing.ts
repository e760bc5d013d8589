/** Processes and folders that go even when whoever began them is ended before its time, as by Ctrl-C. */
import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";

/** What somebody has begun: its home, and the processes that may write there. */
export interface Begun {
  readonly home: string;
  children?(): Iterable<ChildProcess | undefined>;
}

const begun = new Set<Begun>();
let isWatching = false;

/** Exit codes of shells: 128 and the number of the signal. */
const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** From now on `one` is ended and removed when this process ends; until {@link ended} says that it is gone. */
export function begins(one: Begun): void {
  if (!isWatching) {
    isWatching = true;
    process.on("exit", endAll);
    for (const [signal, code] of Object.entries(codes))
      if (process.listenerCount(signal) === 0) process.on(signal, () => process.exit(code));
  }
  begun.add(one);
}

/** It has been ended and removed. */
export function ended(one: Begun): void {
  begun.delete(one);
}

function endAll(): void {
  for (const one of begun) {
    for (const child of one.children?.() ?? []) child?.kill("SIGKILL");
    // What is killed may still write for a moment.
    rmSync(one.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}
