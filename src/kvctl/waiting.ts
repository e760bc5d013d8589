/** Waiting for events, for the end of a session, for the user's patience to end. */

import { TerrariumError } from "../base/errors.ts";
import type { WatchEvent } from "../base/reads.ts";
import { describe, hasCode, isUnavailable } from "./failures.ts";
import type { Context, KvSession, Output } from "./ports.ts";

/** The user, or the reader of our output, has had enough. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  /** For a command that was not meant to end this way. */
  readonly exitCode: number;

  constructor(exitCode: number) {
    super("interrupted");
    this.exitCode = exitCode;
  }
}

/** A one-shot watch: hand `watch` to a read, then wait with {@link untilEvent}. */
export interface Watcher {
  readonly watch: (event: WatchEvent) => void;
  readonly event: Promise<WatchEvent>;
  /** Calls `listener` with the event at the moment it comes, or now if it has come; undefined ends that. */
  readonly listen: (listener: ((event: WatchEvent) => void) | undefined) => void;
}

/** A new {@link Watcher}. */
export function watcher(): Watcher {
  let arrived: WatchEvent | undefined;
  let listening: ((event: WatchEvent) => void) | undefined;
  let settle = (_event: WatchEvent): void => undefined;
  const event = new Promise<WatchEvent>((resolve) => {
    settle = resolve;
  });
  return {
    event,
    watch(event) {
      arrived = event;
      listening?.(event);
      settle(event);
    },
    listen(listener) {
      listening = listener;
      if (arrived !== undefined) listener?.(arrived);
    },
  };
}

/** Waits for `promise` as long as the user does: rejects with the signal's reason once that is aborted. */
export async function whilePatient<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: end, stop } = aborted(signal);
  try {
    return await Promise.race([promise, end]);
  } finally {
    stop();
  }
}

/**
 * Waits for a watch's event. Rejects when the session ends (SESSION_EXPIRED) or the signal is aborted. `tell` gets the
 * event without delay: so what a write answers in the same session is shown after the events that it caused, as the
 * server sent them.
 */
export async function untilEvent(
  session: KvSession,
  { event, listen }: Watcher,
  signal: AbortSignal,
  tell: (event: WatchEvent) => void,
): Promise<WatchEvent> {
  listen(tell);
  try {
    return await untilEnd(session, signal, event);
  } finally {
    listen(undefined);
  }
}

/** Waits until the session ends (SESSION_EXPIRED) or the signal is aborted, then rejects; or for `other`. */
export async function untilEnd<T = never>(
  session: KvSession,
  signal: AbortSignal,
  other: Promise<T> = new Promise<T>(() => undefined),
): Promise<T> {
  let unsubscribe = (): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    unsubscribe = session.on("state", (state) => {
      if (state === "expired" || state === "closed") reject(new TerrariumError("SESSION_EXPIRED"));
    });
  });
  try {
    return await whilePatient(Promise.race([other, ended]), signal);
  } finally {
    unsubscribe();
  }
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason once that is aborted. */
export async function delay(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await (signal === undefined ? elapsed : whilePatient(elapsed, signal));
  } finally {
    clearTimeout(timer);
  }
}

/** Tells the user, on standard error, that a command waits for one event. In the shell it does not: the prompt comes back. */
export function noteWaiting({ out, inShell }: Context, what: string): void {
  if (!inShell) out.note(`kvctl: waiting for ${what} (Ctrl-C ends it)`);
}

/** Tells the user, on standard error, how the connection fares; returns how to stop that. */
export function noteStates(session: KvSession, out: Output): () => void {
  let suspended = false;
  return session.on("state", (state) => {
    if (state === "suspended" && !suspended) {
      suspended = true;
      out.note("kvctl: the connection is lost; looking for another server (the session lives on)");
    } else if (state === "lost") {
      out.note("kvctl: no server for so long that the session may be gone, and its ephemerals with it; still looking");
    } else if (state === "connected" && suspended) {
      suspended = false;
      out.note("kvctl: connected again");
    } else if (state === "expired") out.note("kvctl: the session has expired; its ephemerals are gone");
  });
}

function aborted(signal: AbortSignal): { readonly promise: Promise<never>; readonly stop: () => void } {
  let listener = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    listener = () => reject(signal.reason);
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
  });
  return { promise, stop: () => signal.removeEventListener("abort", listener) };
}

/** Between two tries of {@link patiently}, ms. */
const retryMs = 500;

/**
 * Does something for as long as it takes: through failovers, a lost quorum and the end of the session. `meanwhile`: what
 * waits, as the end of the note that says why.
 */
export async function patiently<T>(
  { out }: Context,
  meanwhile: string,
  does: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (let noted = false; ; ) {
    try {
      return await whilePatient(does(), signal);
    } catch (error) {
      if (!isUnavailable(error) && !hasCode(error, "SESSION_EXPIRED") && !hasCode(error, "SESSION_CLOSED")) throw error;
      signal.throwIfAborted();
      if (!noted) out.note(`kvctl: ${describe(error).message}; ${meanwhile}`);
      noted = true;
      await delay(retryMs, signal);
    }
  }
}
