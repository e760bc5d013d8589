/** Randomness as an input. */

/** Draws from [0, 1). Injected wherever something is random. */
export type Random = () => number;

/** A 32-bit hash of a string (FNV-1a with a final mix). */
export function hashString(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix32(h);
}

/** Mixes a 32-bit integer so that near inputs give unrelated outputs. */
export function mix32(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Keyed randomness: the nth draw of a stream depends only on the seed, the stream's name and n, never on what other
 * streams drew.
 */
export function keyedRandom(seed: number, name: string): Random {
  const key = hashString(name, seed);
  let nth = 0;
  return () => {
    nth = (nth + 1) >>> 0;
    return mix32(key ^ Math.imul(nth, 0x9e3779b9)) / 2 ** 32;
  };
}
