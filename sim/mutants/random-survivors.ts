/**
 * Why mutants of the kept sample (docs/random-mutants.json) lived, as far as somebody has looked: by their ids. Those that
 * are of a later sample, or of which the line has changed, have other ids.
 */

/** What was seen when it was looked at. */
export interface LookedAt {
  /**
   * - `cost`: no promise breaks; it costs time, traffic or memory within their bounds;
   * - `equal`: the same for everybody who looks, by an argument;
   * - `open`: a promise may break, and nothing in the simulator gets there or looks there.
   */
  readonly kind: "cost" | "equal" | "open";
  /** In a sentence or two: what it does, and for `open` what it would take. */
  readonly why: string;
}

export const lookedAt: Readonly<Record<string, LookedAt>> = {};
