/** What a failure looks like to whoever reads it. */
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allCheckers } from "../../sim/checkers/all.ts";
import { asText } from "../../sim/cli/hunt-report.ts";
import { LastEvents } from "../../sim/cli/last-events.ts";
import { runReport } from "../../sim/cli/report.ts";
import { faultKinds } from "../../sim/hunter/draw-action.ts";
import { generatePlan } from "../../sim/hunter/generate.ts";
import { foundingKinds } from "../../sim/hunter/schedules.ts";
import { checkPlan, parsePlan } from "../../sim/plan/plan.ts";
import { causeOf, promises } from "../../sim/promises.ts";
import { failureReport, regressionTest } from "../../sim/report/failure-report.ts";
import { planText } from "../../sim/report/plan-text.ts";
import { Story } from "../../sim/report/story.ts";
import { storyLines } from "../../sim/report/story-text.ts";
import { tellAction, tellPlan, tellTargets } from "../../sim/report/tell.ts";
import { wrap } from "../../sim/report/wrap.ts";
import { run } from "../../sim/runner.ts";
import type { StruckFault } from "../../sim/world/observer.ts";

const plan = checkPlan({
  seed: 7,
  config: { clients: 2, horizonMs: 2_000 },
  workload: {
    perSecond: 0,
    operations: [{ client: 2, atMs: 1_500, step: { kind: "create", path: "/a", ephemeral: true } }],
  },
  faults: [
    {
      when: { kind: "sends", server: "leader", message: "AppendEntries", nth: 2 },
      what: { kind: "crash", server: "random", keep: 0 },
    },
    {
      when: { kind: "at", atMs: 1_450 },
      what: { kind: "partition", shape: "halves", servers: [1], forMs: 2_500, flapMs: 50 },
    },
  ],
});
const failure = {
  invariant: "election-safety",
  message: "n1 and n3 lead term 4",
  atUs: 1_234_567,
  event: 99,
  stack: "",
} as const;

