import { describe, expect, it } from "vitest";
import { checkPlan } from "../../sim/plan/plan.ts";
import { Patience } from "../../sim/world/patience.ts";

const { config } = checkPlan({
  seed: 1,
  config: { electionTimeoutMs: 200, heartbeatMs: 50, sessionTimeoutMs: 2_000, lateFlush: 0 },
});
/** 30 election timeouts, 4 session timeouts and 5 s. */
const usualUs = 19_000_000;

describe("the patience of the calm", () => {
  it("is as long as elections and sessions need, from when the faults stopped", () => {
    const patience = new Patience(config, 0, 1_000_000);
    expect(patience.isOver(1_000_000 + usualUs - 1)).toBe(false);
    expect(patience.isOver(1_000_000 + usualUs)).toBe(true);
  });

  it("is longer by what the clients wait for, as if each took the plan's disks and network by itself", () => {
    const { diskUs, networkUs } = config;
    const patience = new Patience(config, 10, 0);
    const longerUs = usualUs + 20 * (diskUs.typical + networkUs.typical);
    expect(patience.isOver(longerUs - 1)).toBe(false);
    expect(patience.isOver(longerUs)).toBe(true);
  });

  it("is four times that where servers may send more at a time than the leader holds, and no longer", () => {
    const { diskUs, networkUs, forwardedBytesMax } = config;
    const patience = new Patience({ ...config, proposedWindowBytes: forwardedBytesMax + 1 }, 10, 0);
    const longerUs = usualUs + 80 * (diskUs.typical + networkUs.typical);
    expect(patience.isOver(longerUs - 1)).toBe(false);
    expect(patience.isOver(longerUs)).toBe(true);
  });

  it("goes on while a snapshot comes in, chunk by chunk, and no longer", () => {
    const patience = new Patience(config, 0, 0);
    const at = (position: number, index = 5) => [{ id: 1, staged: { index, position } }];
    patience.look(at(1), usualUs - 1);
    expect(patience.isOver(usualUs)).toBe(false);
    // Nothing more came; and what began anew is not further.
    patience.look(at(1), usualUs + 3_000_000);
    patience.look([{ id: 1, staged: undefined }], usualUs + 3_000_000);
    patience.look(at(1), usualUs + 3_900_000);
    expect(patience.isOver(usualUs + 3_999_998)).toBe(false);
    expect(patience.isOver(usualUs + 3_999_999)).toBe(true);
  });

  it("has an end, whatever comes in", () => {
    const patience = new Patience(config, 0, 0);
    for (let position = 1; position <= 300; position++)
      patience.look([{ id: 1, staged: { index: 5, position } }], position * 1_000_000);
    expect(patience.isOver(10 * usualUs - 1)).toBe(false);
    expect(patience.isOver(10 * usualUs)).toBe(true);
  });
});
