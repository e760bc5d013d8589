/** Edits of plans. Each returns a new plan that is valid, or `undefined` where there is none. */
import { checkPlan, type Fault, type Plan, type PlannedOperation } from "../plan/plan.ts";
import { PlanError } from "../plan/schema.ts";

/** Length of a plan as a reader counts it: faults and listed operations. */
export function planItems(plan: Plan): number {
  return plan.faults.length + plan.workload.operations.length;
}

/** `value` as a plan, if it is one. */
export function validPlan(value: unknown): Plan | undefined {
  try {
    return checkPlan(value);
  } catch (error) {
    if (error instanceof PlanError) return undefined;
    throw error;
  }
}

export function withFaults(plan: Plan, faults: readonly Fault[]): Plan {
  return { ...plan, faults };
}

export function withOperations(plan: Plan, operations: readonly PlannedOperation[]): Plan {
  return { ...plan, workload: { ...plan.workload, operations } };
}

/** `items` with the one at `index` replaced. */
export function replaced<T>(items: readonly T[], index: number, item: T): T[] {
  return items.map((old, i) => (i === index ? item : old));
}

/** Without client `gone`, its operations and the faults aimed at it; those above it move down by one. */
export function withoutClient(plan: Plan, gone: number): Plan | undefined {
  const renumber = (client: number) => (client > gone ? client - 1 : client);
  const operations = plan.workload.operations
    .filter(({ client }) => client !== gone)
    .map((operation) => ({ ...operation, client: renumber(operation.client) }));
  const faults = renumbered(plan.faults, "client", gone);
  return validPlan({
    ...withOperations(withFaults(plan, faults), operations),
    config: { ...plan.config, clients: plan.config.clients - 1 },
  });
}

/** Without server `gone`, a spare one perhaps, and the faults aimed at it; those above it move down by one. */
export function withoutServer(plan: Plan, gone: number): Plan | undefined {
  let { faults } = plan;
  for (const field of ["server", "from", "to"]) faults = renumbered(faults, field, gone);
  faults = faults.map(({ when, what }) => {
    if (what.kind !== "partition" || what.servers.length === 0) return { when, what };
    const servers = what.servers.filter((id) => id !== gone).map((id) => (id > gone ? id - 1 : id));
    return { when, what: { ...what, servers } };
  });
  const { servers, spares } = plan.config;
  const fewer = gone > servers ? { spares: spares - 1 } : { servers: servers - 1 };
  return validPlan({ ...withFaults(plan, faults), config: { ...plan.config, ...fewer } });
}

/** Drops the faults whose `field` is the number `gone`, and lowers greater ones. */
function renumbered(faults: readonly Fault[], field: string, gone: number): Fault[] {
  const lower = <P extends Fault["when"] | Fault["what"]>(part: P): P => {
    const value: unknown = Reflect.get(part, field);
    return typeof value === "number" && value > gone ? { ...part, [field]: value - 1 } : part;
  };
  return faults
    .filter(({ when, what }) => Reflect.get(when, field) !== gone && Reflect.get(what, field) !== gone)
    .map(({ when, what }) => ({ when: lower(when), what: lower(what) }));
}
