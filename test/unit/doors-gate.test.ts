/** Connections that take up room and say nothing, at each door. */
import { type EventEmitter, once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { ClientStreams, streamsMax } from "../../src/doors/client-streams.ts";
import { fileBudget, openFilesMax } from "../../src/doors/files.ts";
import { Gate, type GateStats } from "../../src/doors/gate.ts";
import { Listener } from "../../src/doors/listener.ts";
import { HttpDoor } from "../../src/http/http-door.ts";
import { encodeClientFrame } from "../../src/protocol/client-codec.ts";
import type { ClientMessage } from "../../src/protocol/client-messages.ts";
import { protocolVersion } from "../../src/protocol/client-messages.ts";
import { ClientService } from "../../src/rpc/client-service.ts";
import { asBuffer } from "../../src/rpc/grpc.ts";
import { streamIdentity } from "../../src/rpc/peer-identity.ts";
import { PeerTransport } from "../../src/rpc/peer-transport.ts";
import { callPeer, FakePeerNode, MemoryLog, openSession } from "./rpc-harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const patience = { firstCallMs: 200, idleMs: 400 };

interface Door {
  readonly port: number;
  readonly stats: () => GateStats;
}

async function clientDoor(connectionsMax = 100): Promise<Door & { readonly heard: number[] }> {
  const heard: number[] = [];
  const log = new MemoryLog();
  const streams = new ClientStreams({
    handlers: { clientMessages: (connection) => void heard.push(connection), clientDisconnected: () => {} },
    log,
    streamsMax: streamsMax(connectionsMax),
    connectTimeoutMs: 300,
  });
  const service = new ClientService({
    streams,
    handlers: {
      status: () => {
        throw new Error("no status");
      },
      backup: async function* () {},
    },
    log,
    door: { ...patience, connectionsMax },
  });
  const port = await service.listen("127.0.0.1:0");
  cleanups.push(() => {
    streams.end();
    return service.close();
  });
  return { port, stats: () => service.stats, heard };
}

async function peerDoor(): Promise<Door> {
  const transport = new PeerTransport({
    clusterId: "c",
    id: 1,
    incarnation: 1,
    instance: () => 0,
    waiting: () => false,
    knownIncarnation: () => 0,
    handlers: new FakePeerNode(),
    random: () => 0.5,
    log: new MemoryLog(),
    door: patience,
  });
  const port = await transport.listen("127.0.0.1:0");
  cleanups.push(() => transport.close());
  return { port, stats: () => transport.stats };
}

async function httpDoor(): Promise<Door> {
  const http = new HttpDoor({
    firstRequestMs: 200,
    idleMs: 400,
    connectionsMax: 100,
    status: () => {
      throw new Error("no status");
    },
    metrics: { contentType: "text/plain", scrape: () => Promise.resolve("") },
    onError: () => {},
    log: new MemoryLog(),
  });
  const port = await http.listen("127.0.0.1:0");
  cleanups.push(() => http.close());
  return { port, stats: () => http.stats };
}

const doors: [string, () => Promise<Door>][] = [
  ["clients", clientDoor],
  ["peers", peerDoor],
  ["http", httpDoor],
];

function dial(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.resume();
  cleanups.push(() => socket.destroy());
  return socket;
}

/** Waits until a connection is closed; unlike {@link once} also one that ends with an error, as by a write that comes late. */
function closed(connection: EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    connection.once("close", () => resolve());
  });
}

