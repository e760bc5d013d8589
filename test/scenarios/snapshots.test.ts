/** Followers that fall behind a log which is compacted at once, and crash where it hurts. */
import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";
import type { Observer, World } from "../../sim/world/observer.ts";
import { checksum, checksumBytes } from "../../src/storage/sealed.ts";

/** Counts what must have happened for a run to mean anything. */
class Seen implements Observer {
  readonly name = "seen";
  installed = 0;
  chunks = 0;
  /** Chunks with a wrong checksum. */
  damaged = 0;
  crashedWhileStaging = 0;
  /** When the first was installed, ms. */
  installedAtMs = Number.POSITIVE_INFINITY;
  /** How often one went on that had stood still for more than an election timeout. */
  resumed = 0;
  #world: World | undefined;
  #newest = { snapshotId: 0, atMs: 0 };

  begin: NonNullable<Observer["begin"]> = (world) => {
    this.#world = world;
  };

  effects: NonNullable<Observer["effects"]> = (_server, { installed }) => {
    if (installed === undefined) return;
    this.installed++;
    this.installedAtMs = Math.min(this.installedAtMs, this.#nowMs());
  };

  delivered: NonNullable<Observer["delivered"]> = (_from, _to, message) => {
    if (message.type !== "InstallSnapshot") return;
    this.chunks++;
    const { snapshotId, data } = message;
    if (checksum(data.subarray(checksumBytes)).some((byte, i) => byte !== data[i])) this.damaged++;
    const atMs = this.#nowMs();
    if (snapshotId === this.#newest.snapshotId && atMs - this.#newest.atMs > 1_000) this.resumed++;
    this.#newest = { snapshotId, atMs };
  };

  crashed: NonNullable<Observer["crashed"]> = ({ id }) => {
    if (id === 3 && this.chunks > 0 && this.installed === 0) this.crashedWhileStaging++;
  };

  #nowMs(): number {
    return (this.#world?.now ?? 0) / 1_000;
  }
}

/** Server 3 is cut off for four seconds of writes, while the others keep next to nothing of the log. */
function play(seed: number, faults: readonly unknown[] = [], more: object = {}) {
  const seen = new Seen();
  const checkpoints = {
    dirtyBytes: 400,
    logBytes: 1,
    tailBytes: 0,
    awayBytes: 0,
    heldBytes: 0,
    segmentBytes: 150,
    slackBytes: 500,
  };
  const plan = checkPlan({
    seed,
    config: { servers: 3, clients: 4, horizonMs: 12_000, checkpoints, ...more },
    workload: { perSecond: 10, paths: 20 },
    faults: [
      { when: { kind: "at", atMs: 3_000 }, what: { kind: "partition", shape: "isolate", server: 3, forMs: 4_000 } },
      ...faults,
    ],
  });
  const { failure } = run(plan, [...allCheckers(), seen]);
  expect(failure).toBeUndefined();
  return seen;
}

describe("a follower that needs a snapshot", () => {
  it("gets one and holds what the others hold", () => {
    for (const seed of [1, 2, 3, 4]) expect(play(seed).installed).toBeGreaterThan(0);
  });

  it("gets one though chunks come damaged, and takes none of these", () => {
    for (const seed of [1, 2]) {
      const damaged = play(seed, [
        { when: { kind: "at", atMs: 7_000 }, what: { kind: "garble", to: 3, rate: 0.3, forMs: 4_000 } },
      ]);
      expect(damaged.installed).toBeGreaterThan(0);
      expect(damaged.damaged).toBeGreaterThan(0);
    }
  });

  it("survives a crash at each of its writes while it is staged and switched in", () => {
    let whileStaging = 0;
    for (let nth = 1; nth <= 12; nth++) {
      const keep = nth % 3 === 0 ? 1 : nth % 3 === 1 ? 0 : 0.5;
      const seen = play(5, [
        {
          when: { kind: nth % 2 === 0 ? "writes" : "persists", server: 3, nth, atMs: 7_000 },
          what: { kind: "crash", server: 3, restartAfterMs: 200, keep },
        },
      ]);
      expect(seen.installed).toBeGreaterThan(0);
      whileStaging += seen.crashedWhileStaging;
    }
    expect(whileStaging).toBeGreaterThan(0);
  });

  it("gets one although it stalls for more than an election timeout, again and again, in less time than one takes", () => {
    const pace = { snapshotPace: { bytesPerSecond: 500, pacedMsMax: 10_000 }, horizonMs: 30_000 };
    const stalls = Array.from({ length: 10 }, (_, i) => ({
      when: { kind: "at", atMs: 7_500 + i * 2_200 },
      what: { kind: "pause", server: 3, forMs: 1_400 },
    }));
    for (const seed of [13, 14, 15]) {
      const seen = play(seed, stalls, pace);
      expect(seen.installedAtMs).toBeLessThan(27_000);
      expect(seen.resumed).toBeGreaterThan(0);
    }
  });

  it("gets one from the next leader when the first dies in the middle", () => {
    for (let nth = 1; nth <= 4; nth++) {
      const seen = play(6, [
        {
          when: { kind: "receives", server: 3, message: "InstallSnapshot", nth, atMs: 7_000 },
          what: { kind: "crash", server: "leader", restartAfterMs: 1_500, keep: 0.5 },
        },
      ]);
      expect(seen.installed).toBeGreaterThan(0);
    }
  });

  it("gets one over a network that loses, doubles and delays", () => {
    const bad = { from: "any", to: "any", forMs: 10_000 };
    for (const seed of [7, 9, 16]) {
      const seen = play(seed, [
        { when: { kind: "at", atMs: 2_000 }, what: { kind: "loss", rate: 0.2, ...bad } },
        { when: { kind: "at", atMs: 2_000 }, what: { kind: "duplicate", rate: 0.3, ...bad } },
        { when: { kind: "at", atMs: 2_000 }, what: { kind: "delay", rate: 0.3, extraMs: 200, ...bad } },
      ]);
      expect(seen.installed).toBeGreaterThan(0);
    }
  });

  it("stops on a full disk and goes on when there is room", () => {
    let installed = 0;
    for (const seed of [10, 11, 12]) {
      const full = (server: number, atMs: number) => ({
        when: { kind: "at", atMs },
        what: { kind: "fullDisk", server, forMs: 1_500 },
      });
      installed += play(seed, [full(3, 7_050), full(1, 9_000), full(2, 10_600)]).installed;
    }
    expect(installed).toBeGreaterThan(0);
  });
});
