/** Requests that are given up: signals, and what is told of those that have no answer. */
import { errorMessage, TerrariumError } from "../base/errors.ts";
import type { Failure } from "../base/operations.ts";
import type { RequestBody } from "../protocol/client-messages.ts";

/**
 * By signal, what is to be done when it aborts. One listener does for all: Node warns of a leak where a signal has more than
 * ten, and a program that ends by one signal gives it to each of its requests.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `act` when `signal` aborts. Returns a function that forgets it, to be called when it no longer matters. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => undefined;
  const acts = waiting.get(signal) ?? listen(signal);
  // A call of its own, since the same function may be given twice.
  const call = () => act();
  acts.add(call);
  return () => void acts.delete(call);
}

function listen(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  waiting.set(signal, acts);
  const tell = () => {
    // What one of them does may release another.
    for (const act of acts) if (acts.delete(act)) act();
  };
  signal.addEventListener("abort", tell, { once: true });
  return acts;
}

/** ABORTED, caused by the signal's reason. `body`: of the request, if one may have been sent. */
export function aborted(signal: AbortSignal | undefined, body: RequestBody | undefined): TerrariumError {
  const hint = changes(body)
    ? "read what it was to change before you try again: if it was sent it may still take effect, once"
    : nothingDone;
  return new TerrariumError("ABORTED", errorMessage("ABORTED"), hint, { cause: signal?.reason });
}

/** The error for a request that has no answer. Only of one that changes something it is said that it may have done so. */
export function unanswered({ code, message }: Failure, body: RequestBody): TerrariumError {
  return code === "TIMEOUT" && !changes(body)
    ? new TerrariumError(code, message, "try again, or give it more time")
    : new TerrariumError(code, message);
}

const nothingDone = "ask again if you still want to know; nothing was changed by it";

function changes(body: RequestBody | undefined): boolean {
  return body !== undefined && body.type !== "read";
}
