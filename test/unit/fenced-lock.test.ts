import { describe, expect, it } from "vitest";
import { entered, Fence, looked, uncertain, watched, woken } from "../../labs/fenced-lock/lock.ts";
import { runLocks } from "../../labs/fenced-lock/world.ts";

describe("the rules of a fenced lock", () => {
  const own = { name: "lock-0000000003", token: 30 };

  it("whoever has entered looks who is there, with the entry that made its znode as its token", () => {
    expect(entered("lock-0000000003", 30)).toEqual({ step: "look", ...own });
  });

  it("the first in the queue has the lock, whatever order the names come in", () => {
    expect(looked(own, ["lock-0000000010", "lock-0000000003"])).toEqual({ step: "held", ...own });
  });

  it("any other watches the one right before it", () => {
    const names = ["lock-0000000003", "lock-0000000000", "lock-0000000002", "lock-0000000004"];
    expect(looked(own, names)).toEqual({ step: "watch", before: "lock-0000000002", ...own });
  });

  it("whoever is not in the queue any more enters again", () => {
    expect(looked(own, ["lock-0000000004"])).toEqual({ step: "enter" });
  });

  it("a watch is waited for if the znode is there; if it has gone meanwhile, it looks again", () => {
    expect(watched(own, "lock-0000000002", true)).toEqual({ step: "sleep", before: "lock-0000000002", ...own });
    expect(watched(own, "lock-0000000002", false)).toEqual({ step: "look", ...own });
  });

  it("whoever is woken looks again: the one before it may have given up, and another one be first", () => {
    expect(woken(own)).toEqual({ step: "look", ...own });
  });

  it("whoever cannot be sure of its session has nothing", () => {
    expect(uncertain()).toEqual({ step: "enter" });
  });

  it("the store refuses a token that is older than one that it has seen, and takes the same one again", () => {
    const fence = new Fence();
    expect([5, 5, 7, 5, 7, 8].map((token) => fence.accepts(token))).toEqual([true, true, true, false, true, true]);
  });
});

describe("a fenced lock in a cluster with faults", () => {
  it.each([1, 2, 3, 4, 5, 6])("keeps its promises in run %d", (seed) => {
    const { taken, accepted, refused } = runLocks(seed);
    // Else nothing was put to the test.
    expect(taken).toBeGreaterThan(30);
    expect(accepted).toBeGreaterThan(30);
    expect(refused).toBeGreaterThan(0);
  });
});
