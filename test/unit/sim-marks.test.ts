import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { generatePlan } from "../../sim/hunter/generate.ts";
import { allMarks, isMark, type Mark, Marks, markSentences } from "../../sim/marks/marks.ts";
import { checkPlan } from "../../sim/plan/plan.ts";
import { run } from "../../sim/runner.ts";

/** What a run of `plan` reaches; `clean` plans have no fault. */
function marksOf(plan: Record<string, unknown>): Marks {
  const marks = new Marks();
  const outcome = run(checkPlan({ seed: 1, ...plan }), allCheckers(marks));
  expect(outcome.failure).toBeUndefined();
  return marks;
}

const quiet = { servers: 3, clients: 2, horizonMs: 8_000 };
const partition = (shape: string, forMs: number) => ({
  when: { kind: "at", atMs: 4_000 },
  what: { kind: "partition", shape, server: "leader", servers: [], forMs, flapMs: 0 },
});

describe("marks", () => {
  it("say in a sentence what each stands for", () => {
    for (const mark of allMarks) expect(markSentences[mark].length).toBeGreaterThan(10);
    expect(isMark("two-leaders")).toBe(true);
    expect(isMark("toString")).toBe(false);
  });

  it("of trouble are not hit by a run without any", () => {
    const marks = marksOf({ config: quiet });
    const trouble: readonly Mark[] = [
      "leader-deposed",
      "leader-without-quorum",
      "two-leaders",
      "follower-truncates",
      "old-term-entry-committed",
      "commits-with-server-down",
      "crash-loses-write",
      "disk-fails",
      "snapshot-installed",
      "joint-consensus",
      "transfer-succeeds",
      "duplicate-write",
      "session-expires",
      "watch-resync",
    ];
    for (const mark of trouble) expect(marks.has(mark), mark).toBe(false);
  });

  it("see a client that asks for more than it is answered", () => {
    const step = { kind: "create", path: "/p", data: "x", ephemeral: false, sequential: true };
    const listed = (count: number) => Array.from({ length: count }, () => ({ client: 1, atMs: 4_000, step }));
    const workload = (count: number) => ({ perSecond: 0, operations: listed(count) });
    expect(marksOf({ config: quiet, workload: workload(59) }).has("requests-crowd")).toBe(false);
    expect(marksOf({ config: quiet, workload: workload(60) }).has("requests-crowd")).toBe(true);
  });

  it("see a leader that is cut off step down for want of a quorum, and another beside it", () => {
    const marks = marksOf({ config: quiet, faults: [partition("isolate", 3_500)] });
    expect(marks.has("leader-without-quorum")).toBe(true);
    expect(marks.has("pre-vote-refused") || marks.has("session-moves")).toBe(true);
  });

  it("see a crash with a write under way and what comes after", () => {
    const when = { kind: "writes", server: "leader", nth: 1, atMs: 4_000 };
    const what = { kind: "crash", server: "leader", restartAfterMs: 2_000, keep: 0 };
    const marks = marksOf({ config: quiet, faults: [{ when, what }] });
    expect(marks.has("crash-loses-write")).toBe(true);
    expect(marks.has("restart-replays")).toBe(true);
    expect(marks.has("dead-leader-returns")).toBe(true);
  });

  it("see leadership handed over", () => {
    const fault = { when: { kind: "at", atMs: 4_000 }, what: { kind: "transfer", server: "follower" } };
    expect(marksOf({ config: quiet, faults: [fault] }).has("transfer-succeeds")).toBe(true);
  });

  it("see a server campaign that its newest configuration leaves out", () => {
    const crash = { kind: "crash", server: "leader", restartAfterMs: 0, keep: 1 };
    const faults = (nth: number) => [
      { when: { kind: "at", atMs: 2_000 }, what: { kind: "member", change: "remove", server: "leader" } },
      {
        when: { kind: "commits", server: "leader", nth: 1, atMs: 2_000 },
        what: { kind: "partition", shape: "isolate", server: "leader", forMs: 5_000 },
      },
      { when: { kind: "persists", server: "leader", nth, atMs: 2_000 }, what: crash },
    ];
    const config = { servers: 2, clients: 1, horizonMs: 4_000, electionTimeoutMs: 300, heartbeatMs: 75 };
    // The first write is the joint configuration, by which it still votes.
    expect(marksOf({ config, faults: faults(1) }).has("leaver-campaigns")).toBe(false);
    expect(marksOf({ config, faults: faults(2) }).has("leaver-campaigns")).toBe(true);
  });

  it("see the voters die that a change was to lead to", () => {
    const replace = { when: { kind: "at", atMs: 4_000 }, what: { kind: "member", change: "replace", server: 1 } };
    const clog = { when: { kind: "at", atMs: 4_000 }, what: { kind: "clog", to: 4, forMs: 60_000 } };
    const wipe = (server: number, atMs: number) => ({ when: { kind: "at", atMs }, what: { kind: "wipe", server } });
    const config = { servers: 3, spares: 1, horizonMs: 8_000 };
    const one = [replace, clog, wipe(2, 5_000)];
    expect(marksOf({ config, faults: one }).has("change-loses-voters")).toBe(false);
    const remove = { when: { kind: "at", atMs: 4_500 }, what: { kind: "member", change: "remove", server: 3 } };
    expect(marksOf({ config, faults: [...one, remove] }).has("change-loses-voters")).toBe(true);
  });

  it("change nothing about a run", () => {
    for (const seed of [3, 4, 5]) {
      const plan = generatePlan(seed, { horizonMs: 5_000 });
      expect(run(plan, allCheckers(new Marks())).traceHash).toBe(run(plan, allCheckers()).traceHash);
    }
  });

  it("add up and tell what is missing", () => {
    const marks = new Marks();
    marks.add(["two-leaders", "watch-fires"]);
    marks.hit("two-leaders");
    expect(marks.all()).toEqual(["two-leaders", "watch-fires"]);
    expect(marks.size).toBe(2);
    expect(marks.missing()).toHaveLength(allMarks.length - 2);
  });
});
