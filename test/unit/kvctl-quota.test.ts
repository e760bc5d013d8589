import { beforeEach, describe, expect, it } from "vitest";
import { FakeCluster, kvctl } from "./kvctl-world.ts";

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
  for (const path of ["/zookeeper", "/zookeeper/quota", "/jobs"]) cluster.create(path, new Uint8Array(), 0, false);
});

const run = (...words: string[]) => kvctl(["quota", ...words], { cluster });
const text = (path: string) => new TextDecoder().decode(cluster.nodes.get(path)?.data);

describe("kvctl quota", () => {
  it("sets a quota in ZooKeeper's places, and another in its place", async () => {
    const { exitCode, stdout } = await run("set", "/jobs/a", "--hard-count", "5", "--bytes", "100");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\/jobs\/a +0 +- +5 +0 +100 +- +ok/m);
    const limits = "/zookeeper/quota/jobs/a/zookeeper_limits";
    expect(text(limits)).toBe("count=-1,bytes=100=;byteHardLimit=-1;countHardLimit=5");
    expect(text("/zookeeper/quota/jobs/a/zookeeper_stats")).toBe("count=0,bytes=0");
    await run("set", "/jobs/a", "--count", "7");
    expect(text(limits)).toBe("count=7,bytes=-1=;byteHardLimit=-1;countHardLimit=-1");
  });

  it("lists them, with those that are passed or full", async () => {
    expect((await run()).stdout).toBe("no quotas\n");
    await run("set", "/jobs", "--count", "1");
    await run("set", "/b", "--hard-bytes", "3");
    const stats = (path: string, counts: string) =>
      Object.assign(cluster.nodes.get(`/zookeeper/quota${path}/zookeeper_stats`) ?? {}, {
        data: new TextEncoder().encode(counts),
      });
    stats("/jobs", "count=2,bytes=0");
    stats("/b", "count=1,bytes=3");
    const { stdout } = await run("list");
    expect(stdout).toMatch(/^\/b .* full\n\/jobs .* over$/m);
    expect((await run("list", "--json")).stdout.split("\n")[0]).toBe(
      '{"path":"/b","limits":{"hardBytes":3},"count":1,"bytes":3}',
    );
  });

  it("takes one away, with what is above it and keeps nothing any more", async () => {
    await run("set", "/jobs/a", "--count", "1");
    await run("set", "/jobs", "--count", "1");
    expect((await run("rm", "/jobs/a")).stdout).toBe("removed the quota of /jobs/a\n");
    expect(cluster.nodes.has("/zookeeper/quota/jobs/a")).toBe(false);
    expect(cluster.nodes.has("/zookeeper/quota/jobs/zookeeper_limits")).toBe(true);
    await run("rm", "/jobs");
    expect(cluster.names("/zookeeper/quota")).toEqual([]);
    expect(await run("rm", "/jobs")).toMatchObject({ exitCode: 1 });
    expect(await run("get", "/jobs")).toMatchObject({ exitCode: 1 });
  });

  it.each([
    ["set", "/jobs"],
    ["set", "/jobs", "--count", "-1"],
    ["set", "/jobs", "--count", "many"],
    ["get", "/jobs", "--count", "1"],
    ["get"],
    ["list", "/jobs"],
    ["get", "/a", "/b"],
    ["mend", "/a"],
  ])("refuses %s %s %s %s", async (...words) => {
    expect(await run(...words)).toMatchObject({ exitCode: 2 });
  });

  it("refuses the root and what is below /zookeeper", async () => {
    for (const path of ["/", "/zookeeper", "/zookeeper/quota/a"])
      expect(await run("set", path, "--count", "1")).toMatchObject({ exitCode: 2 });
  });
});
