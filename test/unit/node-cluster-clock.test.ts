import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { ClusterClock } from "../../src/node/peers/cluster-clock.ts";
import type { Configuration, ServerId } from "../../src/raft/types.ts";

const bound = limits.clockSkewMaxMs;
const hour = 3_600_000;

function voters(ids: readonly ServerId[], oldVoters: readonly ServerId[] = []): Configuration {
  const members = [...new Set([...ids, ...oldVoters])].map((id) => ({ id, peerAddress: "", clientAddress: "" }));
  return { members, voters: ids, oldVoters, learners: [] };
}

/** The stamp of server 1 whose clock shows `own` when the others' show `others`, all as of now. */
function timeMs(configuration: Configuration, own: number, others: Readonly<Record<number, number>>) {
  const clock = new ClusterClock(1, 2_000);
  for (const [id, shown] of Object.entries(others)) clock.reported(Number(id), shown, 500);
  return clock.timeMs(configuration, { monotonicMs: 500, wallMs: own });
}

describe("the cluster's clock", () => {
  it("is the leader's own where the others' agree with it", () => {
    expect(timeMs(voters([1]), hour, {})).toBe(hour);
    expect(timeMs(voters([1, 2, 3]), hour, { 2: hour + 400, 3: hour - 300 })).toBe(hour);
  });

  it("is held back when the leader's runs ahead, by one other that is right", () => {
    expect(timeMs(voters([1, 2, 3]), 10 * hour, { 2: hour, 3: hour - 5 })).toBe(hour + bound);
    expect(timeMs(voters([1, 2, 3]), 10 * hour, { 2: hour })).toBe(hour + bound);
  });

  it("is drawn on when the leader's is behind, but never beyond a majority's", () => {
    expect(timeMs(voters([1, 2, 3]), 0, { 2: hour, 3: hour })).toBe(hour - bound);
    expect(timeMs(voters([1, 2, 3]), hour, { 2: 10 * hour, 3: hour })).toBe(hour);
    // Of two, nobody knows who is right: the earlier one is the safe one.
    expect(timeMs(voters([1, 2]), hour, { 2: 10 * hour })).toBe(hour + bound);
    expect(timeMs(voters([1, 2]), 10 * hour, { 2: hour })).toBe(hour + bound);
  });

  it("asks both majorities of a joint configuration, and nobody who does not vote", () => {
    const joint = voters([1, 4, 5], [1, 2, 3]);
    expect(timeMs(joint, 10 * hour, { 2: 10 * hour, 3: 10 * hour, 4: hour, 5: hour })).toBe(hour + bound);
    expect(timeMs(voters([1]), hour, { 2: 10 * hour, 3: 10 * hour })).toBe(hour);
  });

  it("is not known before a majority has reported, nor when that was long ago", () => {
    expect(timeMs(voters([1, 2, 3]), hour, {})).toBeUndefined();
    expect(timeMs(voters([1, 2, 3, 4, 5]), hour, { 2: hour })).toBeUndefined();
    const clock = new ClusterClock(1, 2_000);
    clock.reported(2, hour, 0);
    expect(clock.timeMs(voters([1, 2, 3]), { monotonicMs: 2_000, wallMs: 10 * hour })).toBe(hour + 2_000 + bound);
    expect(clock.timeMs(voters([1, 2, 3]), { monotonicMs: 2_001, wallMs: hour })).toBeUndefined();
  });

  it("tells how far each server's clock is off, and forgets who has left", () => {
    const clock = new ClusterClock(1, 2_000);
    clock.reported(2, hour, 100);
    clock.reported(3, hour - 700, 100);
    const now = { monotonicMs: 600, wallMs: hour + 60_500 };
    expect([...clock.skewsMs(voters([1, 2, 3, 4]), now)]).toEqual([
      [1, 60_700],
      [2, 700],
      [3, 0],
    ]);
    clock.keep(voters([1, 2]));
    expect([...clock.skewsMs(voters([1, 2]), now).keys()]).toEqual([1, 2]);
    expect(clock.skewsMs(voters([1, 3]), now).size).toBe(0);
  });
});
