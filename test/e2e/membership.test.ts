import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type AdminRequest, administer, type MemberAddress, TerrariumClient } from "../../src/client/index.ts";
import { LocalCluster, type LocalServer } from "../support/local-cluster.ts";
import { runTerrarium } from "../support/run-terrarium.ts";
import { AccountedLoad } from "./under-load.ts";

/** Milliseconds that a change may take on a busy machine. */
const timeoutMs = 60_000;

function addressOf({ id, peerAddress, endpoint }: LocalServer): MemberAddress {
  return { id, peerAddress, clientAddress: endpoint };
}

describe("a cluster that changes", () => {
  let cluster: LocalCluster;
  beforeAll(async () => {
    cluster = await LocalCluster.start(3);
  });
  afterAll(() => cluster.destroy());

  const change = (request: AdminRequest) => administer(cluster.endpoints, request, { timeoutMs });
  const add = async (observer = false) => {
    const server = await cluster.join();
    await change({ type: "add", member: addressOf(server), observer, force: false });
    return server;
  };
  /** The members by id, as the leader sees them. */
  const members = async () => {
    const status = await cluster.status(await cluster.leader());
    return Object.fromEntries((status?.members ?? []).map(({ id, state }) => [id, state]));
  };

  it("grows from three to five under load, and two of the five may die", async () => {
    const load = await AccountedLoad.start(cluster.endpoints, 3);
    await load.progress(20);
    await add();
    await add();
    await load.progress(20);
    await load.stop();
    expect(await members()).toEqual({ 1: "voter", 2: "voter", 3: "voter", 4: "voter", 5: "voter" });
    const reader = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await load.verify(reader);
    await load.close();
    const dead = [1, 2];
    for (const id of dead) await cluster.signal(id, "SIGKILL");
    await reader.create("/grown", "x", { timeoutMs });
    await reader.close();
    for (const id of dead) cluster.startServer(id);
    await cluster.leader();
  });

  it("is asked for a change at any server, twice, also past one that hangs, and says what it refuses", async () => {
    const leader = await cluster.leader();
    const [follower, hung] = cluster.servers.filter(({ id }) => id !== leader);
    const request: AdminRequest = { type: "add", member: addressOf(cluster.server(4)), observer: false, force: false };
    await administer([follower?.endpoint ?? ""], request, { timeoutMs });
    await cluster.signal(hung?.id ?? 0, "SIGSTOP");
    await administer([hung?.endpoint ?? "", follower?.endpoint ?? ""], request, { timeoutMs });
    await cluster.signal(hung?.id ?? 0, "SIGCONT");
    const nobody = { id: 9, peerAddress: "127.0.0.1:9", clientAddress: "127.0.0.1:9" };
    const refused = (wrong: AdminRequest, code: string) => expect(change(wrong)).rejects.toMatchObject({ code });
    await refused({ type: "add", member: nobody, observer: false, force: false }, "NO_SERVER");
    await refused({ type: "add", member: { ...nobody, id: 4 }, observer: false, force: false }, "ID_IN_USE");
    const other = { ...nobody, clientAddress: cluster.server(2).endpoint };
    await refused({ type: "add", member: other, observer: false, force: false }, "WRONG_SERVER");
    await refused({ type: "remove", id: 77, force: false }, "UNKNOWN_MEMBER");
    await refused({ type: "promote", id: 77, force: false }, "UNKNOWN_MEMBER");
    await refused({ type: "transfer", to: 77 }, "UNKNOWN_MEMBER");
  });

  it("refuses a server that was wiped, and replaces it in one change", async () => {
    await cluster.leader();
    const gone = cluster.server(3);
    await cluster.signal(3, "SIGKILL");
    await rm(gone.dataDirectory, { recursive: true });
    const first = [1, 2, 3].map((id) => cluster.server(id));
    const list = first.map(({ id, peerAddress, endpoint }) => `${id}=${peerAddress}/${endpoint}`).join(",");
    const again = await runTerrarium(["serve", "--id", "3", "--members", list, "--data-dir", gone.dataDirectory]);
    expect(again.status).toBe(1);
    expect(again.output).toMatch(/"code":"WIPED"/);
    const server = await cluster.join();
    await change({ type: "replace", gone: 3, member: addressOf(server), force: false });
    expect(await members()).toEqual({ 1: "voter", 2: "voter", 4: "voter", 5: "voter", [server.id]: "voter" });
    await expect(
      change({ type: "add", member: { ...addressOf(gone) }, observer: false, force: false }),
    ).rejects.toMatchObject({ code: "ID_IN_USE" });
  });

  it("removes its leader, and the client of that one goes on", async () => {
    const leader = await cluster.leader();
    const client = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await change({ type: "remove", id: leader, force: false });
    expect(await cluster.leader()).not.toBe(leader);
    expect(Object.keys(await members())).not.toContain(String(leader));
    await client.create("/without-its-leader", "x", { timeoutMs });
    const health = `http://${cluster.server(leader).httpAddress}/health`;
    await expect
      .poll(async () => (await fetch(health)).json(), { timeout: timeoutMs })
      .toEqual({ ready: false, reason: expect.stringMatching(/^removed: .*stop it/) });
    await cluster.signal(leader, "SIGTERM");
    await client.set("/without-its-leader", "y", { timeoutMs });
    await client.close();
  });

  it("has observers that serve reads and forward writes, and never lead", async () => {
    const observer = await add(true);
    expect((await members())[observer.id]).toBe("observer");
    const client = await TerrariumClient.connect({
      endpoints: [observer.endpoint],
      discover: false,
      connectTimeoutMs: timeoutMs,
    });
    await client.create("/observed", "x", { timeoutMs });
    expect(Buffer.from((await client.get("/observed", { local: true })).data).toString()).toBe("x");
    expect(Buffer.from((await client.get("/observed")).data).toString()).toBe("x");
    await expect(change({ type: "transfer", to: observer.id })).rejects.toMatchObject({ code: "UNKNOWN_MEMBER" });
    await change({ type: "promote", id: observer.id, force: false });
    expect((await members())[observer.id]).toBe("voter");
    await client.close();
  });

  it("hands leadership over when asked, and when its leader is stopped, and no request fails", async () => {
    const load = await AccountedLoad.start(cluster.endpoints, 3);
    await load.progress(10);
    const first = await cluster.leader();
    await change({ type: "transfer", to: 0 });
    const second = await cluster.leader();
    expect(second).not.toBe(first);
    await change({ type: "transfer", to: first });
    expect(await cluster.leader()).toBe(first);
    await load.progress(10);
    const { term = 0 } = (await cluster.status(first)) ?? {};
    await cluster.signal(first, "SIGTERM");
    expect(cluster.server(first).output).toMatch(/handed leadership over/);
    await load.progress(10);
    const third = await cluster.status(await cluster.leader());
    expect(third?.term).toBe(term + 1);
    cluster.startServer(first);
    await load.stop();
    const reader = await TerrariumClient.connect({ endpoints: cluster.endpoints });
    await load.verify(reader);
    await reader.close();
    await load.close();
  });

  it("asks for --force before a change that would lose the quorum", async () => {
    const leader = await cluster.leader();
    const ids = Object.keys(await members()).map(Number);
    expect(ids.length).toBe(5);
    // One was started again a moment ago, and the quorum will need it.
    await vi.waitFor(
      async () => {
        const { members: all = [] } = (await cluster.status(leader)) ?? {};
        expect(all.filter(({ id, active }) => id !== leader && active !== true)).toEqual([]);
      },
      { timeout: timeoutMs, interval: 100 },
    );
    const [a = 0, b = 0, c = 0] = ids.filter((id) => id !== leader);
    await cluster.signal(a, "SIGKILL");
    await cluster.signal(b, "SIGKILL");
    await expect(change({ type: "remove", id: c, force: false })).rejects.toMatchObject({
      code: "WOULD_LOSE_QUORUM",
      message: expect.stringMatching(/does not answer/),
    });
    await change({ type: "remove", id: a, force: false });
    expect(Object.keys(await members()).length).toBe(4);
  });
});