/** Waits until all connections of a door are gone; fails after a while. */
async function empty({ stats }: Door): Promise<void> {
  for (const giveUp = Date.now() + 30_000; stats().open > 0; await sleep(10))
    if (Date.now() > giveUp) throw new Error(`still open: ${JSON.stringify(stats())}`);
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

/** What somebody may send instead of a word. */
const silences: [string, (socket: Socket) => void][] = [
  ["nothing", () => {}],
  ["half of a preface", (socket) => socket.write(preface.subarray(0, 10))],
  ["a preface", (socket) => socket.write(preface)],
  ["a preface and settings", (socket) => socket.write(Buffer.concat([preface, settings]))],
  ["half of an HTTP request", (socket) => socket.write("GET /health HTTP/1.1\r\nHost: ")],
  [
    "byte by byte",
    (socket) => {
      const bytes = Buffer.concat([preface, settings]);
      let at = 0;
      const timer = setInterval(() => {
        if (!socket.destroyed && at < bytes.length) socket.write(bytes.subarray(at, ++at));
      }, 100);
      cleanups.push(() => clearInterval(timer));
    },
  ],
  ["nothing, and half closed", (socket) => socket.end()],
];

describe.each(doors)("the door of %s", (_name, open) => {
  it.each(silences)("ends a connection that says %s", async (_what, say) => {
    const door = await open();
    const socket = dial(door.port);
    await once(socket, "connect");
    say(socket);
    if (!socket.closed) await closed(socket);
    await empty(door);
  });
});

describe.each(doors.slice(0, 2))("the gRPC door of %s", (_name, open) => {
  it("ends a connection that answers pings but calls nothing, or what there is not", async () => {
    const door = await open();
    for (const path of [undefined, "/terrarium.Client/Nothing"]) {
      const session = connectHttp2(`http://127.0.0.1:${door.port}`);
      session.on("error", () => {});
      cleanups.push(() => session.destroy());
      await once(session, "remoteSettings");
      const headers = { ":method": "POST", ":path": path ?? "", "content-type": "application/grpc", te: "trailers" };
      if (path !== undefined)
        session
          .request(headers)
          .on("error", () => {})
          .resume();
      const pings = setInterval(() => !session.destroyed && session.ping(() => {}), 50);
      cleanups.push(() => clearInterval(pings));
      await closed(session);
    }
    await empty(door);
    expect(door.stats().silent).toBe(2);
  });

  it("ends a connection whose request never comes", async () => {
    const door = await open();
    const session = connectHttp2(`http://127.0.0.1:${door.port}`);
    session.on("error", () => {});
    cleanups.push(() => session.destroy());
    const headers = { ":method": "POST", ":path": "/terrarium.Client/Status", "content-type": "application/grpc" };
    session.request({ ...headers, te: "trailers" }).on("error", () => {});
    await closed(session);
    await empty(door);
  });
});

describe("a session", () => {
  it("without Connect ends with its connection, also if the client never closes its side", async () => {
    const door = await clientDoor();
    const { client, stream } = openSession(door.port);
    cleanups.push(() => client.close());
    await new Promise((resolve) => stream.on("data", resolve));
    stream.cancel();
    await empty(door);
    expect(door.heard).toEqual([]);
  });

  it("keeps its connection for as long as it is open, and some time longer", async () => {
    const door = await clientDoor();
    const { client, stream } = openSession(door.port);
    cleanups.push(() => client.close());
    const hello: ClientMessage = {
      type: "connect",
      protocol: protocolVersion,
      instance: 0,
      sessionId: 0,
      password: new Uint8Array(),
      timeoutMs: 5000,
      lastZxid: 0,
      holder: 1,
      takeover: false,
    };
    stream.write(asBuffer(encodeClientFrame([hello])));
    for (const giveUp = Date.now() + 20_000; door.heard.length === 0; await sleep(5))
      expect(Date.now()).toBeLessThan(giveUp);
    await sleep(3 * patience.idleMs);
    expect(door.stats()).toMatchObject({ open: 1, silent: 0 });
    stream.end();
    await empty(door);
    expect(door.stats().silent).toBe(1);
  });
});

describe("a stream of another server", () => {
  it("keeps its connection though no message comes; one that is refused does not", async () => {
    const door = await peerDoor();
    const identity = { clusterId: "c", from: 2, to: 1 };
    const end = callPeer(door.port, Object.fromEntries(streamIdentity(identity)));
    await sleep(3 * patience.idleMs);
    expect(door.stats()).toMatchObject({ open: 1, silent: 0 });
    // A newer stream takes over, and stays.
    const newer = callPeer(door.port, Object.fromEntries(streamIdentity(identity)));
    expect((await end).details).toContain("took over");
    const other = connectHttp2(`http://127.0.0.1:${door.port}`);
    other.on("error", () => {});
    cleanups.push(() => other.destroy());
    const headers = { ":method": "POST", ":path": "/terrarium.Peer/Messages", "content-type": "application/grpc" };
    other
      .request({ ...headers, te: "trailers" })
      .on("error", () => {})
      .resume();
    await closed(other);
    for (const giveUp = Date.now() + 20_000; door.stats().open > 1; await sleep(5))
      expect(Date.now()).toBeLessThan(giveUp);
    expect(door.stats()).toMatchObject({ open: 1, silent: 1 });
    void newer;
  });
});

describe("a connection whose other end has gone", () => {
  it("is over at once: nobody waits for a ping to find out that a server has died", async () => {
    const gate = new Gate({ name: "x", connectionsMax: 8, firstWordMs: 60_000, idleMs: 60_000, log: new MemoryLog() });
    const taken: Socket[] = [];
    const listener = new Listener(gate, (socket) => taken.push(socket.resume()));
    const port = await listener.listen("127.0.0.1:0");
    cleanups.push(() => listener.close());
    cleanups.push(() => gate.close());
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    cleanups.push(() => socket.destroy());
    await once(socket, "connect");
    // As the kernel does it for a process that has died: an end, and nobody there any more.
    socket.end();
    for (const giveUp = Date.now() + 20_000; taken.length === 0 || gate.stats.open > 0; await sleep(5))
      expect(Date.now()).toBeLessThan(giveUp);
  });
});

describe("a door that is full", () => {
  it("turns away those on top, in all and from one address, and takes others when some have left", async () => {
    const log = new MemoryLog();
    const gate = new Gate({ name: "x", connectionsMax: 8, firstWordMs: 60_000, idleMs: 60_000, log });
    const taken: Socket[] = [];
    const listener = new Listener(gate, (socket) => taken.push(socket));
    const port = await listener.listen("0.0.0.0:0");
    cleanups.push(() => listener.close());
    cleanups.push(() => gate.close());
    const from = (localAddress: string): Socket => {
      const socket = connect({ port, host: "127.0.0.1", localAddress });
      socket.on("error", () => {}).resume();
      cleanups.push(() => socket.destroy());
      return socket;
    };
    const greedy = Array.from({ length: 20 }, () => from("127.0.0.2"));
    await Promise.all(greedy.map((socket) => once(socket, "connect")));
    for (const giveUp = Date.now() + 20_000; gate.stats.refused < 14; await sleep(5))
      expect(Date.now()).toBeLessThan(giveUp);
    expect(gate.stats).toMatchObject({ open: 6, max: 8, refused: 14 });
    const others = [from("127.0.0.3"), from("127.0.0.4"), from("127.0.0.5")];
    await Promise.all(others.map((socket) => once(socket, "connect")));
    for (const giveUp = Date.now() + 20_000; gate.stats.refused < 15; await sleep(5))
      expect(Date.now()).toBeLessThan(giveUp);
    expect(gate.stats.open).toBe(8);
    expect(log.lines.some((line) => line.includes("one address has as many connections"))).toBe(true);
    expect(log.lines.some((line) => line.includes("a door is full"))).toBe(true);
    for (const socket of taken) socket.destroy();
    await empty({ port, stats: () => gate.stats });
    await once(from("127.0.0.2"), "connect");
    for (const giveUp = Date.now() + 20_000; gate.stats.open < 1; await sleep(5))
      expect(Date.now()).toBeLessThan(giveUp);
  });
});

describe("the budget of open files", () => {
  it("never gives away more than there are, and keeps room for the process itself", () => {
    for (let limit = 96; limit < 30_000; limit += 7) {
      const { reserved, clients, peers, http } = fileBudget(limit, true);
      // A stream to each server that opens one is among what is reserved.
      expect(reserved + clients + peers + http).toBeLessThanOrEqual(limit);
      expect(reserved - peers).toBeGreaterThanOrEqual(64);
      expect(Math.min(clients, peers, http)).toBeGreaterThanOrEqual(3);
    }
    expect(fileBudget(Number.POSITIVE_INFINITY, true)).toMatchObject({ clients: 10_000, peers: 128, http: 320 });
    // Clients lose nothing to pages that are not served.
    expect(fileBudget(1_024, false)).toMatchObject({ clients: 656, http: 64 });
    // Those of ZooKeeper share the room of the others: what they do not keep a port for, the others have alone.
    expect(fileBudget(1_024, false, true)).toMatchObject({ clients: 328, zookeeper: 328, http: 64 });
    expect(() => fileBudget(95, false)).toThrow(expect.objectContaining({ code: "USAGE" }));
    expect(openFilesMax()).toBeGreaterThan(100);
  });
});
