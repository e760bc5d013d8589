import { describe, expect, it } from "vitest";
import { ElectionTimer } from "../../src/raft/election-timer.ts";

function timer(random: () => number, campaignDelayMaxMs = 10): ElectionTimer {
  return new ElectionTimer({ electionTimeoutMs: 100, campaignDelayMaxMs, random }, 1000);
}

describe("the election timer", () => {
  it("draws from [T, 2T)", () => {
    expect(timer(() => 0).deadline).toBe(1100);
    expect(timer(() => 0.99).deadline).toBe(1199);
  });

  it("a heard leader moves the deadline on without a new draw", () => {
    let draws = 0;
    const t = timer(() => ++draws / 10);
    t.leaderHeard(1050);
    t.leaderHeard(1060);
    expect([t.deadline, draws]).toEqual([1060 + 110, 1]);
  });

  it("after a broken stream it is eager: short timeouts that double up to the usual ones", () => {
    const t = timer(() => 0.5);
    t.leaderBroke(2000);
    expect([t.deadline, t.eager]).toEqual([2005, true]);
    const timeouts: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      t.campaignStarted(0);
      timeouts.push(t.deadline);
    }
    expect(timeouts).toEqual([30, 60, 120, 150, 150, 150]);
    expect(t.eager).toBe(false);
  });

  it("a heard leader ends the eagerness", () => {
    const t = timer(() => 0.5);
    t.leaderBroke(2000);
    t.leaderHeard(2001);
    expect([t.deadline, t.eager]).toEqual([2151, false]);
  });

  it("so does the end of an own reign, however it began", () => {
    const t = timer(() => 0.5);
    t.leaderBroke(2000);
    t.campaignStarted(2005);
    t.steppedDown(9000);
    expect([t.deadline, t.eager]).toEqual([9150, false]);
  });

  it("without a delay the first attempt comes at once, and the later ones still back off", () => {
    const t = timer(() => 0.5, 0);
    t.leaderBroke(2000);
    expect(t.deadline).toBe(2000);
    t.campaignStarted(2000);
    expect(t.deadline).toBeGreaterThan(2000);
  });
});
