/** A plan as JSON that a person reads: what it leaves out has its default, and each fault and operation has a line. */
import { checkPlan, type Plan } from "../plan/plan.ts";
import { validPlan } from "../shrink/edits.ts";

/** The text of a plan's file; {@link checkPlan} makes the same plan of it. */
export function planText(plan: Plan): string {
  const { config, workload, faults } = plan;
  const { operations, ...drawn } = workload;
  const parts: string[] = [`  "seed": ${plan.seed}`];
  const shortConfig = shorter(config, (value) => ({ seed: 0, config: value }));
  if (shortConfig !== "{}") parts.push(`  "config": ${shortConfig}`);
  const shortDrawn = shorter(drawn, (value) => ({ seed: 0, workload: value }));
  // Operations name clients, and faults servers: they are valid only in the cluster of this plan.
  const lines = operations.map((operation) => {
    const step = shorter(operation.step, (value) => ({
      seed: 0,
      config,
      workload: { operations: [{ ...operation, step: value }] },
    }));
    return `    { "client": ${operation.client}, "atMs": ${operation.atMs}, "step": ${step} }`;
  });
  const inside = shortDrawn === "{}" ? "" : shortDrawn.slice(1, -1).trim();
  const workloadFields = [
    ...(inside === "" ? [] : [inside]),
    ...(lines.length > 0 ? [listText("operations", lines)] : []),
  ];
  if (workloadFields.length > 0) parts.push(`  "workload": { ${workloadFields.join(", ")} }`);
  const faultLines = faults.map(({ when, what }) => {
    const shortWhen = shorter(when, (value) => ({ seed: 0, config, faults: [{ when: value, what }] }));
    const shortWhat = shorter(what, (value) => ({ seed: 0, config, faults: [{ when, what: value }] }));
    return `    { "when": ${shortWhen}, "what": ${shortWhat} }`;
  });
  if (faultLines.length > 0) parts.push(`  ${listText("faults", faultLines)}`);
  return `{\n${parts.join(",\n")}\n}\n`;
}

function listText(name: string, lines: readonly string[]): string {
  return `"${name}": [\n${lines.join(",\n")}\n  ]`;
}

/** `value` without the fields whose absence gives the same plan. */
function shorter(value: object, planWith: (value: unknown) => unknown): string {
  const whole = JSON.stringify(checkPlan(planWith(value)));
  let left: Record<string, unknown> = { ...value };
  for (const field of Object.keys(value)) {
    const { [field]: _gone, ...rest } = left;
    const plan = validPlan(planWith(rest));
    if (plan !== undefined && JSON.stringify(plan) === whole) left = rest;
  }
  return spaced(left);
}

/** JSON on one line, with spaces. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${spaced(field)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
