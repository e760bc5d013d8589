/** What a lab's check and the thread that runs its plans tell each other. */
import type { RunFailure } from "../sim/outcome.ts";

/** Plans to run one after the other until one fails. */
export interface HuntTask {
  /** As JSON, each under the name by which it is told. */
  readonly plans: readonly { readonly name: string; readonly json: string }[];
  /** Random plans behind them. */
  readonly seeds: { readonly from: number; readonly count: number };
  /**
   * So many events all runs of a shrinking plan may have together; 0 = it is neither shrunk nor told, and only what broke is
   * of interest. Events, not time: the same plan is
   * the result on every machine.
   */
  readonly shrinkEventsMax: number;
}

/** A run that broke something, its plan shrunk. */
export interface Broken {
  /** The run's name, as found. */
  readonly run: string;
  readonly failure: RunFailure;
  /** As JSON that a person reads. */
  readonly plan: string;
  /** The end of the story, and what would come of it. */
  readonly story: readonly string[];
  readonly after: readonly string[];
}

/** Messages of the thread. A sign of life comes before each run. */
export type FromHunt =
  | { readonly type: "run"; readonly name: string; readonly nth: number }
  | { readonly type: "shrinking" }
  | { readonly type: "over"; readonly runs: number; readonly broken: Broken | undefined };

/** A run with more events has gone wild: of the code as it is, the longest have a fifth of it. */
export const eventsMax = 400_000;
