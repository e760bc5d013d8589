import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { askPeer } from "../../src/rpc/peer-probe.ts";
import { PeerTransport } from "../../src/rpc/peer-transport.ts";
import { FakePeerNode, MemoryLog } from "./rpc-harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server's peer port; returns its address. */
async function peer(id: number, clusterId = "c"): Promise<string> {
  const transport = new PeerTransport({
    clusterId,
    id,
    incarnation: id * 11,
    instance: () => 0,
    waiting: () => true,
    knownIncarnation: () => 0,
    handlers: new FakePeerNode(),
    random: () => 0.5,
    log: new MemoryLog(),
  });
  cleanups.push(() => transport.close());
  return `127.0.0.1:${await transport.listen("127.0.0.1:0")}`;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const address = server.address();
  return `127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`;
}

describe("who is at a peer address", () => {
  it("is told by the server itself, or by another one that looks", async () => {
    const [four, one] = [await peer(4), await peer(1, "other")];
    expect(await askPeer(four, 20_000)).toEqual({ clusterId: "c", id: 4, incarnation: 44 });
    expect(await askPeer(four, 20_000, one)).toEqual({ clusterId: "c", id: 4, incarnation: 44 });
    expect(await askPeer(one, 20_000, four)).toEqual({ clusterId: "other", id: 1, incarnation: 11 });
  });

  it("is nobody: nothing listens, an HTTP server, something that says nothing", async () => {
    const closed = createServer();
    const gone = await listening(closed);
    await new Promise((resolve) => closed.close(resolve));
    const http = await listening(createHttpServer((_request, response) => response.end("hello")));
    const silent = await listening(createServer((socket) => socket.on("error", () => {}).resume()));
    expect(await askPeer(gone, 2_000)).toEqual({ nothing: "nothing listens" });
    expect(await askPeer(http, 2_000)).toEqual({ nothing: "an HTTP server answers" });
    expect(await askPeer(silent, 500)).toEqual({ nothing: "something answers that is no server's peer port" });
    expect(await askPeer(gone, 20_000, await peer(1))).toEqual({ nothing: "nothing listens" });
  });

  it("is not known where the one in between does not say", async () => {
    const silent = await listening(createServer((socket) => socket.on("error", () => {}).resume()));
    expect(await askPeer(await peer(4), 500, silent)).toBeUndefined();
  });
});
