/** Hunts mutants made by rule: a thread for each, as many at once as there are jobs. */
import { setMaxListeners } from "node:events";
import { Worker } from "node:worker_threads";
import type { FromRandomWorker, RandomResult, RandomTask } from "../../../mutants/random-task.ts";
import { UsageError } from "../../command.ts";
import { bundleWith } from "../load.ts";
import { Silence } from "../silence.ts";
import type { RandomMutant } from "./draw.ts";

/** What is to be hunted and how. */
export interface RandomHunt {
  readonly mutants: readonly RandomMutant[];
  /** Seeds are taken from here upwards, for each mutant the same. */
  readonly baseSeed: number;
  /** Runs of each mutant that are compared with those of the sound code. */
  readonly runs: number;
  /** Processor time for each, ms. */
  readonly budgetMs: number;
  /**
   * A worker that works for so long, ms of processor time, and says nothing, is caught in an endless loop: many of these
   * mutants make one.
   */
  readonly silenceMs: number;
  readonly jobs: number;
  /** Aborted: no more hunts, and those under way end at once. */
  readonly stop: AbortSignal;
  /** How many runs of the sound code are done. */
  readonly onSound: (runs: number) => void;
  /** The next hunt of the same job waits for it. */
  readonly onDone: (mutant: RandomMutant, result: RandomResult) => void | Promise<void>;
}

/**
 * Hunts each of them. A run that fails with the mutant must not fail without it: the first ones are known not to, the
 * others are run again on the sound code. Resolves early if it is stopped. Rejects with a {@link UsageError} if one of the
 * first runs fails without any mutant.
 */
export async function huntRandom(hunt: RandomHunt): Promise<void> {
  const { baseSeed, runs, budgetMs, stop } = hunt;
  setMaxListeners(0, stop);
  const clean = await codeOf(undefined);
  const sound = await soundHashes(clean, { baseSeed, sound: undefined, runs, budgetMs: 0 }, hunt);
  if (sound === undefined) return;
  const waiting = [...hunt.mutants];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined && !stop.aborted; mutant = waiting.shift()) {
      const result = await listen(await codeOf(mutant), { baseSeed, sound, runs: 0, budgetMs }, hunt);
      if (result === undefined) return;
      const { kill } = result;
      const known = kill === undefined || result.runs <= runs;
      const real = known || (await isSound(clean, kill.seed, hunt));
      await hunt.onDone(mutant, real ? result : { ...result, kill: undefined });
    }
  };
  await Promise.all(Array.from({ length: Math.min(hunt.jobs, waiting.length) }, work));
}

/** The worker's code with the mutant in it. */
async function codeOf(mutant: RandomMutant | undefined): Promise<string> {
  const files = new Map(mutant === undefined ? [] : [[mutant.file, mutant.planted]]);
  return (await bundleWith("sim/random-mutants-worker.ts", files, { format: "cjs" })).code;
}

/** Whether the sound code keeps every promise in the run of `seed`. */
async function isSound(clean: string, seed: number, hunt: RandomHunt): Promise<boolean> {
  const task: RandomTask = { baseSeed: seed, sound: ["another"], runs: 0, budgetMs: 0 };
  return (await listen(clean, task, hunt))?.kill === undefined;
}

/** Undefined if it was stopped. */
function soundHashes(code: string, task: RandomTask, hunt: RandomHunt): Promise<readonly string[] | undefined> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(code, { eval: true, workerData: task });
    const end = (hashes: readonly string[] | undefined): void => {
      resolve(hashes);
      void worker.terminate();
    };
    hunt.stop.addEventListener("abort", () => end(undefined), { once: true });
    if (hunt.stop.aborted) end(undefined);
    worker.on("message", (message: FromRandomWorker) => {
      if (message.type === "alive") hunt.onSound(message.runs);
      else if (message.type === "sound") end(message.hashes);
    });
    worker.on("error", (error) => reject(new UsageError(`Mend this first: ${wordsOf(error)}.`)));
  });
}

/** One hunt. An endless loop, or memory without end, is a way to die too. Undefined if it was stopped. */
function listen(
  code: string,
  task: RandomTask,
  { silenceMs, stop }: Pick<RandomHunt, "silenceMs" | "stop">,
): Promise<RandomResult | undefined> {
  return new Promise((resolve) => {
    let seen = { runs: 0, reached: false, differsAt: 0 };
    const silence = new Silence(silenceMs, () => runaway("a run did not end"));
    const worker = new Worker(code, { eval: true, workerData: task, resourceLimits: { maxOldGenerationSizeMb: 1024 } });
    const end = (result: RandomResult | undefined): void => {
      silence.end();
      stop.removeEventListener("abort", interrupt);
      resolve(result);
      void worker.terminate();
    };
    const interrupt = (): void => end(undefined);
    if (stop.aborted) return interrupt();
    stop.addEventListener("abort", interrupt);
    const runaway = (message: string): void => {
      const runs = seen.runs + 1;
      const seed = (task.baseSeed + runs - 1) >>> 0;
      const differsAt = seen.differsAt === 0 ? runs : seen.differsAt;
      const kill = { invariant: "runaway", message, seed } as const;
      end({ reached: true, differsAt, runs, ms: silence.workedMs, kill });
    };
    worker.on("message", (message: FromRandomWorker) => {
      if (message.type === "result") return end(message.result);
      if (message.type === "alive") seen = message;
      if (message.type === "begun") return silence.begin(message.thread);
      silence.heard();
    });
    worker.on("error", (error) => runaway(wordsOf(error)));
  });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
