/** How an operator's request finds its way, told by servers that only give their status. */
import { createServer } from "node:http";
import { constants, createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { administer } from "../../src/client/index.ts";
import { encodeProto } from "../support/schema.ts";
import { twoClusters } from "./client-two-clusters.ts";

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

/** Tells its status, and breaks the stream of every other call: gRPC's own server always ends one with a status. */
class BreakingServer {
  readonly #server = createHttp2Server();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(status: string) {
    const reply = encodeProto("StatusReply", { json: status });
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(reply.length, 1);
    this.#server.on("session", (session) => this.#sessions.add(session));
    this.#server.on("stream", (stream, headers) => {
      stream.on("error", () => undefined);
      if (headers[":path"] !== "/terrarium.Client/Status") return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.concat([prefix, reply]));
    });
  }

  /** Resolves with its endpoint. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const session of this.#sessions) session.destroy();
    this.#server.close();
  }
}

/** Status of server 1 of three. */
const member = { ...joining, id: 1, joining: false, ready: true };
const members = [1, 2, 3].map((id) => ({ id, peerAddress: "p:1", clientAddress: `127.0.0.1:${id}`, voter: true }));
const leads = JSON.stringify({ ...member, role: "leader", leader: 1, members });
const follows = JSON.stringify({ ...member, leader: 2, members });

/** Time enough to be answered on a machine that is loaded, ms: whoever gives up waits for all of it. */
const timeoutMs = 3_000;

describe("administer", () => {
  const clusters = twoClusters(joining);

  it("says what the live server says, not what the dead ones do not", async () => {
    const orders = [
      ["127.0.0.1:1", ...clusters.servers.endpoints],
      [...clusters.servers.endpoints, "127.0.0.1:1"],
    ];
    const outcomes = orders.map((endpoints) =>
      expect(administer(endpoints, request, { timeoutMs })).rejects.toMatchObject({
        code: "NO_QUORUM",
        message: "server 4 waits to be added to the cluster; no answer from 127.0.0.1:1",
      }),
    );
    await Promise.all(outcomes);
  });

  it("refuses endpoints of two clusters", async () => {
    const both = [...clusters.servers.endpoints, ...clusters.others.endpoints];
    await expect(administer(both, request, { timeoutMs: 5_000 })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("different clusters"),
    });
  });

  it("passes over what is no Terrarium server, and says so if there is nothing else", async () => {
    const stranger = createServer((_, response) => response.end("hello"));
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    const address = `127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    await expect(administer([address, ...clusters.servers.endpoints], request, { timeoutMs })).rejects.toMatchObject({
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

  it("tells what a server refuses by a failure of its own, and does not ask again", async () => {
    let asked = 0;
    clusters.servers.status = leads;
    clusters.servers.admin = () => {
      asked++;
      throw new Error("the server could not do it");
    };
    // At once: the time given outlasts the test's.
    await expect(administer(clusters.servers.endpoints, request, { timeoutMs: 600_000 })).rejects.toMatchObject({
      code: "PROTOCOL_ERROR",
      message: expect.stringMatching(/^server 1 does not take the request: .*the server could not do it$/),
    });
    expect(asked).toBe(1);
  });

  it("does not forget that a leader may have begun before it died", async () => {
    clusters.servers.status = leads;
    clusters.servers.admin = () => {
      for (const endpoint of clusters.servers.endpoints) clusters.servers.kill(endpoint);
      return undefined;
    };
    await expect(administer(clusters.servers.endpoints, request, { timeoutMs })).rejects.toMatchObject({
      code: "TIMEOUT",
      hint: expect.stringContaining("it may still complete"),
    });
  });

  it("does not forget it either where only the stream of the request broke", async () => {
    const leader = new BreakingServer(leads);
    await expect(administer([await leader.listen()], request, { timeoutMs })).rejects.toMatchObject({
      code: "TIMEOUT",
      hint: expect.stringContaining("it may still complete"),
    });
    leader.stop();
  });

  it("says that a leader is out of reach, and not that there is none", async () => {
    clusters.servers.status = follows;
    clusters.servers.admin = () => ({
      type: "failed",
      code: "NOT_LEADER",
      message: "server 2 leads",
      leader: "127.0.0.1:2",
    });
    await expect(administer(clusters.servers.endpoints, request, { timeoutMs })).rejects.toMatchObject({
      code: "NO_SERVER",
      message: "server 1 follows server 2, which does not answer at 127.0.0.1:2",
    });
  });

  it("gives up when it is aborted, and names all that are silent", async () => {
    const { signal } = new AbortController();
    await expect(administer(["127.0.0.1:1", "127.0.0.1:2"], request, { timeoutMs, signal })).rejects.toMatchObject({
      code: "NO_SERVER",
      message: expect.stringMatching(/127\.0\.0\.1:1: nothing listens there; 127\.0\.0\.1:2: nothing listens there$/),
    });
    const aborted = administer(["127.0.0.1:1"], request, { signal: AbortSignal.timeout(150) });
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
  });
});
