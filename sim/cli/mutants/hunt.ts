/** Hunts mutants: a thread for each mutant and base seed, as many at once as there are jobs. */
import { setMaxListeners } from "node:events";
import { Worker } from "node:worker_threads";
import type { Mutant } from "../../mutants/mutant.ts";
import type { FromMutantWorker, Kill, MutantResult, MutantTask } from "../../mutants/task.ts";
import { workerCode } from "./load.ts";
import { Silence } from "./silence.ts";

/** A worker that works for so long, ms of processor time, and says nothing, is caught in an endless loop. */
const silenceMs = 30_000;

/** What is to be hunted and how. */
export interface HuntOptions {
  readonly mutants: readonly Mutant[];
  readonly baseSeeds: readonly number[];
  readonly budgetMs: number;
  readonly shrinkMs: number;
  readonly tell: boolean;
  readonly jobs: number;
  /** Aborted: no more hunts, and those under way end at once. */
  readonly stop: AbortSignal;
  /** A seed breaks something without any mutant: a real bug, or a false alarm. It counts for nothing. */
  readonly onCleanFailure: (kill: Kill) => void;
  /** A mutant's hunts are over. */
  readonly onDone: (mutant: Mutant, results: readonly MutantResult[]) => void;
}

/**
 * Hunts each mutant from each base seed; the plan of the first is shrunk. What kills a mutant must not fail without it:
 * each kill is run again on the code as it is. Resolves early if it is stopped: some mutants are never done then.
 */
export async function huntAll(options: HuntOptions): Promise<void> {
  const { stop } = options;
  setMaxListeners(0, stop);
  const waiting = options.mutants.flatMap((mutant) => {
    const results: MutantResult[] = [];
    return options.baseSeeds.map((baseSeed, i) => ({ mutant, baseSeed, first: i === 0, results }));
  });
  const codes = new Map<string, Promise<string>>();
  const clean = workerCode(undefined);
  // Each worker waits for it in its turn; if one has failed before, nobody does.
  clean.catch(() => undefined);
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { mutant, baseSeed, first, results } = next;
      const code = codes.get(mutant.id) ?? workerCode(mutant);
      codes.set(mutant.id, code);
      const shrinkMs = first ? options.shrinkMs : 0;
      const result = await huntOne(await code, await clean, { ...options, baseSeed, shrinkMs });
      if (stop.aborted) return;
      results.push(result);
      if (results.length < options.baseSeeds.length) continue;
      codes.delete(mutant.id);
      options.onDone(mutant, results);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(options.jobs, waiting.length) }, work));
  } catch (error) {
    // The Ctrl-C that stops this program stops the bundler too, and its last words may come first.
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (!stop.aborted) throw error;
  }
}

type OneHunt = Pick<HuntOptions, "budgetMs" | "tell" | "stop" | "onCleanFailure"> &
  Pick<MutantTask, "baseSeed" | "shrinkMs">;

async function huntOne(code: string, clean: string, options: OneHunt): Promise<MutantResult> {
  const { shrinkMs, tell, budgetMs, stop, onCleanFailure } = options;
  let { baseSeed } = options;
  let [runs, ms] = [0, 0];
  for (;;) {
    const left = Math.max(1, budgetMs - ms);
    const task: MutantTask = { baseSeed, budgetMs: left, runsMax: Number.MAX_SAFE_INTEGER, shrinkMs, tell };
    const found = await hunt(code, task, stop);
    runs += found.runs;
    ms += found.ms;
    if (found.kill === undefined) return { kill: undefined, runs, ms };
    const { seed } = found.kill;
    const once: MutantTask = { baseSeed: seed, budgetMs: 1, runsMax: 1, shrinkMs: 0, tell: false };
    const again = await hunt(clean, once, stop);
    if (again.kill === undefined) return { kill: found.kill, runs, ms };
    onCleanFailure(again.kill);
    if (ms >= budgetMs) return { kill: undefined, runs, ms };
    baseSeed = seed + 1;
  }
}

/**
 * One hunt in a thread of its own. An endless loop, or memory without end, is a way to die too. Stopped, it has found
 * nothing.
 */
function hunt(code: string, task: MutantTask, stop: AbortSignal): Promise<MutantResult> {
  return new Promise((resolve) => {
    let runs = 1;
    const silence = new Silence(silenceMs, () => runaway("a run did not end"));
    const worker = new Worker(code, { eval: true, workerData: task, resourceLimits: { maxOldGenerationSizeMb: 2048 } });
    const end = (result: MutantResult): void => {
      silence.end();
      stop.removeEventListener("abort", interrupt);
      resolve(result);
      void worker.terminate();
    };
    const interrupt = (): void => end({ kill: undefined, runs, ms: silence.workedMs });
    if (stop.aborted) return interrupt();
    stop.addEventListener("abort", interrupt);
    const runaway = (message: string): void => {
      const seed = (task.baseSeed + runs - 1) >>> 0;
      const kill: Kill = {
        invariant: "runaway",
        message,
        seed,
        items: undefined,
        plan: undefined,
        story: undefined,
      };
      end({ kill, runs, ms: silence.workedMs });
    };
    worker.on("message", (message: FromMutantWorker) => {
      if (message.type === "result") return end(message.result);
      if (message.type === "begun") return silence.begin(message.thread);
      if (!message.shrinking) runs = message.runs + 1;
      silence.heard();
    });
    worker.on("error", (error) => runaway(error instanceof Error ? error.message : String(error)));
  });
}
