/** The playground's run, forth and back: every moment is the one that Node's simulator has at the same place. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { generatePlan } from "../../sim/hunter/generate.ts";
import { checkPlan, type Plan } from "../../sim/plan/plan.ts";
import { checkScene } from "../../sim/scenes/scene.ts";
import { Simulation } from "../../sim/simulation.ts";
import { keyedRandom } from "../../src/base/random.ts";
import { beginning, Player, withoutFuture } from "../../web/play/run/player.ts";
import { Pool } from "../../web/play/run/pool.ts";
import type { Line } from "../../web/play/run/protocol.ts";

const figure8 = checkScene(
  "figure-8",
  JSON.parse(readFileSync(new URL("../../sim/scenes/figure-8.json", import.meta.url), "utf8")),
);

const now = () => performance.now();

function playerOf(plan: Plan, goal = ""): Player {
  return new Player(now, { plan, goal, scene: undefined });
}

/** The trace hash of a plain run of `plan` after so many events. */
function hashAfter(plan: Plan, steps: number): string {
  const simulation = new Simulation(plan);
  for (let i = 0; i < steps; i++) simulation.step();
  return simulation.traceHash;
}

it("steps and leaps in both directions lead to the moments of a plain run", () => {
  const plan = generatePlan(42, { horizonMs: 3_000 });
  const player = playerOf(plan);
  const expectSame = () => {
    const { steps, traceHash } = player.moment();
    expect(traceHash).toBe(hashAfter(plan, steps));
  };
  player.advance(1_500_000, 60_000);
  expect(player.moment().us).toBe(1_500_000);
  expectSame();
  const there = player.moment();
  player.next();
  expect(player.moment().events).toBe(there.events + 1);
  expectSame();
  player.previous();
  expect(player.moment().events).toBe(there.events);
  expect(player.moment().traceHash).toBe(there.traceHash);
  player.seek(700_000);
  expect(player.moment().us).toBe(700_000);
  expectSame();
  player.interesting(false, 1_000);
  const line = player.moment();
  expectSame();
  player.interesting(true, 1_000);
  expect(player.moment().steps).toBeLessThan(line.steps);
  player.seek(1_500_000);
  expect(player.moment().traceHash).toBe(there.traceHash);
  player.seekSteps(0);
  expect(player.moment()).toMatchObject({ steps: 0, us: 0 });
  player.previous();
  expect(player.moment().steps).toBe(0);
});

it("a walk forth and back, whatever was prepared meanwhile, meets the moments of a plain run", () => {
  const plan = generatePlan(11, { horizonMs: 1_000 });
  const player = playerOf(plan);
  const hashes = [new Simulation(plan).traceHash];
  const simulation = new Simulation(plan);
  // The last event counts too: it is the one behind which there is none.
  for (let more = true; more; ) {
    more = simulation.step();
    hashes.push(simulation.traceHash);
  }
  const random = keyedRandom(11, "walk");
  const walks: readonly (() => void)[] = [
    () => player.previous(),
    () => player.previous(),
    () => player.next(),
    () => player.seek(Math.floor(random() * 1_300_000)),
    () => player.seekSteps(Math.floor(random() * hashes.length)),
    () => player.interesting(random() < 0.5, 1_000),
    () => player.look({ kind: "server", id: 1 }, random() < 0.5),
    () => player.work(3),
  ];
  for (let i = 0; i < 120; i++) {
    const walk = walks[Math.floor(random() * walks.length)];
    const before = player.moment();
    walk?.();
    const { steps, traceHash, events } = player.moment();
    expect(traceHash, `after ${i} moves`).toBe(hashes[steps]);
    if (walk === walks[0] && before.steps > 0) expect(events).toBe(Math.max(0, before.events - 1));
    if (walk === walks[2] && !before.isOver) expect(events).toBe(before.events + 1);
  }
});

