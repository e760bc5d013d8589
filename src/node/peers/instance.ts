/**
 * The *instance* of a cluster: which of its lives this is. A cluster that is begun anew under the name of an older one,
 * restored from a backup, or made of one survivor has another history under the same names and numbers; its instance is
 * another one too, and servers and clients of different instances have nothing to say to each other.
 *
 * It is made of the incarnations of the first members, so that nobody has to choose it: whoever has met them all knows
 * it, and no two lives have the same, since at least one data directory is another one. And of their *origin*: what all
 * of them began with, nothing or the same backup.
 */
import type { ServerId } from "../../raft/types.ts";

/**
 * The instance that these first members make, by their incarnations and their origin (0: they began with nothing): a
 * number from 1 to 2^52.
 */
export function instanceOf(incarnations: ReadonlyMap<ServerId, number>, origin: number): number {
  let text = origin === 0 ? "" : `from ${origin},`;
  for (const [id, incarnation] of [...incarnations].sort(([a], [b]) => a - b)) text += `${id}=${incarnation},`;
  return hash(text, 0x811c9dc5) * 2 ** 20 + (hash(text, 0x9e3779b9) >>> 12) + 1;
}

/** FNV-1a, with a last stir, since the two halves must not depend on each other. */
function hash(text: string, basis: number): number {
  let value = basis;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
