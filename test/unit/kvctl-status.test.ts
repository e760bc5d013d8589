import { beforeEach, describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import type { ServerSession } from "../../src/client/index.ts";
import { FakeCluster, kvctl } from "./kvctl-world.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

const run = (...words: string[]) => kvctl(words, { cluster });
const lines = (stdout: string) => stdout.split("\n").filter((line) => line !== "");

const server = (id: number, role: "leader" | "follower", leader: number | null = 2, ready = true) => ({
  ...{ clusterId: "c", id, role, term: 4, leader, commitIndex: 10, appliedIndex: 9, lastIndex: 10, durableIndex: 10 },
  ...{ firstIndex: 1, checkpointIndex: 0 },
  ...{ members: [], sessions: 1, znodes: 3, watches: 0, connections: 0, ready },
  ...(ready ? {} : { reason: "no leader" }),
});

describe("status", () => {
  it("prints a table and the leader", async () => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("b:2", server(2, "leader"));
    const { exitCode, stdout } = await run("status");
    expect(exitCode).toBe(0);
    const [head, a, b, c, summary] = lines(stdout);
    expect(head).toMatch(/^ENDPOINT +ID +ROLE +TERM +LEADER +COMMIT +APPLIED +SESSIONS +ZNODES +STATE$/);
    expect(a).toMatch(/^a:1 +1 +follower +4 +2 +10 +9 +1 +3 +up$/);
    expect(b).toMatch(/^b:2 +2 +leader /);
    expect(c).toMatch(/^c:3 +- .* down: no answer from c:3$/);
    expect(summary).toBe("leader: server 2, term 4; 2 of 3 servers answer: 1, 2");
    expect(cluster.sessionsOpened).toBe(0);
  });

  it("says where the dashboard is, if a server that answers has one", async () => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("b:2", { ...server(2, "leader"), httpAddress: "127.0.0.1:7202" });
    expect(lines((await run("status")).stdout).at(-1)).toBe("dashboard: http://127.0.0.1:7202/");
  });

  it("says where ZooKeeper's protocol is spoken", async () => {
    cluster.statuses.set("a:1", { ...server(1, "follower"), zookeeperAddress: "127.0.0.1:7401" });
    cluster.statuses.set("b:2", { ...server(2, "leader"), zookeeperAddress: "127.0.0.1:7402" });
    expect(lines((await run("status")).stdout).at(-1)).toBe("ZooKeeper: 127.0.0.1:7401,127.0.0.1:7402");
  });

  it("names the endpoint and the reason of silence once", async () => {
    cluster.status = (endpoint) => Promise.reject(new TerrariumError("NO_SERVER", reasons[endpoint]));
    const reasons: Record<string, string> = {
      "a:1": "a:1: nothing listens there",
      "b:2": "b:2: no answer in time",
      "c:3": "another reason",
    };
    const states = lines((await run("status")).stdout).map((line) => line.split(/ {2,}/).at(-1));
    expect(states).toEqual(["STATE", "down: nothing listens there", "down: no answer in time", "down: another reason"]);
  });

  it("says of a server without room why it refuses writes, and counts it as up", async () => {
    const writesRefused = "the disk of server 1 is almost full: 1.0 MiB are free";
    cluster.statuses.set("a:1", { ...server(1, "leader"), diskLow: true, writesRefused });
    cluster.statuses.set("b:2", server(2, "follower"));
    const { exitCode, stdout } = await run("status");
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`up, refuses writes: ${writesRefused}`);
    const health = await run("health");
    expect(health.stdout).toContain(`refuses writes: ${writesRefused}`);
  });

  it("exits with 3 without a leader, and says who is up", async () => {
    cluster.statuses.set("a:1", server(1, "follower", null, false));
    const { exitCode, stdout, stderr } = await run("status");
    expect(exitCode).toBe(3);
    expect(stdout).toContain("up, not ready: no leader");
    expect(stderr).toContain("no quorum: no leader that a majority follows; server 1 answers; no answer from b:2, c:3");
  });

  it("counts a leader that serves through others, though its own disk hangs", async () => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("b:2", server(2, "leader", 2, false));
    cluster.statuses.set("c:3", server(3, "follower"));
    const { exitCode, stdout } = await run("status");
    expect(exitCode).toBe(0);
    expect(lines(stdout).at(-1)).toMatch(/^leader: server 2, term 4; /);
  });

  it("shows an observer, a server that waits and one that was removed as what they are", async () => {
    const member = (id: number, voter: boolean) => ({ id, peerAddress: "p:1", clientAddress: "c:1", voter });
    const members = [member(1, false), member(2, true)];
    cluster.statuses.set("a:1", { ...server(1, "follower"), members });
    cluster.statuses.set("b:2", { ...server(2, "follower", null, false), joining: true });
    cluster.statuses.set("c:3", { ...server(3, "follower", null, false), members });
    const rows = lines((await run("status")).stdout);
    expect(rows[1]).toMatch(/^a:1 +1 +observer /);
    expect(rows[2]).toMatch(/^b:2 +2 +joining /);
    expect(rows[3]).toMatch(/^c:3 +3 +removed .*no longer in the cluster$/);
  });

  it("tells servers of two clusters from one", async () => {
    cluster.statuses.set("a:1", server(1, "leader"));
    cluster.statuses.set("b:2", { ...server(1, "leader"), clusterId: "d" });
    const { exitCode, stdout, stderr } = await run("status");
    expect(exitCode).toBe(2);
    expect(lines(stdout)).toHaveLength(4);
    expect(stderr).toContain("the endpoints belong to different clusters: a:1 of c; b:2 of d");
  });

  it("tells what is no Terrarium server from what is down", async () => {
    cluster.status = (endpoint) => Promise.reject(new TerrariumError("PROTOCOL_ERROR", `${endpoint}: a web server`));
    const { exitCode, stdout, stderr } = await run("status");
    expect(exitCode).toBe(1);
    expect(lines(stdout)[1]).toMatch(/- +a web server$/);
    expect(stderr).toContain("no Terrarium server answers: a:1: a web server; b:2");
  });

  it("believes a follower where what is silent is not the leader", async () => {
    const members = [
      { id: 1, peerAddress: "p:1", clientAddress: "a:1", voter: true },
      { id: 2, peerAddress: "p:2", clientAddress: "b:2", voter: true },
      { id: 3, peerAddress: "p:3", clientAddress: "c:3", voter: true },
      { id: 9, peerAddress: "p:9", clientAddress: "z:9", voter: true },
    ];
    cluster.statuses.set("a:1", { ...server(1, "follower", 9), members });
    expect(await run("status")).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("leader: server 9") });
    cluster.statuses.set("a:1", { ...server(1, "follower", 2), members });
    expect(await run("status")).toMatchObject({ exitCode: 3 });
  });

  it("does not believe followers of a leader that is down", async () => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("c:3", server(3, "follower"));
    expect(await run("status")).toMatchObject({ exitCode: 3 });
  });

  it("believes them about a leader that was not asked", async () => {
    cluster.statuses.set("a:1", server(1, "follower", 9));
    cluster.statuses.set("b:2", server(2, "follower", 9));
    cluster.statuses.set("c:3", server(3, "follower", 9));
    expect(await run("status")).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("leader: server 9, term 4"),
    });
  });

  it("exits with 3 when nobody answers; JSON has a line for each", async () => {
    const { exitCode, stdout } = await run("status", "--json");
    expect(exitCode).toBe(3);
    const objects = lines(stdout).map((line) => JSON.parse(line));
    expect(objects).toHaveLength(4);
    expect(objects[0]).toEqual({
      endpoint: "a:1",
      up: false,
      error: { code: "NO_SERVER", message: "no answer from a:1" },
    });
    expect(objects[3]).toMatchObject({ error: { code: "NO_SERVER" } });
  });
});

