/** What became of mutants made by rule, and what share of them. */
import type { RandomResult } from "../../../mutants/random-task.ts";

/**
 * - `unreached`: no run came to the changed place;
 * - `same`: runs came there, and none differed from the sound code's: it is equivalent, or nearly so;
 * - `killed`: a promise broke;
 * - `lived`: runs differ, and no promise broke in the time that there was.
 */
export type Verdict = "unreached" | "same" | "killed" | "lived";

/** What became of one. */
export function verdictOf({ kill, differsAt, reached }: RandomResult): Verdict {
  if (kill !== undefined) return "killed";
  if (differsAt > 0) return "lived";
  return reached ? "same" : "unreached";
}

/** A share with the interval that holds the true one with 95 % confidence. */
export interface Share {
  readonly count: number;
  readonly of: number;
  /** From 0 to 1; all 0 if `of` is. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** The normal distribution has 95 % within so many standard deviations. */
const z = 1.959964;

/** The share with Wilson's interval (1927), which holds for few and for extreme shares too. */
export function shareOf(count: number, of: number): Share {
  if (of === 0) return { count, of, share: 0, low: 0, high: 0 };
  const share = count / of;
  const scale = 1 + (z * z) / of;
  const middle = (share + (z * z) / (2 * of)) / scale;
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return { count, of, share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** How many there are of each. */
export function tally(verdicts: readonly Verdict[]): Readonly<Record<Verdict, number>> {
  const counts = { unreached: 0, same: 0, killed: 0, lived: 0 };
  for (const verdict of verdicts) counts[verdict]++;
  return counts;
}
