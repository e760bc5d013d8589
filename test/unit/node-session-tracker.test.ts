import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { SessionTracker } from "../../src/node/peers/session-tracker.ts";

const sessions = [{ id: 5, timeoutMs: 1000, attachment: 6, ephemeralCount: 60 }];
const run = (tracker: SessionTracker, fromMs: number, toMs: number) => {
  for (let now = fromMs; now <= toMs; now += 100) tracker.advance(now);
};

describe("SessionTracker", () => {
  it("ends nothing unless it leads", () => {
    const tracker = new SessionTracker(100, 0);
    run(tracker, 0, 5000);
    expect(tracker.expired(sessions, 100)).toEqual([]);
  });

  it("gives every session its full timeout under a new leader", () => {
    const tracker = new SessionTracker(100, 0);
    run(tracker, 0, 5000);
    tracker.startLeading();
    run(tracker, 5100, 6000);
    expect(tracker.expired(sessions, 100)).toEqual([]);
    run(tracker, 6100, 6100);
    expect(tracker.expired(sessions, 100)).toEqual([{ sessionId: 5, attachment: 6 }]);
  });

  it("counts from the last touch", () => {
    const tracker = new SessionTracker(100, 0);
    tracker.startLeading();
    run(tracker, 0, 900);
    tracker.heard(5);
    run(tracker, 1000, 1900);
    expect(tracker.expired(sessions, 100)).toEqual([]);
    run(tracker, 2000, 2000);
    expect(tracker.expired(sessions, 100)).toHaveLength(1);
  });

  it("ends no more at a time than own so many ephemerals, but for one alone", () => {
    const tracker = new SessionTracker(100, 0);
    tracker.startLeading();
    run(tracker, 0, 2000);
    const owners = [250, 60, 50, 40].map((ephemeralCount, n) => ({
      id: n,
      timeoutMs: 1000,
      attachment: n,
      ephemeralCount,
    }));
    const ended = (from: number) => tracker.expired(owners.slice(from), 100).map(({ sessionId }) => sessionId);
    expect(ended(0)).toEqual([0]);
    expect(ended(1)).toEqual([1, 3]);
    expect(ended(2)).toEqual([2, 3]);
  });

  it("ends no more at a time than so many sessions, though they own nothing", () => {
    const tracker = new SessionTracker(100, 0);
    tracker.startLeading();
    run(tracker, 0, 2000);
    const owner = (id: number) => ({ id, timeoutMs: 1000, attachment: id, ephemeralCount: 0 });
    const silent = Array.from({ length: 2 * limits.sessionsPerExpiryMax + 1 }, (_, id) => owner(id));
    const counts: number[] = [];
    for (let left = silent; left.length > 0; ) {
      const ended = new Set(tracker.expired(left, 100).map(({ sessionId }) => sessionId));
      counts.push(ended.size);
      left = left.filter(({ id }) => !ended.has(id));
    }
    expect(counts).toEqual([limits.sessionsPerExpiryMax, limits.sessionsPerExpiryMax, 1]);
  });

  it("does not hold a pause of its own process against the sessions", () => {
    const tracker = new SessionTracker(100, 0);
    tracker.startLeading();
    run(tracker, 0, 500);
    tracker.advance(60_000);
    expect(tracker.expired(sessions, 100)).toEqual([]);
  });

  it("forgets what it knew when it stops leading", () => {
    const tracker = new SessionTracker(100, 0);
    tracker.startLeading();
    run(tracker, 0, 900);
    tracker.stopLeading();
    run(tracker, 1000, 3000);
    tracker.startLeading();
    expect(tracker.expired(sessions, 100)).toEqual([]);
  });

  it("tells for how long a session was silent, while it leads", () => {
    const tracker = new SessionTracker(100, 0);
    expect(tracker.silentMs(5)).toBeUndefined();
    tracker.startLeading();
    run(tracker, 100, 300);
    expect([tracker.silentMs(5), tracker.silentMs(6)]).toEqual([300, 300]);
    tracker.heard(5);
    run(tracker, 400, 400);
    expect([tracker.silentMs(5), tracker.silentMs(6)]).toEqual([100, 400]);
    tracker.stopLeading();
    expect(tracker.silentMs(5)).toBeUndefined();
  });
});
