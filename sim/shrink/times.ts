/** Passes over the times of a plan. */
import type { Plan } from "../plan/plan.ts";
import { replaced, withFaults, withOperations } from "./edits.ts";
import type { Pass } from "./pass.ts";

/** `plan` with every time at which something begins put through `map`. */
function mapTimes(plan: Plan, map: (atMs: number) => number): Plan {
  const faults = plan.faults.map((fault) => ({ ...fault, when: { ...fault.when, atMs: map(fault.when.atMs) } }));
  const operations = plan.workload.operations.map((operation) => ({ ...operation, atMs: map(operation.atMs) }));
  return withOperations(withFaults(plan, faults), operations);
}

function timesOf(plan: Plan): number[] {
  const times = [...plan.faults.map(({ when }) => when.atMs), ...plan.workload.operations.map(({ atMs }) => atMs)];
  return [...new Set(times)].sort((a, b) => a - b);
}

/** Gaps are shorter than this when nothing more is to be gained, ms. */
const gapMs = 500;

/** Less time before the first thing that happens, and between one and the next. */
export const earlier: Pass = function* (plan) {
  let current = plan;
  for (let i = 0; i < timesOf(current).length; i++) {
    for (const share of [1, 0.5]) {
      const times = timesOf(current);
      const [from, to] = [times[i - 1] ?? 0, times[i] ?? 0];
      const less = Math.floor((to - from - gapMs) * share);
      if (less < gapMs) continue;
      const found = yield mapTimes(current, (atMs) => (atMs >= to ? atMs - less : atMs));
      if (found === undefined) continue;
      current = found;
      break;
    }
  }
};

/** Units to which times are rounded, ms, the roundest first. */
const units = [1_000, 100, 10, 1] as const;

/** Down, never up: {@link earlier} would take it back, and so on for ever. */
function roundDown(ms: number, unit: number): number {
  return Math.floor(ms / unit) * unit;
}

/** Times in whole seconds, tenths, hundredths: all at once, then one by one. */
export const rounderTimes: Pass = function* (plan) {
  let current = plan;
  for (const unit of units) {
    const found = yield mapTimes(current, (atMs) => roundDown(atMs, unit));
    if (found === undefined) continue;
    current = found;
    break;
  }
  for (let i = 0; i < current.faults.length; i++) {
    for (const unit of units) {
      const fault = current.faults[i];
      if (fault === undefined) break;
      const atMs = roundDown(fault.when.atMs, unit);
      if (atMs === fault.when.atMs) break;
      const found = yield withFaults(current, replaced(current.faults, i, { ...fault, when: { ...fault.when, atMs } }));
      if (found === undefined) continue;
      current = found;
      break;
    }
  }
  for (let i = 0; i < current.workload.operations.length; i++) {
    for (const unit of units) {
      const operation = current.workload.operations[i];
      if (operation === undefined) break;
      const atMs = roundDown(operation.atMs, unit);
      if (atMs === operation.atMs) break;
      const found = yield withOperations(current, replaced(current.workload.operations, i, { ...operation, atMs }));
      if (found === undefined) continue;
      current = found;
      break;
    }
  }
};
