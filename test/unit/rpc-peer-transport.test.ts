import { connect, createServer, type Socket } from "node:net";
import {
  Server as GrpcServer,
  Metadata,
  ServerCredentials,
  type ServerReadableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { encodeCommand } from "../../src/protocol/command-codec.ts";
import { encodePeerFrame } from "../../src/protocol/peer-codec.ts";
import { peerService } from "../../src/rpc/peer-acceptor.ts";
import { checkIdentity, streamIdentity } from "../../src/rpc/peer-identity.ts";
import { PeerTransport } from "../../src/rpc/peer-transport.ts";
import { callPeer, FakePeerNode, MemoryLog } from "./rpc-harness.ts";

interface Server {
  readonly id: number;
  readonly node: FakePeerNode;
  readonly log: MemoryLog;
  readonly transport: PeerTransport;
  port: number;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startServer(
  id: number,
  clusterId = "c",
  port = 0,
  { incarnation = 0, instance = (): number => 0, waiting = false, known = (_id: number): number => 0 } = {},
): Promise<Server> {
  const node = new FakePeerNode();
  const log = new MemoryLog();
  const transport = new PeerTransport({
    clusterId,
    id,
    incarnation,
    instance,
    waiting: () => waiting,
    knownIncarnation: known,
    handlers: node,
    random: () => 0.5,
    log,
  });
  const bound = await transport.listen(`127.0.0.1:${port}`);
  cleanups.push(() => transport.close());
  return { id, node, log, transport, port: bound };
}

function introduce(...servers: Server[]): void {
  for (const server of servers) {
    server.transport.setPeers(
      servers.filter((s) => s !== server).map((s) => ({ id: s.id, address: `127.0.0.1:${s.port}` })),
    );
  }
}

async function connected(from: Server, to: Server): Promise<void> {
  await vi.waitFor(() => expect(from.transport.linkStats().get(to.id)?.connected).toBe(true), 5000);
}

function read(readId: number) {
  return { type: "ReadIndex", term: 1, readId } as const;
}

/** A command with so many bytes of data. */
function write(bytes: number): Uint8Array {
  const operation = { op: "setData", path: "/a", data: new Uint8Array(bytes), version: -1 } as const;
  const body = { type: "write", sessionId: 1, attachment: 1, requestId: 1, ackedRequestId: 0, operation } as const;
  return encodeCommand(body, 1, 1);
}

function identity(fields: {
  clusterId?: string;
  from?: number;
  to?: number;
  incarnation?: number;
  waiting?: boolean;
}): Record<string, string> {
  return Object.fromEntries(streamIdentity({ clusterId: "c", from: 2, to: 1, ...fields }));
}

describe("two servers", () => {
  it("exchange messages in order, both ways", async () => {
    const [a, b] = [await startServer(1), await startServer(2)];
    introduce(a, b);
    await connected(a, b);
    await connected(b, a);
    const ids = Array.from({ length: 2000 }, (_, i) => i);
    for (const id of ids) a.transport.send(2, [read(id)]);
    b.transport.send(1, [read(7), read(8)]);
    await vi.waitFor(() => expect(b.node.readIds).toHaveLength(ids.length), 5000);
    expect(b.node.readIds).toEqual(ids);
    expect(b.node.received.every(({ from }) => from === 1)).toBe(true);
    await vi.waitFor(() => expect(a.node.readIds).toEqual([7, 8]), 5000);
  });

  it("deliver what was sent while they were still connecting", async () => {
    const [a, b] = [await startServer(1), await startServer(2)];
    introduce(a, b);
    a.transport.send(2, [read(1)]);
    await vi.waitFor(() => expect(b.node.readIds).toEqual([1]), 5000);
  });

  it("see the other one leave, once, and find it again when it is back on its address", async () => {
    const [a, b] = [await startServer(1), await startServer(2)];
    introduce(a, b);
    await connected(a, b);
    await connected(b, a);
    await b.transport.close();
    await vi.waitFor(() => expect(a.node.disconnected).toEqual([2]), 5000);
    expect(b.node.disconnected).toEqual([]);

    const again = await startServer(2, "c", b.port);
    introduce(a, again);
    await connected(a, again);
    expect(a.node.connected).toEqual([2, 2]);
    a.transport.send(2, [read(5)]);
    await vi.waitFor(() => expect(again.node.readIds).toEqual([5]), 5000);
    expect(a.node.disconnected).toEqual([2]);
  });

  it("carry a message of the largest size, and drop what no frame can hold", async () => {
    const [a, b] = [await startServer(1), await startServer(2)];
    introduce(a, b);
    await connected(a, b);
    const forward = (bytes: number) => ({ type: "Forward", commands: [write(bytes)] }) as const;
    a.transport.send(2, [forward(limits.peerFrameBytesMax + 1), forward(limits.peerFrameBytesMax - 1000), forward(3)]);
    await vi.waitFor(() => expect(b.node.received).toHaveLength(2), 5000);
    const sizes = b.node.received.map(({ message }) => message.type === "Forward" && message.commands[0]?.length);
    expect(sizes).toEqual([write(limits.peerFrameBytesMax - 1000).length, write(3).length]);
    expect(a.log.lines.join("\n")).toContain("dropped a frame over the limit");
  });
});

describe("a server that only one of two knows", () => {
  it("is heard and answered, as long as it calls", async () => {
    const [a, b] = [await startServer(1), await startServer(2)];
    introduce(a); // knows nobody: its configuration is old
    b.transport.setPeers([{ id: 1, address: `127.0.0.1:${a.port}` }]);
    b.transport.send(1, [read(1)]);
    await vi.waitFor(() => expect(a.node.readIds).toEqual([1]), 5000);
    a.transport.send(2, [read(2)]);
    await vi.waitFor(() => expect(b.node.readIds).toEqual([2]), 5000);
    // Neither keeps the other's stream alive once nobody wants it.
    b.transport.setPeers([]);
    await vi.waitFor(() => expect(a.transport.linkStats().size + b.transport.linkStats().size).toBe(0), 5000);
  });

  it("tells which life of the cluster it is of, also where it learns that later", async () => {
    let instance = 0;
    const a = await startServer(1);
    const b = await startServer(2, "c", 0, { instance: () => instance });
    introduce(a, b);
    await connected(b, a);
    instance = 7;
    b.transport.redial();
    await vi.waitFor(() => {
      b.transport.send(1, [read(1)]);
      expect(a.node.instances.at(-1)).toBe(7);
    }, 5000);
  });

  it("is refused by a server of another life of the cluster", async () => {
    const a = await startServer(1, "c", 0, { instance: () => 8 });
    const b = await startServer(2, "c", 0, { instance: () => 7 });
    introduce(a, b);
    await vi.waitFor(() => expect(b.log.lines.join()).toContain("another life of cluster c (8, not 7)"), 5000);
    expect(b.transport.linkStats().get(1)?.connected).toBe(false);
  });

  it("is dialled back where its configuration says, if it listens everywhere", async () => {
    const a = await startServer(1);
    const node = new FakePeerNode();
    const log = new MemoryLog();
    const b = new PeerTransport({
      clusterId: "c",
      id: 2,
      incarnation: 0,
      instance: () => 0,
      waiting: () => false,
      knownIncarnation: () => 0,
      handlers: node,
      random: () => 0.5,
      log,
    });
    const port = await b.listen("0.0.0.0:0");
    cleanups.push(() => b.close());
    b.setPeers([
      { id: 1, address: `127.0.0.1:${a.port}` },
      { id: 2, address: `127.0.0.1:${port}` },
    ]);
    await vi.waitFor(() => expect(a.transport.linkStats().get(2)?.connected).toBe(true), 5000);
    a.transport.send(2, [read(2)]);
    await vi.waitFor(() => expect(node.readIds).toEqual([2]), 5000);
  });

  it("is refused when too many others call, but a member never is", async () => {
    const a = await startServer(1);
    a.transport.setPeers([{ id: 2, address: "127.0.0.1:1" }]);
    const call = (from: number) =>
      callPeer(a.port, { ...identity({ from }), "terrarium-callback": "127.0.0.1:1" }, [encodePeerFrame([read(from)])]);
    const strangers = Array.from({ length: 64 }, (_, i) => call(100 + i));
    await vi.waitFor(() => expect(a.node.readIds).toHaveLength(64), 5000);
    expect((await call(99)).details).toContain("too many servers");
    const member = call(2);
    await vi.waitFor(() => expect(a.node.readIds).toContain(2), 5000);
    await a.transport.close();
    await Promise.all([...strangers, member]);
  });

  it("keeps its stream when the other one gets to know it", async () => {
    const [a, b] = [await startServer(1), await startServer(2)];
    b.transport.setPeers([{ id: 1, address: `127.0.0.1:${a.port}` }]);
    await connected(a, b);
    introduce(a, b);
    b.transport.setPeers([]); // now it is the other way round
    await connected(a, b);
    await connected(b, a);
    b.transport.send(1, [read(3)]);
    await vi.waitFor(() => expect(a.node.readIds).toEqual([3]), 5000);
  });
});

describe("a peer that does not read", () => {
  it("costs no more memory than its queue's limit", async () => {
    const [a, b] = [await startServer(1), await startServer(2)];
    // A door that lets bytes in until the greeting is done, then none.
    const sockets: Socket[] = [];
    const proxy = createServer((socket) => {
      const upstream = connect(b.port, "127.0.0.1");
      for (const end of [socket, upstream]) end.on("error", () => {});
      socket.pipe(upstream).pipe(socket);
      sockets.push(socket, upstream);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    });
    const address = proxy.address();
    const proxyPort = address !== null && typeof address === "object" ? address.port : 0;
    b.transport.setPeers([{ id: 1, address: `127.0.0.1:${a.port}` }]);
    a.transport.setPeers([{ id: 2, address: `127.0.0.1:${proxyPort}` }]);
    await connected(a, b);
    for (const socket of sockets) {
      socket.unpipe();
      socket.pause();
    }
    const command = new Uint8Array(256 * 1024);
    for (let i = 0; i < 200; i++) a.transport.send(2, [{ type: "Forward", commands: [command] }]);
    const stats = a.transport.linkStats().get(2);
    expect(stats?.droppedMessages).toBeGreaterThan(100);
    expect(stats?.queuedBytes).toBeLessThanOrEqual(limits.peerQueueBytesMax);
    // Two frames are with gRPC, the rest is ours to reorder.
    expect(stats?.sentMessages).toBeLessThanOrEqual(4);
  });
});

describe("the acceptor", () => {
  it.each([
    ["another cluster", identity({ clusterId: "other" }), "of cluster c, not other"],
    ["another server", identity({ to: 3 }), "this is server 1, not 3"],
    ["nobody", { ...identity({}), "terrarium-from": "x" }, '"x" is no id of a server'],
    ["who cannot be called back", { ...identity({}), "terrarium-callback": "here" }, "not host:port"],
    ["who has a strange incarnation", { ...identity({}), "terrarium-incarnation": "-1" }, "incarnation is no number"],
    ["a twin", identity({ from: 1 }), "another server 1 runs here already"],
    ["another protocol", { ...identity({}), "terrarium-protocol": "99" }, "peer protocol 99"],
    ["no Terrarium server", {}, "the port between Terrarium servers"],
  ])("refuses a stream of %s, with a sentence", async (_who, metadata, sentence) => {
    const [a, b] = [await startServer(1), await startServer(2)];
    introduce(a, b);
    await connected(b, a);
    const end = await callPeer(a.port, metadata, [encodePeerFrame([read(1)])]);
    expect(end.code).toBe(status.FAILED_PRECONDITION);
    expect(end.details).toContain(sentence);
    expect(a.node.received).toEqual([]);
    expect(a.node.disconnected).toEqual([]);
  });

  it("has the dialler say in its log why it was refused", async () => {
    const [a, b] = [await startServer(1), await startServer(2, "other")];
    introduce(a, b);
    await vi.waitFor(() => expect(b.log.lines.join("\n")).toContain("of cluster c, not other"), 5000);
    expect(a.transport.linkStats().get(2)?.connected).toBe(false);
  });

  it("lets a newer stream of a peer take over, silently", async () => {
    const a = await startServer(1);
    const older = callPeer(a.port, identity({}), [encodePeerFrame([read(1)])]);
    await vi.waitFor(() => expect(a.node.readIds).toEqual([1]), 5000);
    const newer = callPeer(a.port, identity({}), [encodePeerFrame([read(2)])]);
    expect((await older).code).toBe(status.ABORTED);
    await vi.waitFor(() => expect(a.node.readIds).toEqual([1, 2]), 5000);
    expect(a.node.disconnected).toEqual([]);
    await a.transport.close();
    expect((await newer).code).toBe(0);
  });

  it.each([
    ["garbage", new Uint8Array([0xff, 0xff, 0xff, 1, 2, 3]), status.INVALID_ARGUMENT],
    ["an oversized frame", new Uint8Array(limits.peerFrameBytesMax + 1), status.RESOURCE_EXHAUSTED],
  ])("ends a stream that brings %s, tells the node, and serves on", async (_what, frame, code) => {
    const a = await startServer(1);
    expect((await callPeer(a.port, identity({}), [frame])).code).toBe(code);
    await vi.waitFor(() => expect(a.node.disconnected).toEqual([2]), 5000);
    const good = callPeer(a.port, identity({}), [encodePeerFrame([read(3)])]);
    await vi.waitFor(() => expect(a.node.readIds).toEqual([3]), 5000);
    await a.transport.close();
    await good;
  });

  it("survives bytes that are no HTTP/2 at all", async () => {
    const [a, b] = [await startServer(1), await startServer(2)];
    introduce(a, b);
    await connected(b, a);
    const socket = connect(a.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n\0\x01\x02");
    await closed;
    b.transport.send(1, [read(4)]);
    await vi.waitFor(() => expect(a.node.readIds).toEqual([4]), 5000);
    expect(a.node.disconnected).toEqual([]);
  });
});

describe("two servers with one id", () => {
  const read1 = [encodePeerFrame([read(1)])];

  it("with other data: the one that is not known is refused while the other is connected", async () => {
    const a = await startServer(1, "c", 0, { known: (id) => (id === 2 ? 22 : 0) });
    // A stranger that came first goes when the one that is known comes.
    const early = callPeer(a.port, identity({ incarnation: 33 }), read1);
    await vi.waitFor(() => expect(a.node.readIds).toHaveLength(1), 5000);
    const own = callPeer(a.port, identity({ incarnation: 22 }), read1);
    expect((await early).code).toBe(status.ABORTED);
    await vi.waitFor(() => expect(a.node.readIds).toHaveLength(2), 5000);

    const twin = await startServer(2, "c", 0, { incarnation: 33 });
    twin.transport.setPeers([{ id: 1, address: `127.0.0.1:${a.port}` }]);
    await vi.waitFor(() => expect(twin.log.lines.join("\n")).toContain("another server uses id 2"), 5000);
    expect(twin.transport.linkStats().get(1)?.connected).toBe(false);

    // Restarted, with the data that are known, it takes over at once.
    const again = callPeer(a.port, identity({ incarnation: 22 }), read1);
    expect((await own).code).toBe(status.ABORTED);
    await vi.waitFor(() => expect(a.node.readIds).toHaveLength(3), 5000);
    expect(a.node.disconnected).toEqual([]);
    await a.transport.close();
    await again;
  });

  it("with other data, and nobody known yet: the first one stays; once it is gone, the other one is heard", async () => {
    const a = await startServer(1);
    const first = await startServer(2, "c", 0, { incarnation: 22 });
    const address = `127.0.0.1:${a.port}`;
    first.transport.setPeers([{ id: 1, address }]);
    await connected(first, a);
    const second = await startServer(2, "c", 0, { incarnation: 33 });
    second.transport.setPeers([{ id: 1, address }]);
    await vi.waitFor(() => expect(second.log.lines.join("\n")).toContain("another server uses id 2"), 5000);
    expect(first.transport.linkStats().get(1)?.connected).toBe(true);
    await first.transport.close();
    await connected(second, a);
  });

  it("with other data, one of them waiting to be admitted: the one that takes part goes first, whoever came first", async () => {
    const a = await startServer(1);
    const waiting = callPeer(a.port, identity({ incarnation: 33, waiting: true }), read1);
    await vi.waitFor(() => expect(a.node.readIds).toHaveLength(1), 5000);
    const member = callPeer(a.port, identity({ incarnation: 22 }), read1);
    expect((await waiting).code).toBe(status.ABORTED);
    await vi.waitFor(() => expect(a.node.readIds).toHaveLength(2), 5000);
    const again = callPeer(a.port, identity({ incarnation: 33, waiting: true }), read1);
    expect((await again).details).toContain("another server uses id 2");
    await a.transport.close();
    await member;
  });

  it("with the same data: they back off from each other, and say so once", async () => {
    // Stands for a peer at which a twin takes every stream over as soon as it is there.
    const taken: number[] = [];
    const peer = new GrpcServer();
    peer.addService(peerService, {
      messages: (call: ServerReadableStream<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => {
        taken.push(performance.now());
        call.on("error", () => {});
        call.sendMetadata(new Metadata());
        setImmediate(() => respond({ code: status.ABORTED, details: "a newer stream took over" }));
      },
    });
    const port = await new Promise<number>((resolve, reject) =>
      peer.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    cleanups.push(() => peer.forceShutdown());
    const a = await startServer(2, "c", 0, { incarnation: 22 });
    a.transport.setPeers([{ id: 1, address: `127.0.0.1:${port}` }]);
    await vi.waitFor(() => expect(taken.length).toBeGreaterThanOrEqual(8), 30_000);
    // 20 ms, doubled each time up to a second, less a quarter (the random number is one half).
    const gaps = taken.slice(1).map((at, i) => at - (taken[i] ?? 0));
    for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThan(0.7 * Math.min(1000, 20 * 2 ** i));
    expect(a.log.lines.filter((line) => line.includes("another server uses id 2"))).toHaveLength(1);
  });
});

describe("listening", () => {
  it("says that an address is taken", async () => {
    const a = await startServer(1);
    await expect(startServer(2, "c", a.port)).rejects.toMatchObject({
      code: "ADDRESS_IN_USE",
      message: expect.stringContaining(`127.0.0.1:${a.port}`),
    });
  });
});

describe("checkIdentity", () => {
  it("takes the member that it is", () => {
    const metadata = new Map(streamIdentity({ clusterId: "c", from: 2, to: 1 }));
    const checked = checkIdentity((key) => metadata.get(key), { clusterId: "c", id: 1, instance: 5 });
    expect(checked).toEqual({ from: 2, incarnation: 0, instance: 0, waiting: false, callback: undefined });
  });

  it("refuses a server of another life of the cluster, once both know theirs", () => {
    const check = (instance: number, own: number) => {
      const metadata = new Map(streamIdentity({ clusterId: "c", from: 2, to: 1, instance }));
      return checkIdentity((key) => metadata.get(key), { clusterId: "c", id: 1, instance: own });
    };
    expect(check(7, 8)).toEqual({ refusal: expect.stringContaining("another life of cluster c (8, not 7)") });
    expect(check(8, 8)).toMatchObject({ instance: 8 });
    expect(check(7, 0)).toMatchObject({ instance: 7 });
    expect(check(0, 8)).toMatchObject({ instance: 0 });
  });
});