describe("sessions", () => {
  const session = (id: number): ServerSession => ({
    ...{ id, timeoutMs: 10_000, openedMs: Date.now() - 61_000, ephemeralCount: 2, ephemerals: ["/e"] },
    ...{ attachedTo: id === 7 ? null : 2, watches: id === 7 ? null : 3, silentMs: id === 9 ? null : 1_500 },
  });

  beforeEach(() => {
    cluster.statuses.set("a:1", server(1, "follower"));
    cluster.statuses.set("b:2", server(2, "leader"));
  });

  it("lists who has one, page by page, as the leader knows it", async () => {
    cluster.live = [3, 7, 9].map(session);
    const { stdout, exitCode } = await run("sessions");
    expect(exitCode).toBe(0);
    expect(lines(stdout)).toEqual([
      "ID  SERVER  TIMEOUT  AGE     SILENT  EPHEMERALS  WATCHES",
      expect.stringMatching(/^3 {3}2 {7}10\.0 s {3}61\.\d s {2}1\.5 s {3}2 {11}3$/),
      expect.stringMatching(/^7 {3}none .* 2 {11}-$/),
      expect.stringMatching(/^9 {3}2 .* s {2}- {7}2 {11}3$/),
    ]);
    expect(cluster.sessionPages).toEqual(["b:2 0", "b:2 7"]);
    expect(cluster.sessionsOpened).toBe(0);
    expect(lines((await run("sessions", "--json")).stdout).map((line) => JSON.parse(line))).toMatchObject(cluster.live);
  });

  it("says so if there are none, asks again if the server has too much to do, and fails without one", async () => {
    let busy = 2;
    cluster.before = (operation) => {
      if (operation === "sessions" && busy-- > 0) throw new TerrariumError("OVERLOADED");
    };
    expect(await run("sessions")).toMatchObject({ exitCode: 0, stdout: "no sessions\n" });
    expect(busy).toBe(-1);
    cluster.statuses.clear();
    expect((await run("sessions")).stderr).toContain("no server answers at a:1, b:2, c:3");
  });

  it("own ephemerals, which are listed with theirs, by how the paths begin", async () => {
    const live = [3, 7, 9].map(session);
    cluster.live = live.map((one) => ({ ...one, ephemerals: [`/e/${one.id}`, `/other/${one.id}`], ephemeralCount: 2 }));
    cluster.live = cluster.live.map((one) => (one.id === 9 ? { ...one, ephemeralCount: 1_002 } : one));
    expect(await run("ephemerals", "/e")).toMatchObject({
      exitCode: 0,
      stdout: "SESSION  PATH\n3        /e/3\n7        /e/7\n9        /e/9\n",
      stderr: "kvctl: session 9 has 1000 further ephemerals, which no server lists\n",
    });
    const all = lines((await run("ephemerals", "--json")).stdout).map((line) => JSON.parse(line));
    expect(all).toHaveLength(6);
    expect(all[1]).toEqual({ session: 3, path: "/other/3" });
    expect(await run("ephemerals", "/none/")).toMatchObject({ exitCode: 0, stdout: "" });
    expect(await run("ephemerals", "e")).toMatchObject({ exitCode: 2 });
    expect(cluster.sessionsOpened).toBe(0);
  });
});

