import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AdminRequest, administer, TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster } from "../support/local-cluster.ts";
import { runKvctl } from "../support/run-kvctl.ts";

/** Milliseconds that a change may take on a busy machine. */
const timeoutMs = 60_000;

describe("a member that moves to other addresses", () => {
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await LocalCluster.start(3);
  });
  afterAll(() => cluster.destroy());

  const change = (request: AdminRequest) => administer(cluster.endpoints, request, { timeoutMs });
  const followers = async () => {
    const leader = await cluster.leader();
    return cluster.servers.filter(({ id }) => id !== leader).map(({ id }) => id);
  };

  it("is heard again once its addresses are updated, and is needed and found then", async () => {
    const [moves = 0, stays = 0] = await followers();
    const old = cluster.server(moves).endpoint;
    const { endpoint, peerAddress } = await cluster.move(moves);
    const words = ["member", "update", String(moves), "--peer", peerAddress, "--client", endpoint];
    const others = cluster.servers.filter(({ id }) => id !== moves).map((server) => server.endpoint);
    const told = await runKvctl([...words, "--endpoints", others.join(","), "--timeout", "60"]);
    expect(told).toMatchObject({ code: 0, error: expect.stringContaining("done") });
    expect(told.out).toContain(peerAddress);
    expect(told.out).not.toContain(old);
    // Again: it is so already.
    await change({ type: "update", id: moves, peerAddress, clientAddress: endpoint, force: false });
    await cluster.signal(stays, "SIGKILL");
    const client = await TerrariumClient.connect({ endpoints: cluster.endpoints, connectTimeoutMs: timeoutMs });
    await client.create("/moved", "x", { timeoutMs });
    await client.close();
    cluster.startServer(stays);
    // From its log, whatever --members says.
    await cluster.signal(moves, "SIGTERM");
    cluster.startServer(moves);
    await cluster.leader();
  });

  it("is looked for at the new address first: nothing, another server, another cluster's", async () => {
    const [id = 0, other = 0] = await followers();
    const nowhere = "127.0.0.1:9";
    const update = { type: "update", id, force: false } as const;
    const refused = (wrong: AdminRequest, code: string, message = /./) =>
      expect(change(wrong)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await refused({ ...update, peerAddress: nowhere }, "WRONG_SERVER", /tried the peer address 127.0.0.1:9: nothing/);
    await refused({ ...update, clientAddress: nowhere }, "NO_SERVER", /at 127.0.0.1:9/);
    await refused({ ...update, peerAddress: cluster.server(other).peerAddress }, "ID_IN_USE");
    await refused({ ...update, id: 99, peerAddress: nowhere }, "UNKNOWN_MEMBER");
    // Who means it names an address at which the server will be.
    await change({ ...update, clientAddress: nowhere, force: true });
    await change({ ...update, clientAddress: cluster.server(id).endpoint });
  });
});
