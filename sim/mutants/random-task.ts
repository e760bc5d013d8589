/** What the command that hunts mutants made by rule and its workers tell each other. */
import type { Invariant } from "../promises.ts";

/** Work for one worker. Seeds are taken from `baseSeed` upwards. */
export interface RandomTask {
  readonly baseSeed: number;
  /** The trace hashes of the first runs as they are in the sound code; undefined: this is the sound code, and tells them. */
  readonly sound: readonly string[] | undefined;
  /** Of the sound code: how many runs to tell the hashes of. */
  readonly runs: number;
  /** Processor time to find the mutant in, ms. As many runs as there are hashes are made in any case. */
  readonly budgetMs: number;
}

/** What became of a mutant. */
export interface RandomResult {
  /** Whether any run came to the changed place. */
  readonly reached: boolean;
  /** Which run, from 1, was the first that differed from the sound code's; 0 if none did. */
  readonly differsAt: number;
  /** What broke in the last run; undefined if nothing did. */
  readonly kill: { readonly invariant: Invariant; readonly message: string; readonly seed: number } | undefined;
  readonly runs: number;
  /** Processor time, ms. */
  readonly ms: number;
}

/** Messages of a worker; a sign of life comes after each run. */
export type FromRandomWorker =
  /** What the system calls its thread; undefined if it does not tell. */
  | { readonly type: "begun"; readonly thread: string | undefined }
  | { readonly type: "alive"; readonly runs: number; readonly reached: boolean; readonly differsAt: number }
  | { readonly type: "sound"; readonly hashes: readonly string[] }
  | { readonly type: "result"; readonly result: RandomResult };