describe("a server with an old configuration", () => {
  it("is brought up to date, and votes for a leader that it has never heard of", async () => {
    const cluster = await LocalCluster.start(3);
    try {
      const change = (request: AdminRequest) => administer(cluster.endpoints, request, { timeoutMs });
      // One server is away while server 4 takes the place of server 1, and leads.
      const [away, stays] = (await cluster.leader()) === 3 ? [2, 3] : [3, 2];
      await cluster.signal(away, "SIGKILL");
      const server = await cluster.join();
      await change({ type: "replace", gone: 1, member: addressOf(server), force: false });
      await cluster.signal(1, "SIGKILL");
      // A busy machine may need more than one attempt.
      for (const deadline = Date.now() + timeoutMs; (await cluster.leader()) !== server.id; )
        await change({ type: "transfer", to: server.id }).catch((error: unknown) => {
          if (Date.now() > deadline) throw error;
        });
      cluster.startServer(away);
      const client = await TerrariumClient.connect({
        endpoints: [cluster.server(away).endpoint, server.endpoint],
        connectTimeoutMs: timeoutMs,
      });
      await client.create("/heard", "", { timeoutMs });
      await cluster.signal(stays, "SIGKILL");
      // Two of the three voters are left, and one of them knew nothing of the other.
      await client.create("/elected", "", { timeoutMs });
      await client.close();
    } finally {
      await cluster.destroy();
    }
  });
});
