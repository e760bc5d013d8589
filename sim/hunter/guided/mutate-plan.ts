/**
 * Changes a plan a little: when a fault strikes, how long, whom; one fault more or less; the second half of another plan's
 * faults; a setting of another plan; other chances. What comes out is a valid plan again, within the budget of faults that
 * the hunter keeps to.
 */
import type { Fault, Plan } from "../../plan/plan.ts";
import { serverCount } from "../../plan/plan.ts";
import { replaced, validPlan, withFaults } from "../../shrink/edits.ts";
import type { Draws } from "../../world/random.ts";
import { drawAction, faultKinds } from "../draw-action.ts";
import { drawWhen, losesData } from "../generate.ts";
import { foundingKinds } from "../schedules.ts";

/** Of `plan`, with `other` for what is to come from elsewhere; undefined where there is nothing to change. */
type Change = (plan: Plan, other: Plan, draws: Draws) => Plan | undefined;

/** What belongs together, so that no election lasts less than a message, or a write to a disk. */
const settings: readonly (readonly (keyof Plan["config"])[])[] = [
  ["electionTimeoutMs", "heartbeatMs", "networkUs", "diskUs"],
  ["appendBytesMax", "appendsInFlightMax"],
  ["lateFlush", "lateFlushUs"],
  ["checkpoints"],
  ["appendHoldMs"],
  ["undurableBytesMax"],
  ["unappliedBytesMax"],
  ["forwardedBytesMax"],
  ["proposedWindowBytes"],
  ["stagedBytesMax"],
  ["readWork"],
  ["applyWork"],
  ["changeHistoryMax"],
  ["clientAhead"],
  ["frameMessages"],
  ["snapshotPace"],
  ["clientUs"],
  ["wallSkewMs"],
  ["bytes"],
];

/** How far a fault is moved, and how close one is brought to another, ms. */
const shiftsMs = [1, 10, 100, 1_000] as const;

/** Fields that say how long something lasts. */
const lengths = ["forMs", "restartAfterMs", "refuseMs", "extraMs"] as const;

/** No plan gets more faults than so many. */
const faultsMax = 120;

/** Of the faults that only befall a cluster while it is formed, some may not meet others: they stay as they are. */
function isFree({ what }: Fault): boolean {
  return !foundingKinds.some((kind) => kind === what.kind);
}

function drawn(plan: Plan, draws: Draws): { readonly at: number; readonly fault: Fault } | undefined {
  const free = plan.faults.flatMap((fault, at) => (isFree(fault) ? [{ at, fault }] : []));
  return free.length === 0 ? undefined : draws.pick(free);
}

/** A change of one fault, drawn. */
function ofOne(change: (fault: Fault, plan: Plan, draws: Draws) => Fault | undefined): Change {
  return (plan, _other, draws) => {
    const chosen = drawn(plan, draws);
    const changed = chosen === undefined ? undefined : change(chosen.fault, plan, draws);
    if (chosen === undefined || changed === undefined) return undefined;
    return withFaults(plan, replaced(plan.faults, chosen.at, changed));
  };
}

function moved({ when, what }: Fault, atMs: number, plan: Plan): Fault {
  const within = Math.min(Math.max(0, Math.round(atMs)), plan.config.horizonMs);
  return { when: { ...when, atMs: within }, what };
}

const shift = ofOne((fault, plan, draws) => {
  const byMs = draws.pick(shiftsMs) * draws.between(1, 9) * draws.pick([-1, 1]);
  return moved(fault, fault.when.atMs + byMs, plan);
});

/** What struck far from another fault strikes right behind it. */
const follow = ofOne((fault, plan, draws) => {
  const before = draws.pick(plan.faults);
  return moved(fault, before.when.atMs + draws.pick(shiftsMs) * draws.next(), plan);
});

const stretch = ofOne(({ when, what }, _plan, draws) => {
  const fields = lengths.filter((field) => Object.hasOwn(what, field));
  if (fields.length === 0) return undefined;
  const field = draws.pick(fields);
  const ms = Number(Reflect.get(what, field)) * draws.pick([0.25, 0.5, 2, 4]);
  return { when, what: { ...what, [field]: field === "restartAfterMs" && draws.chance(0.2) ? 0 : Math.round(ms) } };
});

