/** One core of a hunt: takes seed after seed until time is over or somebody has found a failure. */
import { parentPort, workerData } from "node:worker_threads";
import { allCheckers } from "./checkers/all.ts";
import { asFound, investigate } from "./hunt/investigate.ts";
import { type FromWorker, type HuntTask, monotonicMs, slots, type Tally } from "./hunt/messages.ts";
import { generatePlan } from "./hunter/generate.ts";
import { Marks } from "./marks/marks.ts";
import type { RunOutcome } from "./outcome.ts";
import type { Plan } from "./plan/plan.ts";
import { run } from "./runner.ts";

/** How often a worker says what it did, ms. */
const reportEveryMs = 250;

const task: HuntTask = workerData;
const control = new Int32Array(task.control);
const nothing: Tally = { runs: 0, events: 0, virtualMs: 0, operations: 0, faults: 0, marks: [] };
/** All that this worker's runs have hit. */
const marks = new Marks();
let marksSaid = 0;
let tally = nothing;
let reportedAt = performance.now();

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function report(everyMs: number): void {
  const now = performance.now();
  if (now - reportedAt < everyMs) return;
  reportedAt = now;
  const news = marks.size > marksSaid ? marks.all() : [];
  marksSaid = marks.size;
  say({ type: "tally", tally: { ...tally, marks: news } });
  tally = nothing;
}

/** The next plan, or `undefined` when the hunt is over. */
function next(): Plan | undefined {
  if (Atomics.load(control, slots.stop) !== 0 || monotonicMs() >= task.deadline) return undefined;
  const nth = Atomics.add(control, slots.next, 1);
  if (nth >= task.runsMax) return undefined;
  Atomics.store(control, slots.current + task.index, nth + 1);
  return task.plan ?? generatePlan((task.seedFrom + nth) >>> 0);
}

function count({ events, virtualMs, performed, struck }: RunOutcome): void {
  tally = {
    runs: tally.runs + 1,
    events: tally.events + events,
    virtualMs: tally.virtualMs + virtualMs,
    operations: tally.operations + performed.length,
    faults: tally.faults + struck.length,
    marks: [],
  };
  report(reportEveryMs);
}

/** One worker shrinks what it found; others that fail at the same moment leave it alone. */
function examine(outcome: RunOutcome): void {
  const { failure } = outcome;
  if (failure === undefined || Atomics.compareExchange(control, slots.stop, 0, 1) !== 0) return;
  say({ type: "failed", found: asFound(outcome, failure) });
  let saidAt = 0;
  const found = investigate(outcome, failure, task.shrinkMs, (runs, items) => {
    const now = performance.now();
    if (now - saidAt < reportEveryMs) return;
    saidAt = now;
    say({ type: "shrinking", runs, items });
  });
  say({ type: "found", found });
}

for (let plan = next(); plan !== undefined; plan = next()) {
  const outcome = run(plan, allCheckers(marks));
  count(outcome);
  examine(outcome);
}
report(0);
say({ type: "done" });
