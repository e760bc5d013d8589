/** How an operator's request finds its way, told by servers that only give their status. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administer } from "../../src/client/index.ts";
import { FakeServers } from "./client-fake-server.ts";

const request = { type: "transfer", to: 0 } as const;
const joining = {
  clusterId: "c",
  id: 4,
  role: "follower",
  term: 1,
  leader: null,
  members: [],
  ready: false,
  joining: true,
};

describe("administer", () => {
  let servers: FakeServers;
  let others: FakeServers;
  beforeEach(async () => {
    servers = new FakeServers();
    others = new FakeServers();
    await servers.add();
    await others.add();
    servers.status = JSON.stringify(joining);
    others.status = JSON.stringify({ ...joining, clusterId: "d" });
  });
  afterEach(() => {
    servers.stop();
    others.stop();
  });

  it("says what the live server says, not what the dead ones do not", async () => {
    for (const endpoints of [
      ["127.0.0.1:1", ...servers.endpoints],
      [...servers.endpoints, "127.0.0.1:1"],
    ])
      await expect(administer(endpoints, request, { timeoutMs: 400 })).rejects.toMatchObject({
        code: "NO_QUORUM",
        message: "server 4 waits to be added to the cluster; no answer from 127.0.0.1:1",
      });
  });

  it("refuses endpoints of two clusters", async () => {
    const both = [...servers.endpoints, ...others.endpoints];
    await expect(administer(both, request, { timeoutMs: 5_000 })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("different clusters"),
    });
  });

  it("passes over what is no Terrarium server, and says so if there is nothing else", async () => {
    const stranger = createServer((_, response) => response.end("hello"));
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const address = `127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    await expect(administer([address, ...servers.endpoints], request, { timeoutMs: 400 })).rejects.toMatchObject({
      code: "NO_QUORUM",
      message: expect.stringContaining("server 4"),
    });
    // At once: the time given outlasts the test's.
    await expect(administer([address], request, { timeoutMs: 600_000 })).rejects.toMatchObject({
      code: "PROTOCOL_ERROR",
      message: expect.stringContaining(`${address}: what answers there is no Terrarium client port`),
    });
    stranger.closeAllConnections();
    stranger.close();
  });

  it("gives up when it is aborted, and names all that are silent", async () => {
    const { signal } = new AbortController();
    await expect(administer(["127.0.0.1:1", "127.0.0.1:2"], request, { timeoutMs: 300, signal })).rejects.toMatchObject(
      {
        code: "NO_SERVER",
        message: expect.stringMatching(/127\.0\.0\.1:1: nothing listens there; 127\.0\.0\.1:2: nothing listens there$/),
      },
    );
    const aborted = administer(["127.0.0.1:1"], request, { signal: AbortSignal.timeout(150) });
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
  });
});
