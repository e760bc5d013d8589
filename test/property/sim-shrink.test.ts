/** Shrinking: the least that still breaks the same invariant, and nothing else. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planArbitrary } from "../../sim/cli/plan-arbitrary.ts";
import { generatePlan } from "../../sim/hunter/generate.ts";
import type { RunOutcome } from "../../sim/outcome.ts";
import type { Plan } from "../../sim/plan/plan.ts";
import type { Invariant } from "../../sim/promises.ts";
import { run } from "../../sim/runner.ts";
import {
  planItems,
  validPlan,
  withFaults,
  withOperations,
  withoutClient,
  withoutServer,
} from "../../sim/shrink/edits.ts";
import { simplifications } from "../../sim/shrink/passes.ts";
import { sameFailure } from "../../sim/shrink/same-failure.ts";
import { shrink } from "../../sim/shrink/shrink.ts";
import { InvariantBroken, type Observer } from "../../sim/world/observer.ts";

/** A run that is over at once: what the plan holds before its horizon happens, and fails as `judge` says. */
function pretend(plan: Plan, judge: (plan: Plan) => string | undefined): RunOutcome {
  const { horizonMs } = plan.config;
  const operations = plan.workload.operations.filter(({ atMs }) => atMs < horizonMs);
  const happens = ({ when }: Plan["faults"][number]) => when.atMs < horizonMs;
  const wrong = judge(withOperations(withFaults(plan, plan.faults.filter(happens)), operations));
  const atUs = horizonMs * 1000;
  return {
    plan,
    events: 1,
    virtualMs: horizonMs,
    traceHash: "",
    failure: wrong === undefined ? undefined : { invariant: "exception", message: wrong, atUs, event: 1, stack: "" },
    history: { operations: [], events: [] },
    struck: plan.faults.flatMap((fault, i) =>
      happens(fault) ? [{ fault: i, atUs, action: fault.what, resolved: [] }] : [],
    ),
    performed: operations,
    recovered: true,
  };
}

/** Shrinks without a limit in time: the clock stands still. */
function shrinkBy(plan: Plan, judge: (plan: Plan) => string | undefined) {
  return shrink(pretend(plan, judge), { run: (p) => pretend(p, judge), now: () => 0, budgetMs: 1 });
}

const count = (plan: Plan, kind: string) =>
  plan.faults.filter(({ what }) => what.kind === kind).length +
  plan.workload.operations.filter(({ step }) => step.kind === kind).length;

describe("a shrunk plan", { timeout: 240_000 }, () => {
  it("holds no more faults, operations, servers and clients than it takes", () => {
    const kinds = fc.constantFrom("crash", "partition", "loss", "create", "setData", "read");
    fc.assert(
      fc.property(planArbitrary({ horizonMs: 8_000 }), kinds, kinds, (plan, a, b) => {
        const judge = (p: Plan) => (count(p, a) > 0 && count(p, b) > 0 ? "both happen" : undefined);
        fc.pre(judge(plan) !== undefined);
        const shrunk = shrinkBy(plan, judge);
        expect(shrunk.items).toBe(a === b ? 1 : 2);
        expect(shrunk.plan.config.servers).toBeLessThanOrEqual(3);
        expect(shrunk.plan.config.clients).toBeLessThanOrEqual(1);
        expect(shrunk.finished).toBe(true);
        expect(validPlan(shrunk.plan)).toEqual(shrunk.plan);
      }),
      { numRuns: 20, interruptAfterTimeLimit: 15_000, endOnFailure: true },
    );
  });

  it("has constant latency and round times", () => {
    const judge = (p: Plan) => (p.faults.length > 0 && p.workload.operations.length > 0 ? "x" : undefined);
    const plan = fc.sample(planArbitrary({ horizonMs: 8_000 }), 30).find((p) => judge(p) !== undefined);
    if (plan === undefined) throw new Error("no plan of thirty has a fault and an operation");
    const { config, faults, workload } = shrinkBy(plan, judge).plan;
    for (const { min, max } of [config.networkUs, config.clientUs, config.diskUs]) expect(min).toBe(max);
    for (const atMs of [faults[0]?.when.atMs, workload.operations[0]?.atMs]) expect((atMs ?? 1) % 100).toBe(0);
  });

  it("breaks the same invariant, though another one would break with less", () => {
    const judge = (p: Plan) => (count(p, "create") >= 2 ? "two creates" : p.faults.length === 0 ? "calm" : undefined);
    const plan = fc.sample(planArbitrary({ horizonMs: 8_000 }), 50).find((p) => judge(p) === "two creates");
    if (plan === undefined) throw new Error("no plan of fifty has two creates");
    const shrunk = shrinkBy(plan, judge);
    expect(shrunk.outcome.failure?.message).toBe("two creates");
    expect(count(shrunk.plan, "create")).toBe(2);
  });

  it("is the best so far when time runs out", () => {
    const judge = (p: Plan) => (p.faults.length > 0 ? "a fault" : undefined);
    const plan = generatePlan(1, { horizonMs: 30_000 });
    let now = 0;
    const clock = () => now++;
    const shrunk = shrink(pretend({ ...plan, faults: generatePlan(42).faults }, judge), {
      run: (p) => pretend(p, judge),
      now: clock,
      budgetMs: 10,
    });
    expect(shrunk.finished).toBe(false);
    expect(shrunk.runs).toBeLessThan(10);
    expect(judge(shrunk.plan)).toBe("a fault");
  });

  it("of a real run comes down to the crashes that it takes", () => {
    const watcher = (): Observer => {
      let crashes = 0;
      return {
        name: "toy",
        crashed: (_server, why) => {
          if (why === "fault" && ++crashes === 2) throw new InvariantBroken("recovery", "two crashes");
        },
      };
    };
    const outcomes = Array.from({ length: 40 }, (_, i) => run(generatePlan(i + 1, { horizonMs: 10_000 }), [watcher()]));
    const failing = outcomes.find((outcome) => outcome.failure !== undefined && outcome.struck.length > 5);
    if (failing === undefined) throw new Error("no seed of forty crashes two servers");
    const options = { run: (plan: Plan) => run(plan, [watcher()]), now: () => performance.now(), budgetMs: 20_000 };
    const shrunk = shrink(failing, options);
    expect(shrunk.items).toBe(2);
    expect(shrunk.plan.workload.operations).toEqual([]);
    expect(run(shrunk.plan, [watcher()])).toMatchObject({
      failure: { invariant: "recovery", message: "two crashes" },
      traceHash: shrunk.outcome.traceHash,
    });
  });
});

