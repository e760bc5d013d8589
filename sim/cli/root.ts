/** Where the checkout is. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the checkout, with a slash at its end: the sources are there wherever this file runs from. */
export const root: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(from: string): string {
  if (existsSync(join(from, "package.json")) && existsSync(join(from, "sim", "mutants-worker.ts"))) return `${from}/`;
  const above = dirname(from);
  if (above === from) throw new Error("the sources of the simulator are not there");
  return findRoot(above);
}
