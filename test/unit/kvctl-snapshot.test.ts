import { beforeEach, describe, expect, it } from "vitest";
import { TerrariumError } from "../../src/base/errors.ts";
import { FakeCluster, kvctl } from "./kvctl-world.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

const run = (...words: string[]) => kvctl(words, { cluster });

describe("snapshot", () => {
  const status = {
    clusterId: "c",
    id: 2,
    role: "leader",
    term: 4,
    leader: 2,
    commitIndex: 10,
    appliedIndex: 9,
  } as const;
  const rest = { lastIndex: 10, durableIndex: 10, firstIndex: 1, checkpointIndex: 0, members: [], watches: 0 };

  beforeEach(() => {
    cluster.statuses.set("b:2", { ...status, ...rest, sessions: 1, znodes: 3, connections: 0, ready: true });
  });

  it("save takes a backup from the first server that answers, and says of what", async () => {
    expect(await run("snapshot", "save", "f.backup")).toMatchObject({
      exitCode: 0,
      stdout: "saved f.backup: 3 znodes, 1 session, up to zxid 9, from b:2\n",
    });
    expect([...cluster.saved.keys()]).toEqual(["f.backup"]);
    const { stdout } = await run("snapshot", "save", "g.backup", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ file: "g.backup", endpoint: "b:2", index: 9, bytes: 1234 });
  });

  it("take a file name only, and pass over what is no server", async () => {
    for (const verb of ["save", "inspect"])
      expect(await run("snapshot", verb, "-")).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("./-") });
    const status = cluster.status.bind(cluster);
    cluster.status = (endpoint) =>
      endpoint === "a:1" ? Promise.reject(new TerrariumError("PROTOCOL_ERROR", "a:1: a web server")) : status(endpoint);
    expect(await run("snapshot", "save", "i.backup")).toMatchObject({ exitCode: 0 });
    cluster.statuses.clear();
    const { stderr } = await run("snapshot", "save", "j.backup");
    expect(stderr).toContain("no server gives a backup: a:1: a web server; no answer from b:2; no answer from c:3\n");
  });

  it("save never writes over a file, and says when nobody answers", async () => {
    await run("snapshot", "save", "f.backup");
    expect(await run("snapshot", "save", "f.backup")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("exists"),
    });
    cluster.statuses.clear();
    expect(await run("snapshot", "save", "h.backup")).toMatchObject({ exitCode: 3 });
  });

  it("inspect shows where and when a backup was taken, and refuses what is none", async () => {
    await run("snapshot", "save", "f.backup");
    const { exitCode, stdout } = await run("snapshot", "inspect", "f.backup");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^cluster +c$/m);
    expect(stdout).toMatch(/^zxid +9$/m);
    expect(stdout).toMatch(/^taken +1970-01-01T00:00:00.000Z$/m);
    expect(await run("snapshot", "inspect", "other")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("no backup"),
    });
    expect(await run("snapshot", "inspect")).toMatchObject({ exitCode: 2 });
  });
});
