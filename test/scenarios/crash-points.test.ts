import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { Marks } from "../../sim/marks/marks.ts";
import type { When } from "../../sim/plan/actions.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";

/** Ten times, whoever gets to `when` dies on the spot, with half of what was under way to its disk. */
const dying = (seed: number, when: When) =>
  checkPlan({
    seed,
    config: { horizonMs: 20_000, electionTimeoutMs: 300, heartbeatMs: 75 },
    workload: { perSecond: 5 },
    faults: Array.from({ length: 10 }, (_, i) => ({
      when: { ...when, atMs: 1_000 + i * 1_500 },
      what: { kind: "crash", server: "random", restartAfterMs: 400, keep: 0.5 },
    })),
  });

const moments: readonly When[] = [
  { kind: "writes", server: "any", nth: 3, atMs: 0 },
  { kind: "persists", server: "any", nth: 3, atMs: 0 },
  { kind: "persists", server: "leader", nth: 2, atMs: 0 },
  { kind: "sends", server: "leader", message: "AppendEntries", nth: 4, atMs: 0 },
  { kind: "sends", server: "any", message: "RequestVoteReply", nth: 1, atMs: 0 },
  { kind: "receives", server: "follower", message: "AppendEntries", nth: 3, atMs: 0 },
  { kind: "commits", server: "any", nth: 2, atMs: 0 },
  { kind: "answers", server: "any", nth: 2, atMs: 0 },
  { kind: "elected", server: "any", nth: 1, atMs: 0 },
];

describe("a server that dies at the worst moment", () => {
  for (const when of moments) {
    const message = "message" in when ? ` ${when.message}` : "";
    it(`keeps every promise: when ${when.kind === "at" ? "" : when.server} ${when.kind}${message}`, () => {
      for (const seed of [1, 2, 3]) {
        const outcome = run(dying(seed, when), allCheckers());
        expect(outcome.failure).toBeUndefined();
        // The first crash makes an election, so that even "sends RequestVoteReply" finds its moments.
        if (when.kind !== "elected" && !("message" in when && when.message === "RequestVoteReply"))
          expect(outcome.struck.length).toBeGreaterThanOrEqual(5);
      }
    });
  }
});

describe("the disk", () => {
  it("that turns a bit stops its server for good, and the others go on", () => {
    const outcome = run(
      checkPlan({
        seed: 3,
        config: { horizonMs: 10_000 },
        faults: [
          { when: { kind: "at", atMs: 4_000 }, what: { kind: "flipBit", server: 2, part: "log" } },
          { when: { kind: "at", atMs: 4_001 }, what: { kind: "crash", server: 2, restartAfterMs: 100 } },
        ],
      }),
      [
        ...allCheckers(),
        { name: "who stopped", stopped: (server, error) => stopped.push(`n${server.id} ${error.message}`) },
      ],
    );
    expect(outcome.failure).toBeUndefined();
    expect(stopped).toHaveLength(1);
    expect(stopped[0]).toMatch(/^n2 .*damaged/);
  });
  const stopped: string[] = [];

  it.each([
    ["a block of the log that is missing", { part: "log", older: false }],
    ["a row of its state that is missing", { part: "state", older: false }],
    ["a row of its state that is an older copy", { part: "state", older: true }],
  ] as const)("with %s stops its server for good, and the others go on", (_, lost) => {
    const marks = new Marks();
    const outcome = run(
      checkPlan({
        seed: 3,
        config: { horizonMs: 10_000, checkpoints: { dirtyBytes: 1, logBytes: 1, tailBytes: 1_000 } },
        workload: { perSecond: 5 },
        faults: [{ when: { kind: "at", atMs: 6_000 }, what: { kind: "loseRow", server: 2, ...lost } }],
      }),
      allCheckers(marks),
    );
    expect(outcome.failure).toBeUndefined();
    expect(marks.has(lost.older ? "older-row-stops-server" : "missing-row-stops-server")).toBe(true);
  });

  it("that fails a write stops its server, which starts again with what it acknowledged", () => {
    const outcome = run(
      checkPlan({
        seed: 4,
        config: { horizonMs: 10_000 },
        workload: { perSecond: 5 },
        faults: [2_000, 4_000, 6_000].map((atMs, i) => ({
          when: { kind: "at", atMs },
          what: { kind: "failWrite", server: i + 1, applied: i === 1 },
        })),
      }),
      allCheckers(),
    );
    expect(outcome.failure).toBeUndefined();
    expect(outcome.struck).toHaveLength(3);
  });
});

describe("a cluster that has lost the disks of a majority", () => {
  it("stops and does not lie", () => {
    const wipe = (server: number) => ({ when: { kind: "at", atMs: 3_000 }, what: { kind: "wipe", server } });
    const outcome = run(
      checkPlan({ seed: 5, config: { horizonMs: 8_000 }, faults: [wipe(1), wipe(2)] }),
      allCheckers(),
    );
    expect(outcome.failure).toBeUndefined();
    expect(outcome.recovered).toBe(false);
    const late = outcome.history.operations.filter(({ outcome, answeredUs, invocation }) => {
      const write = invocation.type === "write";
      return write && outcome === "answered" && answeredUs > 3_200_000;
    });
    expect(late).toEqual([]);
  });
});
