/** Turns what a run drew into what its plan says, so that it can be taken out piece by piece. */

import type { RunOutcome } from "../outcome.ts";
import type { ServerTarget } from "../plan/actions.ts";
import type { Fault, Plan } from "../plan/plan.ts";
import { checkPlan } from "../plan/plan.ts";
import { validPlan, withFaults, withOperations } from "./edits.ts";

/** Time for a fault to strike later once others are gone, in election timeouts: there may be an election more to wait for. */
const slack = 20;

/** The plan of a failing run without what lies behind the failure: it cannot have had a part in it. */
export function trimmed(outcome: RunOutcome): Plan {
  return cutAfter(outcome, slack * outcome.plan.config.electionTimeoutMs);
}

/** The same, with no more time than the failure takes. */
export function cutShort(outcome: RunOutcome): Plan {
  return cutAfter(outcome, 1);
}

function cutAfter({ plan, struck, failure }: RunOutcome, spareMs: number): Plan {
  if (failure === undefined) return plan;
  const endMs = failure.atUs / 1000;
  const happened = new Set(struck.map(({ fault }) => fault));
  const faults = plan.faults.filter((_, i) => happened.has(i));
  const operations = plan.workload.operations.filter(({ atMs }) => atMs <= endMs);
  const rounded = Math.max(100, Math.ceil((endMs + spareMs) / 100) * 100);
  const horizonMs = Math.min(plan.config.horizonMs, rounded);
  return { ...withOperations(withFaults(plan, faults), operations), config: { ...plan.config, horizonMs } };
}

/** With the drawn operations as listed ones and the faults in the order of their times. */
export function listed(outcome: RunOutcome): Plan | undefined {
  const plan = trimmed(outcome);
  const faults = [...plan.faults].sort((a, b) => a.when.atMs - b.when.atMs);
  if (plan.workload.perSecond === 0) return withFaults(plan, faults);
  // How operations were drawn says nothing any more.
  const { workload } = checkPlan({ seed: 0, workload: { perSecond: 0 } });
  return withOperations({ ...plan, faults, workload }, outcome.performed);
}

/** Targets that are drawn: they would be drawn differently once a fault before them is gone. */
const drawnTargets: readonly ServerTarget[] = ["random", "follower", "down"];

/** With drawn servers, clients and moments named; roles like "the leader" stay. */
export function concreteDraws(outcome: RunOutcome): Plan | undefined {
  return concrete(outcome, (target) => drawnTargets.includes(target));
}

/** With every symbolic target of a fault named. */
export function concreteTargets(outcome: RunOutcome): Plan | undefined {
  return concrete(outcome, () => true);
}

function concrete(outcome: RunOutcome, replaces: (target: ServerTarget) => boolean): Plan | undefined {
  const { plan } = outcome;
  const faults: unknown[] = [];
  let changed = false;
  // In the order of the plan: two that wait for the same moment see it in that order.
  const struck = [...outcome.struck].sort((a, b) => a.fault - b.fault);
  for (const { fault, resolved, client } of struck) {
    const planned = plan.faults[fault];
    if (planned === undefined) continue;
    const what = concreteFields(planned, resolved, replaces, client);
    changed ||= Object.keys(what).length > 0;
    faults.push({ when: planned.when, what: { ...planned.what, ...what } });
  }
  return changed ? validPlan({ ...trimmed(outcome), faults }) : undefined;
}

/** Fields of the action that become concrete. Targets were resolved in the order of the fields that hold them. */
function concreteFields(
  { what }: Fault,
  resolved: RunOutcome["struck"][number]["resolved"],
  replaces: (target: ServerTarget) => boolean,
  client: number | undefined,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  if (client !== undefined) fields["client"] = client;
  const left = [...resolved];
  for (const field of ["server", "from", "to"]) {
    const target: unknown = Reflect.get(what, field);
    const at = left.findIndex((one) => one.target === target);
    const found = left[at];
    if (found === undefined) continue;
    left.splice(at, 1);
    if (replaces(found.target)) fields[field] = found.server;
  }
  return fields;
}
