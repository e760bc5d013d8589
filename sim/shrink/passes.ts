/**
 * The steps by which plans get smaller. A pass is a conversation: it offers a candidate and is told the plan to go on
 * from if that one still fails, or `undefined` if it does not. The hunter's shrinker answers; fast-check, which asks
 * anew for every plan that it moves to, always says `undefined`.
 */
import { type Plan, serverCount } from "../plan/plan.ts";
import { planItems, validPlan, withFaults, withOperations, withoutClient, withoutServer } from "./edits.ts";
import { simplerFaults, simplerOperations } from "./fields.ts";
import type { Pass } from "./pass.ts";
import { earlier, rounderTimes } from "./times.ts";

/**
 * Takes items out: all of them, then ever smaller runs of neighbours, from the last to the first, down to runs of
 * `share` of them, or to single ones.
 */
function removing<T>(
  itemsOf: (plan: Plan) => readonly T[],
  withItems: (plan: Plan, items: readonly T[]) => Plan,
  share = 0,
): Pass {
  return function* (plan) {
    let current = plan;
    const smallest = Math.max(1, Math.floor(itemsOf(current).length * share));
    for (let size = itemsOf(current).length; size >= smallest; size = Math.min(size, itemsOf(current).length) >> 1) {
      let end = itemsOf(current).length;
      while (end > 0) {
        const start = Math.max(0, end - size);
        const items = itemsOf(current);
        current = (yield withItems(current, [...items.slice(0, start), ...items.slice(end)])) ?? current;
        end = Math.min(start, itemsOf(current).length);
      }
    }
  };
}

const coarselyFewerFaults = removing((plan) => plan.faults, withFaults, 0.1);
const coarselyFewerOperations = removing((plan) => plan.workload.operations, withOperations, 0.1);
const fewerFaults = removing((plan) => plan.faults, withFaults);
const fewerOperations = removing((plan) => plan.workload.operations, withOperations);

/** Drawn operations come less often, or not at all. */
const fewerDrawn: Pass = function* (plan) {
  const { perSecond } = plan.workload;
  if (perSecond === 0) return;
  const none = yield { ...plan, workload: { ...plan.workload, perSecond: 0 } };
  if (none === undefined && perSecond > 0.2)
    yield { ...plan, workload: { ...plan.workload, perSecond: Math.round(perSecond * 5) / 10 } };
};

/** All clients but one gone, then one after the other. */
const fewerClients: Pass = function* (plan) {
  let current = plan;
  if (current.config.clients > 2) {
    let one: Plan | undefined = current;
    while (one !== undefined && one.config.clients > 1) one = withoutClient(one, one.config.clients);
    if (one !== undefined) current = (yield one) ?? current;
  }
  for (let client = current.config.clients; client >= 1; client = Math.min(client - 1, current.config.clients)) {
    const candidate = withoutClient(current, client);
    if (candidate !== undefined) current = (yield candidate) ?? current;
  }
  if (current.config.clients > 1) {
    const operations = current.workload.operations.map((operation) => ({ ...operation, client: 1 }));
    yield withOperations(current, operations);
  }
};

/** Spare servers gone, then two, then one: an even number needs the same majority as the odd number above it. */
const fewerServers: Pass = function* (plan) {
  let current = plan;
  for (let id = serverCount(current.config); id > current.config.servers; id--) {
    const candidate = withoutServer(current, id);
    if (candidate !== undefined) current = (yield candidate) ?? current;
  }
  for (let a = current.config.servers; a >= 2; a = Math.min(a - 1, current.config.servers)) {
    for (let b = a - 1; b >= 1 && current.config.servers > 3; b--) {
      const without = withoutServer(current, a);
      const candidate = without === undefined ? undefined : withoutServer(without, b);
      const found = candidate === undefined ? undefined : yield candidate;
      if (found === undefined) continue;
      current = found;
      break;
    }
  }
  for (let id = current.config.servers; id >= 1 && current.config.servers > 1; id--) {
    const candidate = withoutServer(current, id);
    if (candidate !== undefined) current = (yield candidate) ?? current;
  }
};

const constant = (us: number) => ({ min: us, typical: us, max: us });

/** Constant latencies, exact clocks: all at once, then each. */
const calmerConfig: Pass = function* (plan) {
  const calmer: Partial<Plan["config"]> = {
    networkUs: constant(1_000),
    clientUs: constant(1_000),
    diskUs: constant(1_000),
    lateFlush: 0,
    lateFlushUs: 0,
    wallSkewMs: 0,
    bytes: false,
    sessionTimeoutMs: 6_000,
  };
  let current = plan;
  const calm = { ...current, config: { ...current.config, ...calmer } };
  if (JSON.stringify(calm) === JSON.stringify(current) || (yield calm) !== undefined) return;
  for (const [field, value] of Object.entries(calmer)) {
    if (JSON.stringify(Reflect.get(current.config, field)) === JSON.stringify(value)) continue;
    const candidate = validPlan({ ...current, config: { ...current.config, [field]: value } });
    if (candidate !== undefined) current = (yield candidate) ?? current;
  }
};

/** As eager as can be: then few operations make a checkpoint, and leave nothing of the log. */
const eager = { dirtyBytes: 1, logBytes: 1, tailBytes: 0, awayBytes: 0, heldBytes: 0 };

/** Checkpoints as a production server makes them: none in a run of this length. If that is not it, then after every write. */
const plainerCheckpoints: Pass = function* (plan) {
  for (const checkpoints of [{}, eager]) {
    const candidate = validPlan({ ...plan, config: { ...plan.config, checkpoints } });
    if (candidate === undefined || JSON.stringify(candidate) === JSON.stringify(plan)) return;
    if ((yield candidate) !== undefined) return;
  }
};

/** Half the horizon, again and again. */
const shorterHorizon: Pass = function* (plan) {
  let current = plan;
  while (current.config.horizonMs >= 200) {
    const horizonMs = Math.max(100, Math.floor(current.config.horizonMs / 200) * 100);
    const found = yield { ...current, config: { ...current.config, horizonMs } };
    if (found === undefined) return;
    current = found;
  }
};

/** Those whose gain is worth trying under several seeds. */
export const reseededPasses: readonly Pass[] = [
  plainerCheckpoints,
  fewerFaults,
  fewerOperations,
  fewerClients,
  fewerServers,
  calmerConfig,
];

/** All, in the order in which they pay. */
export const allPasses: readonly Pass[] = [
  fewerDrawn,
  plainerCheckpoints,
  coarselyFewerOperations,
  coarselyFewerFaults,
  fewerServers,
  fewerClients,
  fewerFaults,
  fewerOperations,
  calmerConfig,
  earlier,
  rounderTimes,
  simplerFaults,
  simplerOperations,
  shorterHorizon,
];

/** All smaller plans one step away, coarse steps first. */
export function* simplifications(plan: Plan): Generator<Plan, void, undefined> {
  for (const pass of allPasses) {
    const candidates = pass(plan);
    for (let next = candidates.next(); next.done !== true; next = candidates.next(undefined))
      if (planItems(next.value) < planItems(plan) || JSON.stringify(next.value) !== JSON.stringify(plan))
        yield next.value;
  }
}