describe("a plan in words", () => {
  it("tells what happens in the order of time", () => {
    expect(tellPlan(plan).slice(1)).toEqual([
      "1. just before the leader sends AppendEntries for the 2nd time: some server crashes and starts again after 1 s; of its writes under way, none reached the disk",
      "2. at 1450 ms: for 2.5 s, on and off every 50 ms, n1 and the rest do not hear each other",
      "3. at 1.5 s: client 2 create ephemeral /a",
    ]);
    expect(tellPlan(plan)[0]).toMatch(/^3 servers, 2 clients, election timeout 1 s, .* seed 7$/);
  });

  it("has words for every fault that the hunter draws", () => {
    const told = new Map<string, string>();
    for (let seed = 1; seed <= 300; seed++)
      for (const { what } of generatePlan(seed).faults) told.set(what.kind, tellAction(what));
    // `heal` is no fault, but ends one before its time in an aimed schedule.
    expect([...told.keys()].sort()).toEqual([...faultKinds, ...foundingKinds, "heal"].sort());
    for (const text of told.values()) expect(text).not.toMatch(/undefined|NaN|\[object/);
  });
});

describe("a fault that has struck, in words", () => {
  const link = { kind: "loss", from: "leader", to: "follower", rate: 1, forMs: 10 } as const;

  it("says who was meant, or that nobody was", () => {
    const crash = { kind: "crash", server: "leader", restartAfterMs: 0, keep: 0 } as const;
    expect(tellTargets({ action: crash, resolved: [{ target: "leader", server: 2 }] })).toBe(" (that is n2)");
    expect(tellTargets({ action: crash, resolved: [] })).toBe(" (that is nobody)");
    expect(tellTargets({ action: { ...crash, server: 2 }, resolved: [] })).toBe("");
    const both = [
      { target: "leader", server: 1 },
      { target: "follower", server: 3 },
    ] as const;
    expect(tellTargets({ action: link, resolved: both })).toBe(" (the leader is n1, some follower is n3)");
  });

  it("does not speak of a target that means nothing", () => {
    const add = { kind: "member", change: "add", server: "random", force: false } as const;
    expect(tellTargets({ action: add, resolved: [{ target: "random", server: 2 }] })).toBe("");
  });
});

describe("long sentences", () => {
  it("are wrapped between words, and keep how the first line begins", () => {
    expect(wrap("  one two three", 9, "    ")).toEqual(["  one two", "    three"]);
    expect(wrap("  much-too-long for it", 6, "  ")).toEqual(["  much-too-long", "  for", "  it"]);
    expect(wrap("short", 80, "  ")).toEqual(["short"]);
  });
});

describe("the text of a plan", () => {
  it("leaves out what is by default, and makes the same plan again", () => {
    const text = planText(plan);
    expect(parsePlan(text)).toEqual(plan);
    expect(text.split("\n").slice(0, 3)).toEqual([
      "{",
      '  "seed": 7,',
      '  "config": { "clients": 2, "horizonMs": 2000 },',
    ]);
    expect(text).not.toContain("electionTimeoutMs");
    for (let seed = 1; seed <= 20; seed++) expect(parsePlan(planText(generatePlan(seed)))).toEqual(generatePlan(seed));
  });
});

describe("a failure report", () => {
  const report = failureReport({
    failure,
    plan,
    shrunkFrom: "shrunk from 40 faults",
    moments: ["  it was dark"],
    traceHash: "00ff",
    replay: "npm run sim -- --plan p.json",
  });

  it("says what was promised and what happened, then the plan, the last moments, the replay and a test", () => {
    const heads = ["BROKEN: election-safety, 1234.567 virtual ms", "promised:", "happened:  n1 and n3 lead term 4."];
    const rest = [
      "The plan, shrunk from 40 faults:",
      "The last moments:\n  it was dark",
      "Replay:",
      "A regression test:",
    ];
    const places = [...heads, ...rest].map((part) => report.indexOf(part));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it("keeps its sentences on lines that a terminal shows", () => {
    const prose = report.slice(0, report.indexOf("Replay:")).split("\n");
    expect(prose.some((line) => line.startsWith("     "))).toBe(true);
    expect(prose.filter((line) => line.length > 120)).toEqual([]);
  });

  it("has a test to paste that runs this very plan", () => {
    const text = regressionTest(failure, plan).join("\n");
    const json = /checkPlan\(([\s\S]*?)\);\n/.exec(text)?.[1] ?? "";
    expect(parsePlan(json)).toEqual(plan);
  });

  it("has a promise in words for every checker, and a file that checks each promise", () => {
    // These keep records for the others.
    const records = ["raft history", "model feed", "segments"];
    const names = allCheckers().map(({ name }) => name);
    const promised: readonly string[] = promises.map(({ invariant }) => invariant);
    expect(names.filter((name) => !promised.includes(name))).toEqual(names.filter((name) => records.includes(name)));
    expect(promises.filter(({ file }) => !existsSync(file))).toEqual([]);
    expect(causeOf(failure)).toHaveLength(2);
  });
});

describe("a hunt that was interrupted while it shrank", () => {
  const found = {
    seed: 7,
    failure,
    plan,
    traceHash: "00ff",
    moments: [],
    after: [],
    before: { faults: 2, operations: 1 },
    items: 3,
  };
  const result = { runs: 1, events: 99, virtualMs: 9, operations: 1, faults: 2, marks: [], wallMs: 9, stuck: [] };
  const wanted = { seedFrom: 7, jobs: 1, runsMax: 9, forMs: 9, shrinkMs: 9, stuckMs: 9, coverage: false };
  const ended = {
    ...result,
    found: { ...found, shrinkRuns: 0, shrinkMs: 0, shrinkFinished: false },
    interrupted: true,
    coverage: [],
  };

  it("says what broke and how to go on", () => {
    const lines = asText(ended, wanted, {
      file: "my plans/hunt-7.json",
      written: true,
      page: "my plans/hunt-7.html",
    }).split("\n");
    expect(lines.slice(2)).toEqual([
      "interrupted",
      "",
      "BROKEN: election-safety, 1234.567 virtual ms after the start: n1 and n3 lead term 4",
      "As it was found: npm run sim -- --seed 7",
      "To shrink it: npm run hunt -- --plan 'my plans/hunt-7.json'",
    ]);
  });

  it("prints the plan if it could not be written", () => {
    const text = asText(ended, wanted, { file: "hunt-7.json", written: false, page: undefined });
    expect(parsePlan(text.slice(text.indexOf("\n{\n")))).toEqual(plan);
    expect(text).not.toContain("hunt-7.json");
  });
});

describe("a run that failed", () => {
  it("numbers its faults as its last events do, in columns", () => {
    const events = new LastEvents(40);
    const grumble = {
      name: "grumbler",
      fault: ({ fault }: StruckFault) => {
        if (fault === 1) throw new Error("a fault struck");
      },
    };
    const outcome = run(checkPlan({ ...plan, config: { ...plan.config, horizonMs: 4_000 } }), [events, grumble]);
    const report = runReport(outcome, events, "npm run sim -- --seed 7");
    expect(report).toMatch(/^ +1450\.000 ms {2}fault 1 {3}for 2\.5 s, on and off every 50 ms, n1 and the rest/m);
    expect(report).toMatch(
      /^ +\d+\.\d{3} ms {2}fault 0 {3}just before the leader sends .*: some server crashes .* \(that is n\d\)$/m,
    );
    expect(report).toContain("fault 1 strikes");
    const moments = report.slice(report.indexOf("The last moments:\n") + 18, report.indexOf("\n\nReplay:")).split("\n");
    expect(moments.filter((line) => !/^ *\d+\.\d{3} ms {2}#\d+ ← #\d+ +\S/.test(line))).toEqual([]);
    expect(new Set(moments.map((line) => line.search(/(?<=← #\d+ +)[^ \d]/)))).toHaveProperty("size", 1);
  });
});

describe("the last moments", () => {
  it("are one line each: who leads, what was said, what broke, who asked and was answered", () => {
    const story = new Story(Number.POSITIVE_INFINITY, true);
    const isolated = { kind: "partition", shape: "isolate", server: "leader", forMs: 2_500 };
    const longer = checkPlan({
      ...plan,
      config: { ...plan.config, horizonMs: 4_000 },
      faults: [...plan.faults, { when: { kind: "at", atMs: 1_400 }, what: isolated }],
    });
    expect(run(longer, [story, ...allCheckers()]).failure).toBeUndefined();
    const lines = storyLines(story);
    for (const part of [
      /n\d +leader t\d +leads term \d, by .*\[.*1:t1\*.*\]/,
      /n\d +→ n\d {2}AppendEntries t\d/,
      /FAULT: .* crashes/,
      /n\d +follower t\d +runs again/,
      /n\d +leader t\d +commits \d/,
      /c2 +asks n\d: create \/a/,
      /c2 +has the answer of n\d to create \/a: done, zxid \d+/,
      /n\d +⇥ n\d {2}lost \(partition\)/,
    ])
      expect(
        lines.some((line) => part.test(line)),
        String(part),
      ).toBe(true);
    expect(lines.every((line) => !line.includes("\n"))).toBe(true);
  });

  it("are so many and no more", () => {
    const story = new Story(5, true);
    run(plan, [story]);
    const lines = storyLines(story);
    expect(lines).toHaveLength(7);
    expect(lines[1]).toMatch(/… \d+ lines before/);
  });
});
