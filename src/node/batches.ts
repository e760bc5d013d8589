/** Cuts lists of commands into batches of a bounded size. */

/** Successive batches of `commands`, each of at most `bytesMax` bytes or of one command that is larger. */
export function* batchesOf(commands: readonly Uint8Array[], bytesMax: number): Generator<readonly Uint8Array[]> {
  let first = 0;
  let bytes = 0;
  let i = 0;
  for (const { length } of commands) {
    if (i > first && bytes + length > bytesMax) {
      yield commands.slice(first, i);
      first = i;
      bytes = 0;
    }
    bytes += length;
    i++;
  }
  if (first < commands.length) yield first === 0 ? commands : commands.slice(first);
}
