import { describe, expect, it } from "vitest";
import { appended, matched, mayAppend, newProgress, probeFrom } from "../../src/raft/progress.ts";

describe("the progress of a peer", () => {
  it("begins with a probe behind the leader's last entry", () => {
    expect(newProgress(2, 7, 0)).toMatchObject({ state: "probe", nextIndex: 8, matchIndex: 0 });
  });

  it("sends one message with entries while it probes", () => {
    const progress = newProgress(2, 7, 0);
    expect(mayAppend(progress, 4)).toBe(true);
    appended(progress, 9, 0);
    expect([mayAppend(progress, 4), progress.nextIndex]).toEqual([false, 8]);
    matched(progress, 9);
    expect(progress).toMatchObject({ state: "replicate", matchIndex: 9, nextIndex: 10 });
  });

  it("goes on probing when a reply vouches for less than the probe", () => {
    const progress = newProgress(2, 7, 0);
    matched(progress, 5);
    expect(progress).toMatchObject({ state: "probe", matchIndex: 5, nextIndex: 8 });
    matched(progress, 7);
    expect(progress).toMatchObject({ state: "replicate", matchIndex: 7, nextIndex: 8 });
  });

  it("sends ahead while it replicates, up to a window", () => {
    const progress = newProgress(2, 0, 0);
    matched(progress, 0);
    for (const last of [3, 5, 9]) appended(progress, last, last);
    expect(progress.sentAt).toBe(9);
    expect([mayAppend(progress, 3), progress.nextIndex]).toEqual([false, 10]);
    matched(progress, 4);
    expect(progress.inFlight).toEqual([5, 9]);
    expect(mayAppend(progress, 3)).toBe(true);
    matched(progress, 2);
    expect(progress.matchIndex).toBe(4);
  });

  it("starts over no further back than what is known to match", () => {
    const progress = newProgress(2, 0, 0);
    matched(progress, 5);
    appended(progress, 9, 0);
    probeFrom(progress, 3);
    expect(progress).toMatchObject({ state: "probe", nextIndex: 6, probeSent: false, inFlight: [] });
  });
});