it("whoever goes back finds a simulation that stands near, once there was time to prepare it", () => {
  const plan = generatePlan(11, { horizonMs: 3_000 });
  let begun = 0;
  const pool = new Pool(() => {
    begun += 1;
    return beginning(plan);
  });
  const seen = 2_000;
  while (pool.work(seen, () => true));
  for (const place of [1_999, 1_000, 1_998, 300]) {
    const shown = pool.take(({ steps }) => steps <= place);
    expect(place - shown.steps).toBeLessThan(256);
    expect(shown.simulation.traceHash).toBe(hashAfter(plan, shown.steps));
    pool.giveBack(shown);
  }
  expect(begun).toBeLessThanOrEqual(10);
  expect(pool.work(seen, () => true)).toBe(false);
  // Nobody stands at the beginning: a run begins there.
  expect(pool.take(() => false).steps).toBe(0);
});

it("a scene is played to its end, where its verdict and its story are known", () => {
  const player = new Player(now, { plan: figure8.plan, goal: "", scene: figure8 });
  player.advance(Number.POSITIVE_INFINITY, 60_000);
  const run = player.takeRun();
  expect(run).toMatchObject({ isComplete: true, failure: undefined, cut: "", verdict: { holds: true } });
  expect(run.lines.some(({ who, text }) => who === "n4" && text.includes("throws away 4"))).toBe(true);
  expect(run.lines.map((line: Line) => line.steps)).toEqual(
    run.lines.map((line: Line) => line.steps).sort((a, b) => a - b),
  );
  const end = player.moment();
  expect(end.isOver).toBe(true);
  expect(end.us).toBe(run.endUs);
  player.next();
  expect(player.moment().steps).toBe(end.steps);
  // Lines are told once.
  expect(player.takeRun().lines).toEqual([]);
});

it("what is done by hand is in the plan, and cuts off the future if that was seen", () => {
  const player = playerOf(figure8.plan, "replace-leader");
  player.advance(1_250_000, 60_000);
  player.seek(900_000);
  const leader = player.moment().picture.servers.find(({ role }) => role === "leader");
  expect(player.inject({ kind: "crash", server: leader?.id ?? 0, restartAfterMs: 0, keep: 1 })).toBeUndefined();
  const after = player.moment();
  expect(after.picture.servers.find(({ id }) => id === leader?.id)?.state).toBe("down");
  expect(player.plan.faults).toHaveLength(1);
  expect(player.plan.workload.operations).toHaveLength(0);
  expect(after.traceHash).toBe(hashAfter(player.plan, after.steps));
  // At the edge of what was seen nothing has to go.
  expect(
    player.perform(1, { kind: "create", path: "/b", data: "y", ephemeral: false, sequential: false }),
  ).toBeUndefined();
  expect(player.plan.faults).toHaveLength(1);
  expect(player.plan.workload.operations).toHaveLength(1);
  player.advance(3_000_000, 60_000);
  player.work(60_000);
  expect(player.takeRun().reached?.what).toContain(`in place of n${leader?.id}`);
  expect(player.perform(9, { kind: "sync" })).toContain("no client c9");
  player.advance(Number.POSITIVE_INFINITY, 60_000);
  expect(player.inject({ kind: "heal", from: "any", to: "any" })).toContain("over");
});

it("only what had not happened is future", () => {
  const plan = checkPlan({
    seed: 1,
    workload: { operations: [1, 2].map((client) => ({ client, atMs: client * 100, step: { kind: "sync" } })) },
    faults: [
      { when: { kind: "elected" }, what: { kind: "crash", server: "leader" } },
      { when: { kind: "elected", nth: 2 }, what: { kind: "crash", server: "leader" } },
      { when: { kind: "at", atMs: 90 }, what: { kind: "heal" } },
      { when: { kind: "at", atMs: 250 }, what: { kind: "heal" } },
    ],
  });
  const { faults, workload } = withoutFuture(plan, new Set([0, 2]), 150_000);
  expect(faults).toEqual([plan.faults[0], plan.faults[2]]);
  expect(workload.operations).toEqual([plan.workload.operations[0]]);
});