describe("fast-check", () => {
  it("shrinks a failing plan by the same steps, one that the hunter found too", () => {
    const failing = generatePlan(42);
    expect(failing.faults.length).toBeGreaterThan(5);
    const property = fc.property(planArbitrary(), ({ faults }) => faults.length < 2);
    const { counterexample } = fc.check(property, { examples: [[failing]], numRuns: 1 });
    const [shrunk] = counterexample ?? [];
    expect(shrunk?.faults).toHaveLength(2);
    expect(shrunk?.config).toMatchObject({ servers: 1, clients: 0, horizonMs: 100 });
  });

  it("is offered valid plans only, each other than the one it has", () => {
    fc.assert(
      fc.property(planArbitrary({ horizonMs: 2_000 }), (plan) => {
        const text = JSON.stringify(plan);
        let offered = 0;
        for (const simpler of simplifications(plan)) {
          if (++offered > 200) break;
          expect(JSON.stringify(simpler)).not.toBe(text);
          expect(validPlan(simpler)).toEqual(simpler);
        }
      }),
      { numRuns: 10, interruptAfterTimeLimit: 10_000, endOnFailure: true },
    );
  });
});

describe("an edit", () => {
  it("that takes a server or a client out renames those above it and drops what was aimed at it", () => {
    const plan = validPlan({
      seed: 1,
      config: { servers: 3, clients: 3 },
      workload: {
        operations: [
          { client: 2, atMs: 0, step: { kind: "sync" } },
          { client: 3, atMs: 0, step: { kind: "close" } },
        ],
      },
      faults: [
        { when: { kind: "at", atMs: 1 }, what: { kind: "crash", server: 2 } },
        { when: { kind: "writes", server: 3 }, what: { kind: "clog", from: 1, to: "any", forMs: 5 } },
        { when: { kind: "at", atMs: 1 }, what: { kind: "partition", shape: "halves", servers: [1, 2], forMs: 5 } },
        { when: { kind: "at", atMs: 1 }, what: { kind: "moveClient", client: 3 } },
      ],
    });
    if (plan === undefined) throw new Error("the plan of this test is not valid");
    expect(planItems(plan)).toBe(6);
    expect(withoutClient(plan, 2)).toMatchObject({
      config: { clients: 2 },
      workload: { operations: [{ client: 2, step: { kind: "close" } }] },
      faults: [{}, {}, {}, { what: { client: 2 } }],
    });
    expect(withoutServer(plan, 2)).toMatchObject({
      config: { servers: 2 },
      faults: [{ when: { server: 2 }, what: { from: 1 } }, { what: { servers: [1] } }, { what: { client: 3 } }],
    });
  });
});

describe("two failures", () => {
  const failure = (invariant: Invariant, message: string) => ({ invariant, message, atUs: 0, event: 0, stack: "" });

  it("are the same if the same invariant broke, whatever the details", () => {
    expect(sameFailure(failure("monotonic", "n1 went back"), failure("monotonic", "n2 did"))).toBe(true);
    expect(sameFailure(failure("monotonic", "x"), failure("recovery", "x"))).toBe(false);
    expect(sameFailure(failure("monotonic", "x"), undefined)).toBe(false);
  });

  it("that the code threw are the same if they say the same but for numbers", () => {
    expect(sameFailure(failure("exception", "no entry 7"), failure("exception", "no entry 12"))).toBe(true);
    expect(sameFailure(failure("exception", "no entry 7"), failure("exception", "no vote"))).toBe(false);
    expect(sameFailure(failure("assertion", "a hole at 7"), failure("assertion", "a hole at 12"))).toBe(true);
    expect(sameFailure(failure("assertion", "a hole at 7"), failure("assertion", "no vote"))).toBe(false);
  });
});
