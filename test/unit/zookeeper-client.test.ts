import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { JuteReader, JuteWriter } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import { connectResponse, replies, replyHeader, requestHeader, requests } from "../../src/zookeeper/records.ts";
import { ZooKeeperClient } from "../../src/zookeeper-client/client.ts";
import { splitFrames } from "./zookeeper-frames.ts";

/** What a server says to a frame; the first of a connection is the handshake. */
type Answer = (frame: JuteReader, first: boolean, socket: Socket) => Uint8Array | undefined;

const servers: Server[] = [];
const clients: ZooKeeperClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const server of servers.splice(0)) server.close();
});

/** Starts a server; resolves to its address. */
function serve(answer: Answer): Promise<string> {
  const server = createServer((socket) => {
    let left: Uint8Array = new Uint8Array();
    let first = true;
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const { frames, rest } = splitFrames(Buffer.concat([left, chunk]));
      left = rest;
      for (const frame of frames) {
        const said = answer(new JuteReader(frame), first, socket);
        if (said !== undefined) socket.write(said);
        first = false;
      }
    });
  });
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(`127.0.0.1:${address.port}`);
    }),
  );
}

function framed(write: (to: JuteWriter) => void): Uint8Array {
  const to = new JuteWriter();
  const start = to.beginFrame();
  write(to);
  to.endFrame(start);
  return to.finish();
}

const welcome = (timeOut = 9_000): Uint8Array =>
  framed((to) => connectResponse.write(to, { protocolVersion: 0, timeOut, sessionId: 7n, passwd: new Uint8Array(16) }));

const reply = (xid: number, err = 0, path?: string): Uint8Array =>
  framed((to) => {
    replyHeader.write(to, { xid, zxid: 1, err });
    if (path !== undefined) replies.path.write(to, { path });
  });

/** Gives a session, and answers sync. */
const plain: Answer = (frame, first) => {
  if (first) return welcome();
  const { xid, opcode: asked } = requestHeader.read(frame);
  return asked === opcode.sync ? reply(xid, 0, requests.path.read(frame).path) : reply(xid);
};

async function open(hosts: readonly string[], patienceMs = 0): Promise<ZooKeeperClient> {
  const options = { hosts, sessionTimeoutMs: 9_000, connectTimeoutMs: 500, patienceMs: 2_000 };
  const client = await ZooKeeperClient.open(options, patienceMs);
  clients.push(client);
  return client;
}

const sync = (client: ZooKeeperClient, path: string) =>
  client.ask(opcode.sync, requests.path, { path }, replies.path).then((answer) => answer.path);

describe("a client of ZooKeeper's protocol", () => {
  it("has many requests under way, and gives each its answer", async () => {
    const client = await open([await serve(plain)]);
    const paths = Array.from({ length: 3_000 }, (_, i) => `/${i}`);
    expect(await Promise.all(paths.map((path) => sync(client, path)))).toEqual(paths);
  });

  it("passes over pings and events, and tells errors by ZooKeeper's code", async () => {
    const client = await open([
      await serve((frame, first) => {
        if (first) return welcome();
        const { xid } = requestHeader.read(frame);
        return Buffer.concat([reply(-2), reply(-1), reply(xid, -101)]);
      }),
    ]);
    await expect(sync(client, "/")).rejects.toMatchObject({ code: -101, message: "ZooKeeper's error -101 (NONODE)" });
  });

  it.each<[string, Answer, string]>([
    ["talks of something else", () => utf8("HTTP/1.1 400 Bad Request\r\n\r\n"), "stranger"],
    ["answers in a frame of another kind", () => framed((to) => to.int(7)), "stranger"],
    ["hangs up", (_frame, _first, socket) => void socket.end(), "notServing"],
    ["says nothing", () => undefined, "notServing"],
    ["gives no session", () => welcome(0), "notServing"],
  ])("says so where the server %s", async (_what, answer, trouble) => {
    const address = await serve(answer);
    await expect(open([address])).rejects.toMatchObject({ trouble, address });
  });

  it("says so where nothing listens", async () => {
    await expect(open(["127.0.0.1:1"])).rejects.toMatchObject({
      trouble: "unreachable",
      message: "127.0.0.1:1: nothing listens there",
    });
    await expect(open(["no.such.host.invalid:2181"])).rejects.toMatchObject({ trouble: "unreachable" });
  });

  it("fails what is under way when the connection ends, and goes to another server", async () => {
    const dying = await serve((_frame, first, socket) => {
      if (first) return welcome();
      socket.destroy();
      return undefined;
    });
    const client = await open([dying, await serve(plain)]);
    const both = await Promise.allSettled([sync(client, "/a"), sync(client, "/b")]);
    expect(both).toMatchObject([{ reason: { trouble: "lost" } }, { reason: { trouble: "lost" } }]);
    expect(await sync(client, "/c")).toBe("/c");
  });

  it("comes again to a server that is only starting", async () => {
    let tries = 0;
    const client = await open(
      [
        await serve((frame, first, socket) => {
          if (first && ++tries < 3) return void socket.end();
          return plain(frame, first, socket);
        }),
      ],
      5_000,
    );
    expect(await sync(client, "/a")).toBe("/a");
    expect(tries).toBe(3);
  });

  it("ends the connection where answers are not those of its requests, or cut short", async () => {
    for (const answer of [reply(99), reply(1).subarray(0, 12)]) {
      const spoilt = framed((to) => to.bytes(answer.subarray(4)));
      const client = await open([await serve((_frame, first) => (first ? welcome() : spoilt))]);
      await expect(sync(client, "/a")).rejects.toMatchObject({ trouble: "lost" });
    }
  });

  it("shows its credentials first, and says which is refused", async () => {
    const shown: string[] = [];
    const address = await serve((frame, first) => {
      if (first) return welcome();
      const { xid } = requestHeader.read(frame);
      if (xid === -4) shown.push(requests.auth.read(frame).scheme);
      return reply(xid, shown.at(-1) === "odd" ? -115 : 0);
    });
    const options = { hosts: [address], sessionTimeoutMs: 9_000, connectTimeoutMs: 500, patienceMs: 0 };
    const credentials = (...schemes: string[]) => schemes.map((scheme) => ({ scheme, auth: utf8("a:b") }));
    clients.push(await ZooKeeperClient.open({ ...options, credentials: credentials("digest", "ip") }));
    expect(shown).toEqual(["digest", "ip"]);
    await expect(ZooKeeperClient.open({ ...options, credentials: credentials("odd") })).rejects.toMatchObject({
      trouble: "authFailed",
    });
  });

  it("keeps its session alive by pings, and gives up a server that has fallen silent", async () => {
    let pings = 0;
    const address = await serve((frame, first) => {
      if (first) return welcome(90);
      const { xid } = requestHeader.read(frame);
      if (xid === -2) pings++;
      return xid === -2 && pings < 6 ? reply(xid) : undefined;
    });
    const client = await open([address]);
    await expect(sync(client, "/a")).rejects.toMatchObject({
      trouble: "lost",
      message: `${address}: it has fallen silent`,
    });
    expect(pings).toBeGreaterThan(6);
  });

  it("does not wait for ever for the end of its session", async () => {
    const client = await open([await serve((_frame, first) => (first ? welcome() : undefined))]);
    const asked = sync(client, "/a").catch((error: unknown) => error);
    await client.close();
    expect(await asked).toMatchObject({ trouble: "lost" });
  });
});
