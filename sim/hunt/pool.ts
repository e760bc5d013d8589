/** The workers of a hunt, one a core, and what they report. */
import { Worker } from "node:worker_threads";
import type { ScriptCoverage } from "../cli/coverage/collect.ts";
import { Marks } from "../marks/marks.ts";
import type { Plan } from "../plan/plan.ts";
import { type Found, type FromWorker, type HuntTask, monotonicMs, slots, type Tally } from "./messages.ts";

/** A hunt to be done. */
export interface Hunt {
  readonly seedFrom: number;
  /** Shrinks this plan instead of drawing plans from seeds. */
  readonly plan?: Plan | undefined;
  readonly jobs: number;
  readonly runsMax: number;
  /** Begins no run after this, ms from now. */
  readonly forMs: number;
  readonly shrinkMs: number;
  /** A run, or one of a shrink, that takes longer than this may never end, ms. */
  readonly stuckMs: number;
  /** Counts which code the runs reach; they take a third longer. */
  readonly coverage: boolean;
}

/** How far a hunt is. */
export interface HuntState extends Tally {
  readonly wallMs: number;
  /** Runs of the shrinker and the items left, once there is something to shrink. */
  readonly shrinking: { readonly seed: number; readonly runs: number; readonly items: number } | undefined;
}

/** How a hunt ended. */
export interface HuntResult extends Tally {
  /** Until the first failure, or the end. */
  readonly wallMs: number;
  readonly found: Found | undefined;
  /** Seeds of runs that did not end in time. */
  readonly stuck: readonly number[];
  /** Somebody stopped it before its end. */
  readonly interrupted: boolean;
  /** What each worker counted; empty if nothing was to be counted, or the hunt was cut short. */
  readonly coverage: readonly (readonly ScriptCoverage[])[];
}

/**
 * Hunts until a run fails, time or runs are used up, or `stop` is aborted. Calls `onState` several times a second.
 * Rejects if a worker dies.
 */
export function hunt(hunt: Hunt, onState: (state: HuntState) => void, stop: AbortSignal): Promise<HuntResult> {
  return new Promise((resolve, reject) => {
    const pool = new Pool(hunt, onState, resolve, reject);
    pool.start();
    stop.addEventListener("abort", () => pool.interrupt(), { once: true });
  });
}

class Pool {
  readonly #hunt: Hunt;
  readonly #onState: (state: HuntState) => void;
  readonly #resolve: (result: HuntResult) => void;
  readonly #reject: (error: Error) => void;
  readonly #control: Int32Array;
  readonly #shared: SharedArrayBuffer;
  readonly #begun = performance.now();
  #workers: { readonly worker: Worker; at: number; since: number; done: boolean }[] = [];
  #tally: Tally = { runs: 0, events: 0, virtualMs: 0, operations: 0, faults: 0, marks: [] };
  readonly #marks = new Marks();
  #found: Found | undefined;
  #finder = -1;
  #shrinking: HuntState["shrinking"];
  #foundAfterMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  readonly #coverage: (readonly ScriptCoverage[])[] = [];

  constructor(
    hunt: Hunt,
    onState: (state: HuntState) => void,
    resolve: (result: HuntResult) => void,
    reject: (error: Error) => void,
  ) {
    this.#hunt = hunt;
    this.#onState = onState;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#shared = new SharedArrayBuffer(4 * (slots.current + hunt.jobs));
    this.#control = new Int32Array(this.#shared);
  }

  start(): void {
    const { jobs, seedFrom, plan, runsMax, forMs, shrinkMs } = this.#hunt;
    for (let index = 0; index < jobs; index++) {
      const deadline = monotonicMs() + forMs;
      const task: HuntTask = { control: this.#shared, index, seedFrom, plan, runsMax, deadline, shrinkMs };
      const program = this.#hunt.coverage ? "../hunt-coverage-worker.js" : "../hunt-worker.js";
      const worker = new Worker(new URL(program, import.meta.url), { workerData: task });
      worker.on("message", (message: FromWorker) => this.#hear(index, message));
      worker.on("error", (error) => this.#fail(error));
      this.#workers.push({ worker, at: 0, since: performance.now(), done: false });
    }
    this.#timer = setInterval(() => this.#watch(), 200);
  }

  /** Ends with what is known by now. */
  interrupt(): void {
    this.#end([], true);
  }

  get #wallMs(): number {
    return performance.now() - this.#begun;
  }

  #hear(index: number, message: FromWorker): void {
    const heard = this.#workers[index];
    if (heard === undefined || this.#over) return;
    heard.since = performance.now();
    switch (message.type) {
      case "tally":
        this.#marks.add(message.tally.marks);
        this.#tally = { ...sum(this.#tally, message.tally), marks: this.#marks.all() };
        return;
      case "failed":
        this.#foundAfterMs = this.#wallMs;
        this.#found = message.found;
        this.#finder = index;
        this.#shrinking = { seed: message.found.seed, runs: 0, items: message.found.items };
        return;
      case "shrinking":
        this.#shrinking = { seed: this.#found?.seed ?? 0, runs: message.runs, items: message.items };
        return;
      case "found":
        this.#found = message.found;
        return;
      case "done":
        if (this.#hunt.coverage) return;
        return this.#finish(index);
      case "coverage":
        this.#coverage.push(message.scripts);
        this.#finish(index);
    }
  }

  #finish(index: number): void {
    const worker = this.#workers[index];
    if (worker !== undefined) worker.done = true;
    if (this.#workers.every(({ done }) => done)) this.#end([]);
  }

  /** Shows how far it is, and gives up on runs that do not end. */
  #watch(): void {
    this.#onState({ ...this.#tally, wallMs: this.#wallMs, shrinking: this.#shrinking });
    const now = performance.now();
    const stuck: number[] = [];
    this.#workers.forEach((one, index) => {
      const at = Atomics.load(this.#control, slots.current + index);
      if (at !== one.at) one.since = now;
      one.at = at;
      if (one.done || now - one.since < this.#hunt.stuckMs) return;
      // The one that shrinks has a failure to tell already; a candidate that never ends does not change that.
      if (index !== this.#finder) stuck.push((this.#hunt.seedFrom + at - 1) >>> 0);
      else if (this.#found !== undefined) this.#end([]);
    });
    if (stuck.length > 0) this.#end(stuck);
  }

  #end(stuck: readonly number[], interrupted = false): void {
    if (this.#over) return;
    this.#close();
    const wallMs = this.#foundAfterMs ?? this.#wallMs;
    const coverage = interrupted || stuck.length > 0 ? [] : this.#coverage;
    this.#resolve({ ...this.#tally, wallMs, found: this.#found, stuck, interrupted, coverage });
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#close();
    this.#reject(error);
  }

  #close(): void {
    this.#over = true;
    clearInterval(this.#timer);
    for (const { worker } of this.#workers) worker.terminate().catch(() => undefined);
  }
}

function sum(a: Tally, b: Tally): Omit<Tally, "marks"> {
  return {
    runs: a.runs + b.runs,
    events: a.events + b.events,
    virtualMs: a.virtualMs + b.virtualMs,
    operations: a.operations + b.operations,
    faults: a.faults + b.faults,
  };
}
