import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import { TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";

const patience = { timeout: 90_000, interval: 200 };

describe("a log that does not grow for ever", () => {
  let cluster: LocalCluster;
  let client: TerrariumClient;
  beforeAll(async () => {
    cluster = await LocalCluster.start(3);
    client = await TerrariumClient.connect({ endpoints: cluster.endpoints, requestTimeoutMs: 60_000 });
  });
  afterAll(async () => {
    await client.close();
    await cluster.destroy();
  });

  const status = async (id: number) => present(await cluster.status(id), `status of server ${id}`);

  /** Sets six znodes of 900 KB in turn: 60 of them are more log than is kept. */
  async function fill(round: string): Promise<void> {
    for (let i = 0; i < 60; i++) {
      const data = new Uint8Array(900_000).fill(i);
      if (i < 6 && round === "first") await client.create(`/large${i}`, data);
      else await client.set(`/large${i % 6}`, data);
    }
    await client.set("/round", round);
  }

  it("a follower that was away for too long gets a snapshot and catches up", async () => {
    await client.create("/round", "");
    await client.create("/held", "", { ephemeral: true });
    const leader = await cluster.leader();
    const away = present(
      cluster.servers.find(({ id, endpoint }) => id !== leader && endpoint !== client.endpoint),
      "another follower",
    ).id;
    await cluster.signal(away, "SIGKILL");
    const { lastIndex } = await status(leader);
    await fill("first");
    await expect.poll(async () => (await status(leader)).firstIndex, patience).toBeGreaterThan(lastIndex + 1);

    cluster.startServer(away);
    await expect
      .poll(async () => {
        const [behind, ahead] = [await cluster.status(away), await status(leader)];
        return behind !== undefined && behind.appliedIndex >= ahead.commitIndex;
      }, patience)
      .toBe(true);
    expect((await status(away)).firstIndex).toBeGreaterThan(lastIndex + 1);
    const { znodes, sessions } = await status(leader);
    expect(await status(away)).toMatchObject({ znodes });
    expect((await status(away)).sessions).toBeGreaterThanOrEqual(sessions);

    const there = await TerrariumClient.connect({ endpoints: [cluster.server(away).endpoint] });
    expect(Buffer.from((await there.get("/round", { local: true })).data).toString()).toBe("first");
    expect((await there.get("/large5", { local: true })).data.length).toBe(900_000);
    expect(await there.exists("/held")).toMatchObject({ ephemeralOwner: client.sessionId });
    await there.close();
  });

  it("all servers killed at once come back from their checkpoints", async () => {
    await fill("second");
    await Promise.all(cluster.servers.map(({ id }) => cluster.signal(id, "SIGKILL")));
    for (const { id } of cluster.servers) cluster.startServer(id);
    const leader = await cluster.leader();
    expect((await status(leader)).firstIndex).toBeGreaterThan(1);
    expect(Buffer.from((await client.get("/round")).data).toString()).toBe("second");
    for (let i = 0; i < 6; i++) expect((await client.get(`/large${i}`)).data[7]).toBe(54 + i);
    // The session, and what it owns, came back with them.
    expect(await client.exists("/held")).toMatchObject({ ephemeralOwner: client.sessionId });
  });
});
