import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { administer, TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { runTerrarium } from "../support/run-terrarium.ts";

/** Milliseconds that anything may take on a busy machine. */
const timeoutMs = 60_000;

describe("a majority that is lost for good", () => {
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await LocalCluster.start(3);
  });
  afterAll(() => cluster.destroy());

  const instance = async (id: number) => (await cluster.status(id))?.instance;

  it("is given up for one server that is left, which serves alone, is not deceived by the old ones, and grows", async () => {
    const endpoints = cluster.endpoints;
    const old = await TerrariumClient.connect({ endpoints, sessionTimeoutMs: 20_000 });
    await old.create("/kept", "from before", { timeoutMs });
    for (let i = 0; i < 20; i++) await old.create("/kept/n-", "", { sequential: true, timeoutMs });
    const before = await instance(3);
    const expired = new Promise<void>((done) => {
      old.on("state", (state) => {
        if (state === "expired") done();
      });
    });
    // All of it is on the third one, too.
    const here = cluster.server(3);
    const third = await TerrariumClient.connect({ endpoints: [here.endpoint], discover: false });
    await third.sync({ timeoutMs });
    await third.close();

    const recover = ["recover", "--data-dir", here.dataDirectory];
    expect(await runTerrarium([...recover, "--yes"])).toMatchObject({
      status: 2,
      output: expect.stringMatching(/another server has the data directory .* open/),
    });
    for (const { id } of cluster.servers) await cluster.signal(id, "SIGKILL");

    const asked = await runTerrarium(recover);
    expect(asked).toMatchObject({ status: 2, output: expect.stringContaining("nothing was changed") });
    expect(asked.output).toMatch(/WARNING: .*server 3 the only member of cluster .* gives up server 1, 2, for good/);
    expect(await runTerrarium([...recover, "--yes"])).toMatchObject({
      status: 0,
      output: expect.stringContaining("server 3 is a cluster of its own now"),
    });

    cluster.startServer(3);
    const alone = await TerrariumClient.connect({
      endpoints: [here.endpoint],
      discover: false,
      connectTimeoutMs: timeoutMs,
    });
    expect(Buffer.from((await alone.get("/kept")).data).toString()).toBe("from before");
    expect((await alone.children("/kept")).children).toHaveLength(20);
    await alone.set("/kept", "alone", { timeoutMs });
    const after = await instance(3);
    expect(after).toBeGreaterThan(0);
    expect(after).not.toBe(before);
    // The client of the old life sees a server of another one, and none of its own.
    await expired;

    // One of the old servers comes back, and calls: it gets no vote, no log, no leader.
    cluster.startServer(1);
    await expect.poll(() => cluster.status(1), { timeout: timeoutMs }).toMatchObject({ instance: before });
    const termThen = (await cluster.status(3))?.term;
    await expect
      .poll(async () => (await cluster.status(1))?.role, { timeout: timeoutMs })
      .toMatch(/candidate|preCandidate/i);
    expect(await cluster.status(1)).toMatchObject({ leader: null, ready: false });
    await alone.set("/kept", "still alone", { timeoutMs });
    expect((await cluster.status(3))?.term).toBe(termThen);
    expect((await cluster.status(3))?.members.map(({ id }) => id)).toEqual([3]);
    await cluster.signal(1, "SIGKILL");

    const four = await cluster.join();
    const member = { id: four.id, peerAddress: four.peerAddress, clientAddress: four.endpoint };
    await administer([here.endpoint], { type: "add", member, observer: false, force: false }, { timeoutMs });
    await alone.set("/kept", "two", { timeoutMs });
    const there = await TerrariumClient.connect({ endpoints: [four.endpoint], discover: false });
    expect(Buffer.from((await there.get("/kept")).data).toString()).toBe("two");
    expect(await instance(four.id)).toBe(after);
    await there.close();
    // The id of an old server stays burnt.
    const burnt = { ...member, id: 2, peerAddress: "127.0.0.1:9", clientAddress: "127.0.0.1:9" };
    await expect(
      administer([here.endpoint], { type: "add", member: burnt, observer: false, force: false }, { timeoutMs }),
    ).rejects.toMatchObject({ code: "ID_IN_USE" });
    await alone.close();
    await old.close().catch(() => undefined);
  }, 300_000);

  it("is not taken for what it is not: no data, a server that was never taken in, odd flags", async () => {
    const waiting = await cluster.join();
    await cluster.signal(waiting.id, "SIGKILL");
    const refused = async (args: readonly string[], message: RegExp) =>
      expect(await runTerrarium(["recover", "--yes", ...args])).toMatchObject({
        status: 2,
        output: expect.stringMatching(message),
      });
    await refused([], /--data-dir is missing/);
    await refused(["--data-dir", `${waiting.dataDirectory}-none`], /there are no data of a server/);
    await refused(["--data-dir", waiting.dataDirectory], /has not been taken into its cluster/);
    await refused(["--data-dir", waiting.dataDirectory, "--peer-address", "nowhere"], /--peer-address: "nowhere"/);
  }, 300_000);
});
