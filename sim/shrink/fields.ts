/** Passes over the fields of faults and operations: each gets the plainest value with which the plan still fails. */
import type { Plan } from "../plan/plan.ts";
import { validPlan } from "./edits.ts";
import type { Pass } from "./pass.ts";

/** Values that say less, the plainest first; a value is never replaced by one behind it. */
const plain: Readonly<Record<string, readonly unknown[]>> = {
  rate: [1, 0.5],
  keep: [0, 1],
  flapMs: [0],
  refuseMs: [0],
  applied: [false],
  older: [false],
  part: ["any"],
  shape: ["isolate"],
  servers: [[]],
  does: ["drop"],
  message: ["any"],
  from: ["any"],
  to: ["any"],
  data: [""],
  ephemeral: [false],
  sequential: [false],
  version: [-1],
  watch: [false],
  local: [false],
  limit: [0],
  after: [""],
  read: ["getData"],
};

/** Fields that hold a length of time, ms. */
const lengths = new Set(["forMs", "restartAfterMs", "extraMs", "byMs"]);

/** What to try in place of `value`. */
function plainer(field: string, value: unknown): readonly unknown[] {
  // What a createWithAcl creates.
  if (field === "create" && typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([name, inner]) =>
      plainer(name, inner).map((better) => ({ ...value, [name]: better })),
    );
  if (field === "nth" && typeof value === "number")
    return [1, value >> 1, value - 1].filter((nth, i, all) => nth >= 1 && nth < value && all.indexOf(nth) === i);
  if (lengths.has(field) && typeof value === "number")
    return [10_000, 1_000, 100, 10, 1]
      .map((unit) => Math.round(value / unit) * unit)
      .filter((ms) => ms !== 0 && digits(ms) < digits(value));
  const choices = Object.hasOwn(plain, field) ? (plain[field] ?? []) : [];
  const at = choices.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(value));
  return at < 0 ? choices : choices.slice(0, at);
}

/** Digits without the zeros behind them. */
function digits(value: number): number {
  return String(value).replace(/0+$/, "").length;
}

/** Offers plainer values for the fields of what `pathOf` leads to, item after item. */
function plainerFields(partsOf: (plan: Plan) => readonly object[][], put: Put): Pass {
  return function* (plan) {
    let current = plan;
    for (let item = 0; item < partsOf(current).length; item++) {
      const parts = partsOf(current)[item] ?? [];
      for (let part = 0; part < parts.length; part++) {
        for (const [field, value] of Object.entries(parts[part] ?? {})) {
          for (const better of plainer(field, value)) {
            const now = partsOf(current)[item]?.[part];
            if (now === undefined) break;
            const candidate = validPlan(put(current, item, part, { ...now, [field]: better }));
            const found = candidate === undefined ? undefined : yield candidate;
            if (found === undefined) continue;
            current = found;
            break;
          }
        }
      }
    }
  };
}

/** Puts a changed part of an item back; the result may be no plan. */
type Put = (plan: Plan, item: number, part: number, changed: object) => unknown;

export const simplerFaults = plainerFields(
  (plan) => plan.faults.map(({ when, what }) => [when, what]),
  (plan, item, part, changed) => ({
    ...plan,
    faults: plan.faults.map((fault, i) => (i === item ? { ...fault, [part === 0 ? "when" : "what"]: changed } : fault)),
  }),
);

export const simplerOperations = plainerFields(
  (plan) => plan.workload.operations.map(({ step }) => [step]),
  (plan, item, _part, changed) => ({
    ...plan,
    workload: {
      ...plan.workload,
      operations: plan.workload.operations.map((operation, i) =>
        i === item ? { ...operation, step: changed } : operation,
      ),
    },
  }),
);
