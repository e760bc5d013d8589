/** What somebody does by hand to a running simulation: to a message on its way, to links, to a machine. */
import { expect, it } from "vitest";
import type { Action } from "../../sim/plan/actions.ts";
import { checkPlan, type Plan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";
import { Simulation } from "../../sim/simulation.ts";
import type { MessageEvent } from "../../sim/world/events.ts";

const quiet = { min: 1_000, typical: 1_000, max: 1_000 };

function newSimulation(): Simulation {
  const config = { servers: 3, clients: 1, horizonMs: 20_000, networkUs: quiet, clientUs: quiet, diskUs: quiet };
  return new Simulation(checkPlan({ seed: 3, config, workload: { perSecond: 0 } }));
}

function onTheWay(simulation: Simulation): readonly { readonly time: number; readonly item: MessageEvent }[] {
  return simulation.waiting().flatMap(({ time, item }) => (item.kind === "message" ? [{ time, item }] : []));
}

/** Steps until a message is on its way, and returns the first one with its time of arrival. */
function untilOnTheWay(simulation: Simulation): { readonly time: number; readonly item: MessageEvent } {
  for (;;) {
    const [first] = onTheWay(simulation);
    if (first !== undefined) return first;
    if (!simulation.step()) throw new Error("nothing was ever sent");
  }
}

/** Does something now: goes on to the moment when it has struck, and no further. */
function strike(simulation: Simulation, action: Action): void {
  simulation.inject(action);
  const when = simulation.plan.faults.at(-1)?.when;
  simulation.runUntil(Math.round((when?.atMs ?? 0) * 1000));
}

/** The run of the plan that `simulation` has by now ends like `simulation` itself. */
function expectSameRun(simulation: Simulation): void {
  while (simulation.step());
  const { plan, traceHash, failure } = simulation.finish();
  expect(failure).toBeUndefined();
  const copy: Plan = checkPlan(JSON.parse(JSON.stringify(plan)));
  expect(run(copy).traceHash).toBe(traceHash);
}

it.each(["drop", "duplicate", "delay"] as const)("a message on its way can be met: %s", (does) => {
  const simulation = newSimulation();
  simulation.runUntil(5_000_000);
  const { time, item } = untilOnTheWay(simulation);
  const before = onTheWay(simulation).length;
  strike(simulation, { kind: "intercept", from: item.from, to: item.to, nth: 1, does, extraMs: 7 });
  const times = onTheWay(simulation).flatMap((other) => (other.item.message === item.message ? [other.time] : []));
  expect(times).toEqual({ drop: [], duplicate: [time, time + 7_000], delay: [time + 7_000] }[does]);
  expect(onTheWay(simulation)).toHaveLength(before + { drop: -1, duplicate: 1, delay: 0 }[does]);
  expectSameRun(simulation);
});

it("the nth message of those on their way is met, and none if there are fewer", () => {
  const simulation = newSimulation();
  simulation.runUntil(5_000_000);
  while (onTheWay(simulation).length < 2) simulation.step();
  const [first, second] = onTheWay(simulation);
  strike(simulation, { kind: "intercept", from: "any", to: "any", nth: 2, does: "drop", extraMs: 0 });
  expect(onTheWay(simulation).map(({ item }) => item)).toContain(first?.item);
  expect(onTheWay(simulation).map(({ item }) => item)).not.toContain(second?.item);
  const left = onTheWay(simulation).length;
  strike(simulation, { kind: "intercept", from: "any", to: "any", nth: 99, does: "drop", extraMs: 0 });
  expect(onTheWay(simulation)).toHaveLength(left);
});

it("links are well again before a partition's time, also one that comes and goes", () => {
  const simulation = newSimulation();
  simulation.runUntil(3_000_000);
  const cut = { kind: "partition", server: 1, servers: [1], forMs: 15_000 } as const;
  strike(simulation, { ...cut, shape: "halves", flapMs: 100 });
  expect([simulation.link(1, 2)?.blocked, simulation.link(3, 1)?.blocked]).toEqual([true, true]);
  strike(simulation, { kind: "heal", from: "any", to: "any" });
  simulation.runUntil(3_500_000);
  expect([simulation.link(1, 2)?.blocked, simulation.link(3, 1)?.blocked]).toEqual([false, false]);
  simulation.inject({ ...cut, shape: "halves", flapMs: 0 });
  strike(simulation, { kind: "heal", from: 1, to: 2 });
  expect([simulation.link(1, 2)?.blocked, simulation.link(2, 1)?.blocked]).toEqual([false, true]);
  expectSameRun(simulation);
});

it("a machine is well again before its time: a pause ends, a disk goes on, a server that was down starts", () => {
  const simulation = newSimulation();
  simulation.runUntil(3_000_000);
  const begun = simulation.now;
  const server = (id: number) => simulation.servers[id];
  simulation.inject({ kind: "pause", server: 1, forMs: 10_000 });
  simulation.inject({ kind: "stallDisk", server: 2, forMs: 10_000 });
  simulation.inject({ kind: "crash", server: 3, restartAfterMs: 0, keep: 1 });
  simulation.runUntil(3_100_000);
  expect([server(1)?.awake, server(2)?.disk.stalledUntilUs, server(3)?.state]).toEqual([
    false,
    begun + 10_000_002,
    "down",
  ]);
  for (const id of [1, 2, 3]) simulation.inject({ kind: "mend", server: id });
  simulation.runUntil(3_200_000);
  expect([server(1)?.awake, server(2)?.disk.stalledUntilUs, server(3)?.state]).toEqual([true, 0, "running"]);
  expectSameRun(simulation);
});

it("what is done by hand may wait for its time", () => {
  const simulation = newSimulation();
  simulation.runUntil(1_000_000);
  simulation.inject({ kind: "pause", server: 1, forMs: 10 }, 2_500_000);
  simulation.perform(1, { kind: "sync" }, 2_600_000.5);
  simulation.runUntil(2_499_999);
  expect(simulation.servers[1]?.pausedUntilUs).toBe(0);
  simulation.runUntil(2_500_000);
  expect(simulation.servers[1]?.pausedUntilUs).toBe(2_510_000);
  expect(simulation.plan.workload.operations).toEqual([{ client: 1, atMs: 2_600.001, step: { kind: "sync" } }]);
});
