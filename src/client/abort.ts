/** Requests that are given up: signals, and what is told of those that have no answer. */
import { errorMessage, TerrariumError } from "../base/errors.ts";
import type { Failure } from "../base/operations.ts";
import type { RequestBody } from "../protocol/client-messages.ts";

/** Calls `act` when `signal` aborts. Returns a function that forgets it, to be called when it no longer matters. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => undefined;
  signal.addEventListener("abort", act, { once: true });
  return () => signal.removeEventListener("abort", act);
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
