/** What the mutants' command and its workers tell each other. */
import type { Invariant } from "../promises.ts";

/** Work for one worker: hunt one mutant from one base seed. */
export interface MutantTask {
  /** Seeds are taken from here upwards. */
  readonly baseSeed: number;
  /** Processor time to find it in, ms, and runs at most. */
  readonly budgetMs: number;
  readonly runsMax: number;
  /** Processor time to shrink the plan in, ms; 0 = it is not shrunk. */
  readonly shrinkMs: number;
  /** Whether to tell the story of the shrunk plan. */
  readonly tell: boolean;
}

/** How a hunt ended. */
export interface MutantResult {
  /** What broke; `undefined` if the mutant survived. */
  readonly kill: Kill | undefined;
  /** Runs until then. */
  readonly runs: number;
  /** Processor time until then, ms. */
  readonly ms: number;
}

export interface Kill {
  readonly invariant: Invariant;
  readonly message: string;
  /** The seed of the run that is told: the first that failed, or of those seen after it the simplest. */
  readonly seed: number;
  /** Faults and operations of the shrunk plan; `undefined` if it was not shrunk. */
  readonly items: number | undefined;
  /** The shrunk plan as JSON. */
  readonly plan: string | undefined;
  /** The story of the shrunk plan, and what comes of it; `undefined` if it was not asked for. */
  readonly story: readonly string[] | undefined;
}

/** Messages of a worker. A sign of life comes after each run. */
export type FromMutantWorker =
  /** What the system calls its thread; undefined if it does not tell. */
  | { readonly type: "begun"; readonly thread: string | undefined }
  | { readonly type: "alive"; readonly runs: number; readonly shrinking: boolean }
  | { readonly type: "result"; readonly result: MutantResult };
