/** What the race of fresh against guided plans and its worker tell each other. */

export interface RaceTask {
  readonly seedFrom: number;
  /** Processor time for each side, ms. */
  readonly budgetMs: number;
}

/** How far a side is, and what has just failed on it. */
export interface FromRace {
  readonly side: { readonly name: string; ms: number; runs: number; failed: number };
  readonly failure: { readonly invariant: string; readonly plan: string } | undefined;
}
