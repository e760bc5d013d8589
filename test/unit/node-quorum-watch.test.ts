import { describe, expect, it } from "vitest";
import { QuorumWatch } from "../../src/node/peers/quorum-watch.ts";

const fine = { knowsLeader: true, diskHangs: false, applying: false };

describe("QuorumWatch", () => {
  /** A watch whose probe was sent at 1000 ms. */
  const probed = () => {
    const watch = new QuorumWatch(100);
    const id = watch.nextProbe(1000);
    if (id === undefined) throw new Error("no probe");
    return { watch, id };
  };

  it("keeps its quorum while what the probe waits for is being applied, however long that takes", () => {
    const { watch, id } = probed();
    watch.answered(id, 9);
    for (let now = 1000; now <= 3000; now += 50) watch.observe(now, { ...fine, applying: true }, 7);
    expect(watch.quorum).toBe(true);
    // Nothing is left here, and the entry has not come.
    watch.observe(3099, fine, 8);
    expect(watch.quorum).toBe(true);
    watch.observe(3100, fine, 8);
    expect(watch.quorum).toBe(false);
    watch.observe(3101, fine, 9);
    expect(watch.quorum).toBe(true);
  });

  it("loses it when the probe is not answered, whatever there is to apply", () => {
    const { watch } = probed();
    watch.observe(1099, { ...fine, applying: true }, 7);
    expect(watch.quorum).toBe(true);
    watch.observe(1100, { ...fine, applying: true }, 8);
    expect(watch.quorum).toBe(false);
  });
});