describe("health", () => {
  const server = (id: number, ready = true) => ({
    ...{ clusterId: "c", id, role: id === 2 ? ("leader" as const) : ("follower" as const), term: 4, leader: 2 },
    ...{ commitIndex: 10, appliedIndex: 9, lastIndex: 10, durableIndex: 10, firstIndex: 1, checkpointIndex: 0 },
    ...{ members: [], sessions: 1, znodes: 3, watches: 0, connections: 0, ready },
    ...(ready ? {} : { reason: "no leader" }),
  });

  it("times each endpoint and the quorum", async () => {
    for (const [i, endpoint] of ["a:1", "b:2", "c:3"].entries()) cluster.statuses.set(endpoint, server(i + 1));
    const all = await run("health");
    expect(all).toMatchObject({ exitCode: 0, stderr: "" });
    const [head, first, , , summary] = lines(all.stdout);
    expect(head).toMatch(/^ENDPOINT +ID +STATE +ANSWERS IN +WHY$/);
    expect(first).toMatch(/^a:1 +1 +healthy +[\d.]+ ms$/);
    expect(summary).toMatch(/^all 3 serve; a round through the quorum took [\d.]+ ms$/);
    const json = lines((await run("health", "--json")).stdout).map((line) => JSON.parse(line));
    expect(json[0]).toEqual({ endpoint: "a:1", id: 1, healthy: true, tookMs: expect.any(Number) });
    expect(json.at(-1)).toEqual({ quorum: true, tookMs: expect.any(Number) });
  });

  it("is content with nothing less than all", async () => {
    cluster.statuses.set("a:1", server(1, false));
    cluster.statuses.set("b:2", server(2));
    const { exitCode, stdout, stderr } = await run("health");
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^a:1 +1 +not healthy +[\d.]+ ms +no leader$/m);
    expect(stdout).toMatch(/^c:3 +- +not healthy +- +no answer from c:3$/m);
    expect(stderr).toContain("2 of 3 servers do not serve: a:1, c:3");
  });
});

describe("no quorum and no server", () => {
  it.each(["NO_QUORUM", "NO_SERVER", "TIMEOUT", "OVERLOADED"] as const)("%s exits with 3", async (code) => {
    cluster.before = () => {
      throw new TerrariumError(code);
    };
    const { exitCode, stderr } = await run("get", "/a");
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^kvctl: .*\n {2}hint: .*\n$/);
  });

  it("a bug shows no stack", async () => {
    cluster.before = () => {
      throw new RangeError("oops");
    };
    const { exitCode, stderr } = await run("get", "/a");
    expect({ exitCode, lines: stderr.split("\n").length }).toEqual({ exitCode: 1, lines: 3 });
    expect(JSON.parse((await run("get", "/a", "--json")).stdout)).toMatchObject({ error: { code: "INTERNAL" } });
  });
});