it("a picture has what is to be seen: roles, logs, disks, links, messages and clients", () => {
  const player = playerOf(figure8.plan);
  player.advance(990_000, 60_000);
  const { picture, details } = player.moment();
  expect(details.facts).toEqual([]);
  const leader = picture.servers.find(({ role }) => role === "leader");
  expect(leader).toMatchObject({ id: 2, term: 2, membership: "voter", timer: undefined, leader: 2 });
  const follower = picture.servers.find(({ role }) => role === "follower");
  expect(follower?.timer?.spanMs).toBeGreaterThanOrEqual(400);
  expect(leader?.log.entries.map(({ text }) => text)).toContain("open a session");
  expect(leader?.log).toMatchObject({ base: 0, durable: leader?.log.last });
  expect(picture.clients).toMatchObject([{ id: 1, name: "c1", state: "connected" }]);
  // Into the moment in which the leader and one follower are cut off from the rest.
  player.seek(1_003_000);
  while (player.moment().picture.links.length === 0) player.next();
  expect(player.moment().picture.links).toContainEqual({ from: 2, to: 3, state: "cut", why: "cut" });
  while (player.moment().picture.messages.length === 0) player.next();
  const [message] = player.moment().picture.messages;
  expect(message?.arrivesMs).toBeGreaterThan(message?.sentMs ?? 0);
  const seen = player.moment().steps;
  const ids = player.moment().picture.messages.map(({ id }) => id);
  player.previous();
  player.seekSteps(seen);
  expect(player.moment().picture.messages.map(({ id }) => id)).toEqual(ids);
  // A message has the same name in the same run of the plan.
  player.look({ kind: "message", id: ids[0] ?? "" }, true);
  expect(player.moment().details.facts[0]).toEqual(["says", message?.text]);
});

it("a picture shows writes on their way to a disk, and the trees where they differ", () => {
  const player = playerOf(generatePlan(7, { horizonMs: 3_000, servers: 3, clean: true }));
  player.look({ kind: "server", id: 1 }, true);
  let [writes, trees] = [0, 0];
  for (let us = 0; us < 3_000_000; us += 5_000) {
    player.advance(us, 60_000);
    const { picture, details } = player.moment();
    for (const { disk } of picture.servers) writes += disk.writes.length;
    trees = Math.max(trees, details.trees.length);
    for (const { cells } of details.trees) expect(cells).toHaveLength(picture.servers.length);
  }
  expect(writes).toBeGreaterThan(0);
  expect(trees).toBeGreaterThan(0);
  expect(player.moment().details.facts.map(([name]) => name)).toContain("committed");
});

it("a message is told in full: its fields by their names, entries and commands in words", () => {
  const player = playerOf(figure8.plan);
  /** Facts about the first message whose text has these words, wherever it is on its way. */
  const factsOf = (words: string): readonly (readonly [string, string])[] => {
    for (player.seekSteps(0); ; player.next()) {
      const message = player.moment().picture.messages.find(({ text }) => text.includes(words));
      if (message === undefined) continue;
      player.look({ kind: "message", id: message.id }, false);
      return player.moment().details.facts.slice(3);
    }
  };
  expect(factsOf("entry 4")).toEqual([
    ["message", "AppendEntries"],
    ["term", "2"],
    ["prevLogIndex", "3"],
    ["prevLogTerm", "2"],
    ["entry 4", "t2 create /a"],
    ["leaderCommit", "3"],
    ["readRound", expect.stringMatching(/^\d+$/)],
    ["noReply", "false"],
  ]);
  expect(factsOf("Forward 1 command")).toEqual([
    ["message", "Forward"],
    ["command 1", expect.stringMatching(/session|create/)],
  ]);
  expect(factsOf("request 1: create /a")).toContainEqual(["body", expect.stringContaining('data "x"')]);
  // Of what brings no message there is nothing more to tell.
  expect(factsOf("the stream from")).toEqual([]);
});
