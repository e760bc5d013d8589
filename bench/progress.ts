/** What is under way, told on the error stream. */

/** On a terminal in one line, which "" clears; elsewhere a line for whatever begins. */
export function progress(): (what: string) => void {
  const { stderr } = process;
  if (stderr.isTTY) return (what) => void stderr.write(`\r\x1b[K${what}`);
  return (what) => void (what === "" || what.endsWith("operations") || stderr.write(`${what}\n`));
}
