/** What a hunt's main thread and its workers tell each other. */
import type { ScriptCoverage } from "../cli/coverage/collect.ts";
import type { Mark } from "../marks/marks.ts";
import type { RunFailure } from "../outcome.ts";
import type { Plan } from "../plan/plan.ts";

/** What a worker is started with. */
export interface HuntTask {
  /** Int32: see {@link slots}. */
  readonly control: SharedArrayBuffer;
  /** Which worker, from 0. */
  readonly index: number;
  /** A hunt over seeds, or one plan that is known to fail. */
  readonly seedFrom: number;
  readonly plan: Plan | undefined;
  /** Runs of all workers together at most. */
  readonly runsMax: number;
  /** Begins no run after this, {@link monotonicMs}. */
  readonly deadline: number;
  readonly shrinkMs: number;
}

/** Monotonic milliseconds, the same for all threads: `performance.now()` begins anew in each. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** Places in the shared numbers. */
export const slots = {
  /** How many seeds were handed out. */
  next: 0,
  /** 1: begin no more runs. */
  stop: 1,
  /** From here on, one for each worker: which run it is at, from 1. */
  current: 2,
} as const;

/** Work done since the last report. */
export interface Tally {
  readonly runs: number;
  readonly events: number;
  readonly virtualMs: number;
  /** Operations that clients began, and faults that struck. */
  readonly operations: number;
  readonly faults: number;
  /** Marks that were hit, each once. */
  readonly marks: readonly Mark[];
}

/** A failure, its plan as small as time allowed. */
export interface Found {
  readonly seed: number;
  readonly failure: RunFailure;
  readonly plan: Plan;
  readonly traceHash: string;
  readonly moments: readonly string[];
  readonly after: readonly string[];
  /** What the plan was at first. */
  readonly before: { readonly faults: number; readonly operations: number };
  /** Of the plan now; the same as before if it was not shrunk. */
  readonly items: number;
  readonly shrinkRuns: number;
  readonly shrinkMs: number;
  /** False if shrinking ran out of time. */
  readonly shrinkFinished: boolean;
}

export type FromWorker =
  | { readonly type: "tally"; readonly tally: Tally }
  /** A run failed; shrinking begins. `found` is what is known without it. */
  | { readonly type: "failed"; readonly found: Found }
  | { readonly type: "shrinking"; readonly runs: number; readonly items: number }
  | { readonly type: "found"; readonly found: Found }
  | { readonly type: "done" }
  /** After `done`, in a hunt that counts which code runs reach. */
  | { readonly type: "coverage"; readonly scripts: readonly ScriptCoverage[] };
