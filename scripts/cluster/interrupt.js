// Ctrl-C while something is under way: what is known of it is told before we end.

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** What to do, newest first. */
const listeners = [];

for (const [signal, exitCode] of Object.entries(exitCodes))
  process.on(signal, () => {
    for (const listener of listeners.splice(0).reverse()) listener(signal);
    process.exit(exitCode);
  });

/** Has `listener(signal)` called if a signal ends us from now on; returns how to call that off. */
export function whenInterrupted(listener) {
  listeners.push(listener);
  return () => {
    const at = listeners.indexOf(listener);
    if (at >= 0) listeners.splice(at, 1);
  };
}
