import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { generatePlan } from "../../sim/hunter/generate.ts";
import { checkPlan, type Plan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";
import { Simulation } from "../../sim/simulation.ts";

const quiet: Plan = checkPlan({ seed: 7, config: { horizonMs: 4_000 }, workload: { perSecond: 0 } });

describe("a simulation", { timeout: 240_000 }, () => {
  it("that is stepped is the run of its plan", () => {
    for (const seed of [3, 42]) {
      const plan = generatePlan(seed);
      const stepped = new Simulation(plan, allCheckers());
      for (let timeUs = 77_000; stepped.runUntil(timeUs); timeUs += 77_000)
        expect(stepped.now).toBeLessThanOrEqual(timeUs);
      expect(stepped.isOver).toBe(true);
      expect(stepped.step()).toBe(false);
      const { traceHash, events } = run(plan, allCheckers());
      expect(stepped.finish()).toMatchObject({ traceHash, events, failure: undefined });
    }
  });

  it("shows its servers, its clients' history and what is on its way", () => {
    const simulation = new Simulation(quiet);
    expect(simulation.runUntil(3_000_000)).toBe(true);
    const leaders = simulation.allServers.filter(({ node }) => node?.raft.isLeader === true);
    expect(leaders).toHaveLength(1);
    const waiting = simulation.waiting();
    expect(waiting.length).toBeGreaterThan(0);
    expect(waiting.every(({ time }, i) => time >= (waiting[i - 1]?.time ?? simulation.now))).toBe(true);
    expect(simulation.history.events.some(({ type }) => type === "connected")).toBe(true);
  });

  it("takes faults and steps of clients in, and its plan then tells the same run", () => {
    const simulation = new Simulation(quiet, allCheckers());
    simulation.runUntil(2_000_000);
    const first = simulation.allServers.find(({ node }) => node?.raft.isLeader === true);
    simulation.perform(1, { kind: "create", path: "/a", data: "x", ephemeral: false, sequential: false });
    simulation.inject({ kind: "crash", server: "leader", keep: 0.5, restartAfterMs: 500 });
    simulation.runUntil(2_001_000);
    expect(first?.state).toBe("down");
    while (simulation.step()) {}
    const outcome = simulation.finish();
    expect(outcome.failure).toBeUndefined();
    expect(outcome.struck.map(({ action }) => action.kind)).toEqual(["crash"]);
    expect(outcome.history.operations[0]).toMatchObject({ client: 1, outcome: "answered" });
    expect(outcome.plan.faults).toHaveLength(1);
    const again = run(outcome.plan, allCheckers());
    expect(again.traceHash).toBe(outcome.traceHash);
    expect(again.struck).toEqual(outcome.struck);
  });

  it("takes in before its first event what then happens from the beginning", () => {
    const simulation = new Simulation(quiet);
    simulation.inject({ kind: "pause", server: 1, forMs: 100 });
    while (simulation.step()) {}
    expect(simulation.finish().struck).toHaveLength(1);
    expect(quiet.faults).toEqual([]);
  });
});