/** Whom a fault of the same kind would hit, and what else it would do. */
const retarget = ofOne(({ when, what }, { config }, draws) => {
  const kind = faultKinds.find((one) => one === what.kind);
  if (kind === undefined) return undefined;
  const fresh = drawAction(kind, draws, serverCount(config), config.horizonMs);
  const targets = ["server", "from", "to", "client"].filter((field) => Object.hasOwn(what, field));
  if (targets.length === 0 || draws.chance(0.3)) return { when, what: fresh };
  return { when, what: { ...what, ...Object.fromEntries(targets.map((field) => [field, Reflect.get(fresh, field)])) } };
});

const retime = ofOne(({ when, what }, { config }, draws) => {
  const fresh = drawWhen(draws, draws.pick(["crash", what.kind] as const), config.horizonMs);
  return { when: { ...fresh, atMs: when.atMs }, what };
});

const drop: Change = (plan, _other, draws) => {
  const chosen = drawn(plan, draws);
  return chosen && withFaults(plan, plan.faults.toSpliced(chosen.at, 1));
};

const double: Change = (plan, _other, draws) => {
  const chosen = drawn(plan, draws);
  if (chosen === undefined) return undefined;
  const second = moved(chosen.fault, chosen.fault.when.atMs + draws.pick(shiftsMs) * draws.between(1, 9), plan);
  return withFaults(plan, plan.faults.toSpliced(chosen.at + 1, 0, second));
};

const insert: Change = (plan, _other, draws) => {
  const { horizonMs } = plan.config;
  const kind = draws.pick(faultKinds);
  const what = drawAction(kind, draws, plan.config.servers, horizonMs);
  const near = drawn(plan, draws)?.fault.when.atMs ?? draws.between(0, horizonMs);
  const fault = { when: drawWhen(draws, kind, horizonMs), what };
  return withFaults(plan, [...plan.faults, moved(fault, near + draws.pick(shiftsMs), plan)]);
};

/** The first half of one plan's faults, the second of another's. */
const splice: Change = (plan, other, draws) => {
  const cutMs = plan.config.horizonMs * draws.next();
  const scale = plan.config.horizonMs / other.config.horizonMs;
  const later = other.faults.filter(isFree).map((fault) => moved(fault, fault.when.atMs * scale, plan));
  return withFaults(plan, [
    ...plan.faults.filter((fault) => fault.when.atMs < cutMs || !isFree(fault)),
    ...later.filter(({ when }) => when.atMs >= cutMs),
  ]);
};

const setting: Change = (plan, other, draws) => {
  const taken = draws.pick(settings).map((field) => [field, other.config[field]]);
  return { ...plan, config: { ...plan.config, ...Object.fromEntries(taken) } };
};

/** How often clients ask for one thing. */
const weight: Change = (plan, other, draws) => {
  const name = draws.pick(Object.keys(plan.workload.mix));
  const mix = { ...plan.workload.mix, [name]: Reflect.get(other.workload.mix, name) };
  return { ...plan, workload: { ...plan.workload, mix } };
};

/** The same plan, and other chances: other latencies, elections and operations. */
const reseed: Change = (plan, _other, draws) => ({ ...plan, seed: draws.word() });

const changes: readonly Change[] = [
  shift,
  shift,
  follow,
  follow,
  stretch,
  retarget,
  retarget,
  retime,
  drop,
  double,
  insert,
  insert,
  splice,
  setting,
  weight,
  reseed,
];

/** So many servers may lose data that a quorum keeps it; faults beyond that are left out. */
function withinBudget(plan: Plan): Plan {
  let left = Math.floor((plan.config.servers - 1) / 2);
  const faults = plan.faults.filter(({ what }) => !losesData(what.kind) || left-- > 0);
  return withFaults(plan, faults.slice(0, faultsMax));
}

/** `plan` with one to four changes, some of them taken from `other`. */
export function mutatePlan(plan: Plan, other: Plan, draws: Draws): Plan {
  let mutated = plan;
  for (let left = draws.pick([1, 1, 2, 3, 4]); left > 0; left--) {
    const changed = draws.pick(changes)(mutated, other, draws);
    // What another plan says of servers may be of ones that there are not here.
    mutated = (changed && validPlan(withinBudget(changed))) ?? mutated;
  }
  // Nothing is learnt from the same run again: where nothing has changed, the chances do.
  return JSON.stringify(mutated) === JSON.stringify(plan) ? { ...plan, seed: draws.word() } : mutated;
}
