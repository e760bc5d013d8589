/** Plans for fast-check: drawn like the hunter's, with operations that are listed, shrunk by the hunter's steps. */
import fc from "fast-check";
import { type GenerateOptions, generatePlan } from "../hunter/generate.ts";
import type { Plan, PlannedOperation } from "../plan/plan.ts";
import { checkPlan } from "../plan/plan.ts";
import { withOperations } from "../shrink/edits.ts";
import { simplifications } from "../shrink/passes.ts";
import { Randomness } from "../world/random.ts";
import { Seen } from "../world/seen.ts";
import { StepSource } from "../world/workload.ts";

/** Plans with at most this many operations of each client. */
const operationsMax = 200;

/**
 * Any plan that the hunter could draw, within `options`. A given plan, such as a failing one of a hunt, can be shrunk
 * too: give it to `fc.assert` as an example.
 */
export function planArbitrary(options: GenerateOptions = {}): fc.Arbitrary<Plan> {
  return new PlanArbitrary(options);
}

class PlanArbitrary extends fc.Arbitrary<Plan> {
  readonly #options: GenerateOptions;

  constructor(options: GenerateOptions) {
    super();
    this.#options = options;
  }

  override generate(random: fc.Random): fc.Value<Plan> {
    return new fc.Value(listOperations(generatePlan(random.nextInt(0, 2 ** 31 - 1), this.#options)), undefined);
  }

  override canShrinkWithoutContext(value: unknown): value is Plan {
    return typeof value === "object" && value !== null && "faults" in value && "workload" in value;
  }

  override shrink(plan: Plan): fc.Stream<fc.Value<Plan>> {
    return fc.stream(values(plan));
  }
}

function* values(plan: Plan): IterableIterator<fc.Value<Plan>> {
  for (const simpler of simplifications(plan)) yield new fc.Value(simpler, undefined);
}

/** Draws all operations now, as a client would that has seen nothing yet. */
function listOperations(plan: Plan): Plan {
  const randomness = new Randomness(plan.seed);
  const operations: PlannedOperation[] = [];
  for (let client = 1; client <= plan.config.clients; client++) {
    const source = new StepSource(plan.workload, client, randomness.draws("workload", client));
    const seen = new Seen();
    let atUs = source.gapUs();
    for (let nth = 1; nth <= operationsMax && atUs < plan.config.horizonMs * 1000; nth++) {
      operations.push({ client, atMs: atUs / 1000, step: source.next(seen, `${client}.${nth}`) });
      atUs += source.gapUs();
    }
  }
  // How they were drawn says nothing any more.
  const { workload } = checkPlan({ seed: 0, workload: { perSecond: 0 } });
  return withOperations({ ...plan, workload }, operations);
}
