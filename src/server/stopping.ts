/** The wish that the process end, which may come at any moment: from its first one on it is heard, and never lost. */
import { TerrariumError } from "../base/errors.ts";

/** Exit codes of a process that was broken off by these signals. */
const exitCodes = { SIGTERM: 143, SIGINT: 130 } as const;
type StopSignal = keyof typeof exitCodes;

/** Hears SIGTERM and SIGINT from its construction on. A second one ends the process at once. */
export class Stopping {
  readonly #abort = new AbortController();
  #by: StopSignal = "SIGTERM";

  constructor() {
    for (const name of ["SIGTERM", "SIGINT"] as const) {
      process.on(name, () => {
        if (this.#abort.signal.aborted) process.exit(exitCodes[name]);
        this.#by = name;
        this.#abort.abort(new TerrariumError("ABORTED", `stopped by ${name}`, "start it again"));
      });
    }
  }

  /** Aborts when the process is asked to end; the reason is a TerrariumError ABORTED. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Which signal asked. */
  get by(): StopSignal {
    return this.#by;
  }

  /** For a process that did not do what it was for. */
  get exitCode(): number {
    return exitCodes[this.#by];
  }

  /** Calls `then` once the process is asked to end, at once if it was already. */
  onAsked(then: () => void): void {
    if (this.signal.aborted) then();
    else this.signal.addEventListener("abort", then, { once: true });
  }

  /** Resolves once the process is asked to end. */
  get asked(): Promise<void> {
    return new Promise((resolve) => this.onAsked(resolve));
  }
}

/** What `promise` gives, unless `signal` aborts before: then its reason is thrown, and nobody waits for the rest. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
