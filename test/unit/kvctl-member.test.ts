import { describe, expect, it } from "vitest";
import type { ServerStatus } from "../../src/client/index.ts";
import { memberRequest } from "../../src/kvctl/commands/member.ts";
import { FakeCluster, kvctl } from "./kvctl-world.ts";

const at6 = { id: 6, peerAddress: "h:7206", clientAddress: "h:7106" };

describe("kvctl member", () => {
  it("reads what is asked", () => {
    const ask = (line: string, flags = {}) => memberRequest(line === "" ? [] : line.split(" "), flags);
    expect(ask("")).toBe("list");
    expect(ask("list")).toBe("list");
    expect(ask("add 6 h:7206/7106")).toEqual({ type: "add", member: at6, observer: false, force: false });
    expect(ask("add 6 h:7206/h:7106", { observer: true })).toEqual({
      type: "add",
      member: at6,
      observer: true,
      force: false,
    });
    expect(ask("add 6 [::1]:1/2")).toMatchObject({ member: { peerAddress: "[::1]:1", clientAddress: "[::1]:2" } });
    expect(ask("remove 6", { force: true })).toEqual({ type: "remove", id: 6, force: true });
    expect(ask("promote 6")).toEqual({ type: "promote", id: 6, force: false });
    expect(ask("replace 2 6 h:7206/7106")).toEqual({ type: "replace", gone: 2, member: at6, force: false });
    const update = { type: "update", id: 2, force: false };
    expect(ask("update 2", { peer: "h:7301" })).toEqual({ ...update, peerAddress: "h:7301" });
    expect(ask("update 2", { client: "[::1]:1" })).toEqual({ ...update, clientAddress: "[::1]:1" });
    expect(ask("update 2", { peer: "h:7301", client: "h:7401", force: true })).toEqual({
      ...update,
      peerAddress: "h:7301",
      clientAddress: "h:7401",
      force: true,
    });
  });

  it.each([
    "grow",
    "list 1",
    "add 6",
    "add six h:1/2",
    "add 6 h:1",
    "add 6 h:0/1",
    "add 6 h:1/65536",
    "add 6 h:1/2 3",
    "remove",
    "remove 2147483648",
    "replace 1 2",
    "update 1",
    "update 1 h:7301",
  ])("refuses `member %s`", (line) => {
    expect(() => memberRequest(line.split(" "), {})).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  it("refuses --observer where it means nothing", () => {
    expect(() => memberRequest(["remove", "1"], { observer: true })).toThrow(/--observer/);
  });

  it("refuses addresses where they mean nothing, and what is none", () => {
    expect(() => memberRequest(["remove", "1"], { peer: "h:1" })).toThrow(/--peer, --client and --zookeeper/);
    for (const peer of ["h", "h:0", "h:1/2", ""])
      expect(() => memberRequest(["update", "1"], { peer })).toThrow(/where the server listens/);
  });
});

/** A status of server `id`, with members 1 (leads) and 2. */
function view(id: number, role: ServerStatus["role"], term: number): ServerStatus {
  const known = role === "leader" ? { lag: 3, active: false } : {};
  return {
    clusterId: "c",
    id,
    role,
    term,
    leader: 1,
    commitIndex: 9,
    appliedIndex: 9,
    lastIndex: 9,
    durableIndex: 9,
    firstIndex: 1,
    checkpointIndex: 0,
    members: [
      { id: 1, peerAddress: "p:1", clientAddress: "a:1", voter: true, state: "voter" },
      { id: 2, peerAddress: "p:2", clientAddress: "b:2", voter: false, state: "catchingUp", ...known },
    ],
    sessions: 0,
    znodes: 1,
    watches: 0,
    connections: 0,
    ready: true,
  };
}

describe("kvctl member and transfer, run", () => {
  it("show the leader's view, from whichever server was asked", async () => {
    const cluster = new FakeCluster();
    cluster.statuses.set("b:2", view(2, "follower", 4));
    const led = await kvctl(["member", "list"], { cluster });
    expect(led).toMatchObject({ exitCode: 3, stdout: expect.stringMatching(/^2 +catchingUp +- /m) });
    cluster.statuses.set("a:1", view(1, "leader", 4));
    const { stdout, exitCode } = await kvctl(["member"], { cluster });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^1 +voter +leads /m);
    expect(stdout).toMatch(/^2 +catchingUp +silent +3 +p:2 +b:2$/m);
    const json = (await kvctl(["member", "list", "--json"], { cluster })).stdout.trim().split("\n");
    expect(json.map((line) => JSON.parse(line))).toMatchObject([
      { id: 1, leader: true },
      { id: 2, leader: false, state: "catchingUp" },
    ]);
  });

  it("ask the cluster for what is wanted", async () => {
    const cluster = new FakeCluster();
    cluster.statuses.set("a:1", view(1, "leader", 4));
    expect((await kvctl(["member", "remove", "2", "--force"], { cluster })).exitCode).toBe(0);
    expect((await kvctl(["transfer", "2"], { cluster })).stdout).toBe("server 2 leads\n");
    expect((await kvctl(["transfer"], { cluster })).exitCode).toBe(0);
    expect(cluster.requests).toEqual([
      { type: "remove", id: 2, force: true },
      { type: "transfer", to: 2 },
      { type: "transfer", to: 0 },
    ]);
  });

  it("exit with 3 without a leader, once what is known is shown", async () => {
    const cluster = new FakeCluster();
    cluster.statuses.set("a:1", { ...view(1, "candidate", 4), leader: null, ready: false });
    for (const json of [[], ["--json"]]) {
      const { exitCode, stdout } = await kvctl(["member", "list", ...json], { cluster });
      expect(exitCode).toBe(3);
      expect(stdout).toContain("b:2");
    }
    // A change that is complete is no failure, though its cluster elects just now.
    expect(await kvctl(["member", "remove", "2"], { cluster })).toMatchObject({ exitCode: 0 });
  });

  it("succeed with a change that is complete, though nobody answers after it", async () => {
    const cluster = new FakeCluster();
    cluster.before = () => cluster.statuses.clear();
    for (const json of [[], ["--json"]]) {
      cluster.statuses.set("a:1", view(1, "leader", 4));
      const run = await kvctl(["member", "remove", "2", ...json], { cluster });
      expect(run).toMatchObject({ exitCode: 0, stdout: "" });
      expect(run.stderr).toMatch(json.length === 0 ? /^done; nobody answers just now/ : /^$/);
    }
  });

  it("say where the right words are listed when they are given wrong ones", async () => {
    for (const words of [["grow"], ["add", "4"], ["remove"], ["update", "1"], ["list", "--observer"]])
      expect(await kvctl(["member", ...words], { cluster: new FakeCluster() })).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining("\n  hint: see `member --help`\n"),
      });
  });

  it("touch nothing when the endpoints are of two clusters", async () => {
    const cluster = new FakeCluster();
    cluster.statuses.set("a:1", view(1, "leader", 4));
    cluster.statuses.set("b:2", { ...view(1, "leader", 4), clusterId: "d" });
    for (const words of [["transfer"], ["member", "remove", "2"], ["member", "list"]]) {
      const { exitCode, stderr } = await kvctl(words, { cluster });
      expect(exitCode).toBe(2);
      expect(stderr).toContain("different clusters: a:1 of c; b:2 of d");
    }
    expect(cluster.requests).toEqual([]);
  });

  it("say who leads after a transfer to nobody in particular", async () => {
    const cluster = new FakeCluster();
    cluster.statuses.set("a:1", view(1, "leader", 4));
    cluster.before = (operation) => {
      if (operation !== "administer") return;
      cluster.statuses.set("a:1", { ...view(1, "follower", 5), leader: 2 });
      cluster.statuses.set("b:2", { ...view(2, "leader", 5), leader: 2 });
    };
    expect((await kvctl(["transfer"], { cluster })).stdout).toBe("server 2 leads\n");
    expect(JSON.parse((await kvctl(["transfer", "--json"], { cluster })).stdout)).toEqual({ done: true, leader: 2 });
  });

  it("say when nobody answers, and what is wrong", async () => {
    expect(await kvctl(["member", "list"])).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/no server/) });
    expect(await kvctl(["member", "add", "6"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/PEERPORT/),
    });
    expect((await kvctl(["transfer", "0"])).exitCode).toBe(2);
  });
});
