import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { AccountedLoad } from "./under-load.ts";

const ids = [1, 2, 3, 4, 5];

describe("a five-node cluster that loses servers", () => {
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await LocalCluster.start(5);
  });
  afterAll(() => cluster.destroy());

  it("loses and doubles nothing when its leader is killed under load, and every client goes on", async () => {
    const load = await AccountedLoad.start(cluster.endpoints, 6);
    await load.progress(30);
    const leader = await cluster.leader();
    await cluster.signal(leader, "SIGKILL");
    await load.progress(30);
    cluster.startServer(leader);
    await load.progress(10);
    await load.stop();
    const reader = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await load.verify(reader);
    await reader.close();
    await load.close();
  });

  it("has everything acknowledged after all five are killed at once under load", async () => {
    const load = await AccountedLoad.start(cluster.endpoints, 6);
    await load.progress(30);
    await Promise.all(ids.map((id) => cluster.signal(id, "SIGKILL")));
    for (const id of ids) cluster.startServer(id);
    await load.progress(5);
    await load.stop();
    const reader = await TerrariumClient.connect({ endpoints: cluster.endpoints, connectTimeoutMs: 30_000 });
    await load.verify(reader);
    await reader.close();
    await load.close();
  });

  it("serves with two of five dead, says `no quorum` with three, and goes on when one returns", async () => {
    const leader = await cluster.leader();
    const dead = ids.filter((id) => id !== leader).slice(0, 2);
    for (const id of dead) await cluster.signal(id, "SIGKILL");
    // At a server that stays, so that the write below is sent: one that never was would be forgotten with its caller.
    const alive = ids.filter((id) => id !== leader && !dead.includes(id));
    const client = await TerrariumClient.connect({
      endpoints: alive.map((id) => cluster.server(id).endpoint),
      sessionTimeoutMs: 60_000,
    });
    await client.create("/two-dead", "x");
    expect(Buffer.from((await client.get("/two-dead")).data).toString()).toBe("x");

    await cluster.signal(leader, "SIGKILL");
    const [write, read] = await Promise.allSettled([
      client.set("/two-dead", "y", { timeoutMs: 5000 }),
      client.get("/two-dead", { timeoutMs: 5000 }),
    ]);
    expect(write).toMatchObject({ status: "rejected", reason: { code: "NO_QUORUM" } });
    expect(read).toMatchObject({ status: "rejected", reason: { code: "NO_QUORUM" } });
    await expect(
      TerrariumClient.connect({ endpoints: cluster.endpoints, connectTimeoutMs: 5000 }),
    ).rejects.toMatchObject({ code: "NO_QUORUM" });

    cluster.startServer(leader);
    // The write whose caller gave up was still in the session's queue: it takes effect, once, before the next request.
    const { data, stat } = await client.get("/two-dead", { timeoutMs: 60_000 });
    expect(Buffer.from(data).toString()).toBe("y");
    expect(stat.version).toBe(1);
    await client.close();
    for (const id of dead) cluster.startServer(id);
    await cluster.leader();
  });

  it("replaces a paused leader, which acknowledges nothing stale when it wakes", async () => {
    const leader = await cluster.leader();
    const others = ids.filter((id) => id !== leader).map((id) => cluster.server(id).endpoint);
    const onLeader = await TerrariumClient.connect({
      endpoints: [cluster.server(leader).endpoint],
      // It waits for that very server.
      discover: false,
      sessionTimeoutMs: 60_000,
    });
    await onLeader.create("/paused", "before");
    await cluster.signal(leader, "SIGSTOP");
    const stale = onLeader.get("/paused", { timeoutMs: 60_000 });
    const conditional = onLeader.set("/paused", "stale", { version: 0, timeoutMs: 60_000 });
    const outcome = Promise.allSettled([stale, conditional]);

    const elsewhere = await TerrariumClient.connect({ endpoints: others, connectTimeoutMs: 30_000 });
    await elsewhere.set("/paused", "after", { version: 0, timeoutMs: 30_000 });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    await cluster.signal(leader, "SIGCONT");

    const [read, write] = await outcome;
    expect(read.status === "fulfilled" && Buffer.from(read.value.data).toString()).toBe("after");
    expect(write).toMatchObject({ status: "rejected", reason: { code: "BAD_VERSION" } });
    expect(Buffer.from((await elsewhere.get("/paused")).data).toString()).toBe("after");
    await elsewhere.close();
    await onLeader.close();
  });
});
