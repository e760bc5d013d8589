/** Calls `act` when `signal` aborts. Returns a function that forgets it, to be called when it no longer matters. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => undefined;
  signal.addEventListener("abort", act, { once: true });
  return () => signal.removeEventListener("abort", act);
}
