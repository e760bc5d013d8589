import { Client, credentials, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { type ClientHandlers, ClientStreams, type ClientStreamsOptions } from "../../src/doors/client-streams.ts";
import type { ConnectionId } from "../../src/node/ports.ts";
import type { NodeStatus } from "../../src/node/status.ts";
import { decodeServerFrame, encodeClientFrame } from "../../src/protocol/client-codec.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import { ClientService, type ClientServiceOptions, type ServiceHandlers } from "../../src/rpc/client-service.ts";
import { asBuffer, rawBytes } from "../../src/rpc/grpc.ts";
import { decodeProto } from "../support/schema.ts";
import { MemoryLog, openSession } from "./rpc-harness.ts";

const nodeStatus: NodeStatus = {
  clusterId: "c",
  id: 1,
  role: "leader",
  term: 2,
  leader: 1,
  commitIndex: 3,
  appliedIndex: 3,
  lastIndex: 3,
  durableIndex: 3,
  firstIndex: 1,
  checkpointIndex: 0,
  members: [],
  sessions: 0,
  znodes: 1,
  watches: 0,
  connections: 0,
  ready: true,
};

class FakeNode implements ClientHandlers, ServiceHandlers {
  readonly received: { connection: ConnectionId; message: ClientMessage }[] = [];
  readonly disconnected: ConnectionId[] = [];

  clientMessages(connection: ConnectionId, messages: readonly ClientMessage[]): void {
    for (const message of messages) this.received.push({ connection, message });
  }

  clientDisconnected(connection: ConnectionId): void {
    this.disconnected.push(connection);
  }

  readonly ready: ConnectionId[] = [];

  clientReady(connection: ConnectionId): void {
    this.ready.push(connection);
  }

  status(): NodeStatus {
    return nodeStatus;
  }

  /** What a backup gives; an error ends it. */
  backupParts: (Uint8Array | Error)[] = [];
  backupsEnded = 0;

  async *backup(): AsyncGenerator<Uint8Array> {
    try {
      for (const part of this.backupParts) {
        if (part instanceof Error) throw part;
        yield part;
      }
    } finally {
      this.backupsEnded++;
    }
  }
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startService(
  options: Partial<ClientStreamsOptions> = {},
  door: NonNullable<ClientServiceOptions["door"]> = {},
) {
  const node = new FakeNode();
  const log = new MemoryLog();
  const streams = new ClientStreams({ handlers: node, log, ...options });
  const service = new ClientService({ streams, handlers: node, log, door });
  const port = await service.listen("127.0.0.1:0");
  cleanups.push(() => {
    streams.end();
    return service.close();
  });
  return { node, log, streams, port };
}

/** A session stream and what came back on it. */
function openClient(port: number) {
  const { client, stream } = openSession(port);
  const frames: (readonly ServerMessage[])[] = [];
  const end: { code?: number } = {};
  stream.on("data", (bytes: Buffer) => frames.push(decodeServerFrame(bytes)));
  stream.on("status", ({ code }) => {
    end.code = code;
  });
  cleanups.push(() => client.close());
  return {
    stream,
    frames,
    end,
    get messages(): ServerMessage[] {
      return frames.flat();
    },
    send: (...messages: ClientMessage[]) => stream.write(asBuffer(encodeClientFrame(messages))),
  };
}

function ping(number: number): ClientMessage {
  return { type: "ping", number };
}

function pong(number: number): ServerMessage {
  return { type: "pong", number, quorum: true };
}

function reply(xid: number, bytes: number): ServerMessage {
  return { type: "reply", xid, zxid: xid, result: { data: new Uint8Array(bytes) } };
}

describe("a client that does not read", () => {
  it("is congested once some megabytes wait, and ready when it has read them", async () => {
    const { node, streams, port } = await startService();
    const client = openClient(port);
    client.send(ping(1));
    await vi.waitFor(() => expect(node.received).toHaveLength(1), 20_000);
    const id = node.received[0]?.connection ?? 0;
    client.stream.pause();
    const bytes = 64 * 1024;
    let sent = 0;
    // What a node does: it answers nothing more while the client is congested.
    while (!streams.isCongested(id)) {
      streams.send(id, [reply(++sent, bytes)]);
      await new Promise((resolve) => setImmediate(resolve));
      // Beyond what waits here only the windows of HTTP/2 and the sockets hold something.
      expect(sent * bytes).toBeLessThan(4 * limits.clientAheadBytesMax);
    }
    expect(sent * bytes).toBeGreaterThan(limits.clientAheadBytesMax);
    expect(node.ready).toEqual([]);
    client.stream.resume();
    await vi.waitFor(() => expect(node.ready).toEqual([id]), 20_000);
    expect(streams.isCongested(id)).toBe(false);
    await vi.waitFor(() => expect(client.messages).toHaveLength(sent), 20_000);
    expect(node.disconnected).toEqual([]);
  });
});

describe("session streams", () => {
  it("number connections and carry messages in order, both ways", async () => {
    const { node, streams, port } = await startService();
    const [first, second] = [openClient(port), openClient(port)];
    first.send(ping(1), ping(2));
    first.send(ping(3));
    await vi.waitFor(() => expect(node.received).toHaveLength(3), 5000);
    second.send(ping(4));
    await vi.waitFor(() => expect(node.received).toHaveLength(4), 5000);
    const connections = node.received.map(({ connection }) => connection);
    expect(connections).toEqual([connections[0], connections[0], connections[0], connections[3]]);
    expect(connections[3]).not.toBe(connections[0]);
    expect(node.received.map(({ message }) => message.type === "ping" && message.number)).toEqual([1, 2, 3, 4]);

    for (let n = 1; n <= 100; n++) streams.send(connections[0] ?? 0, [pong(n)]);
    await vi.waitFor(() => expect(first.messages).toHaveLength(100), 5000);
    expect(first.messages).toEqual(Array.from({ length: 100 }, (_, i) => pong(i + 1)));
    expect(second.messages).toEqual([]);
    // All that one turn sends shares a frame.
    expect(first.frames).toHaveLength(1);
  });

  it("send what was queued before they are closed, and the node hears no more of them", async () => {
    const { node, streams, port } = await startService();
    const client = openClient(port);
    client.send(ping(1));
    await vi.waitFor(() => expect(node.received).toHaveLength(1), 5000);
    const id = node.received[0]?.connection ?? 0;
    streams.send(id, [pong(1)]);
    streams.close(id);
    await vi.waitFor(() => expect(client.end.code).toBe(status.OK), 5000);
    expect(client.messages).toEqual([pong(1)]);
    expect(node.disconnected).toEqual([]);
    expect(streams.size).toBe(0);
  });

  it.each(["end", "cancel"] as const)("tell the node when the client is gone (%s)", async (how) => {
    const { node, streams, port } = await startService();
    const client = openClient(port);
    client.send(ping(1));
    await vi.waitFor(() => expect(node.received).toHaveLength(1), 5000);
    client.stream[how]();
    await vi.waitFor(() => expect(node.disconnected).toEqual([node.received[0]?.connection]), 5000);
    expect(streams.size).toBe(0);
  });

  it("split what is large into frames that a client takes", async () => {
    const { node, streams, port } = await startService();
    const client = openClient(port);
    client.send(ping(1));
    await vi.waitFor(() => expect(node.received).toHaveLength(1), 5000);
    const replies = Array.from({ length: 10 }, (_, i) => reply(i, limits.dataBytesMax));
    streams.send(node.received[0]?.connection ?? 0, replies);
    await vi.waitFor(() => expect(client.messages).toHaveLength(10), 10_000);
    expect(client.messages.map((message) => message.type === "reply" && message.xid)).toEqual([...Array(10).keys()]);
  });
});

describe("clients that misbehave", () => {
  it("are told PROTOCOL_ERROR for garbage, and others are served on", async () => {
    const { node, port } = await startService();
    const [bad, good] = [openClient(port), openClient(port)];
    bad.stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]));
    await vi.waitFor(() => expect(bad.end.code).toBe(status.OK), 5000);
    expect(bad.messages).toMatchObject([{ type: "refused", failure: { code: "PROTOCOL_ERROR" } }]);
    good.send(ping(1));
    await vi.waitFor(() => expect(node.received).toHaveLength(1), 5000);
  });

  it("are cut off for an oversized frame", async () => {
    const { node, port } = await startService();
    const client = openClient(port);
    client.send(ping(1));
    await vi.waitFor(() => expect(node.received).toHaveLength(1), 5000);
    client.stream.write(Buffer.alloc(limits.frameBytesMax + 1));
    await vi.waitFor(() => expect(client.end.code).toBe(status.RESOURCE_EXHAUSTED), 5000);
    await vi.waitFor(() => expect(node.disconnected).toHaveLength(1), 5000);
  });

  it("are closed when they never say Connect", async () => {
    const { node, port } = await startService({ connectTimeoutMs: 50 });
    const client = openClient(port);
    await vi.waitFor(() => expect(client.end.code).toBe(status.OK), 5000);
    expect(client.messages).toMatchObject([{ type: "refused", failure: { code: "PROTOCOL_ERROR" } }]);
    expect(node.received).toEqual([]);
  });

  it("are closed with OVERLOADED when they do not read", async () => {
    const { node, streams, port } = await startService({ queueBytesMax: 4 * 1024 * 1024, stallMsMax: 50 });
    const client = openClient(port);
    client.send(ping(1));
    await vi.waitFor(() => expect(node.received).toHaveLength(1), 5000);
    client.stream.pause();
    const id = node.received[0]?.connection ?? 0;
    for (let xid = 0; xid < 400 && node.disconnected.length === 0; xid++) {
      streams.send(id, [reply(xid, 512 * 1024)]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(node.disconnected).toEqual([id]);
    client.stream.resume();
    await vi.waitFor(() => expect(client.end.code).toBe(status.OK), 5000);
    expect(client.messages.at(-1)).toMatchObject({ type: "refused", failure: { code: "OVERLOADED" } });
  });

  it("are refused when there are too many", async () => {
    const { node, port } = await startService({ streamsMax: 1 });
    const first = openClient(port);
    first.send(ping(1));
    await vi.waitFor(() => expect(node.received).toHaveLength(1), 5000);
    const second = openClient(port);
    second.send(ping(2));
    await vi.waitFor(() => expect(second.end.code).toBe(status.OK), 5000);
    expect(second.messages).toMatchObject([{ type: "refused", failure: { code: "OVERLOADED" } }]);
    first.send(ping(3));
    await vi.waitFor(() => expect(node.received).toHaveLength(2), 5000);
  });
});

describe("the Status call", () => {
  it("answers without a session", async () => {
    const { port } = await startService();
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const bytes = await new Promise<Buffer | undefined>((resolve, reject) => {
      client.makeUnaryRequest("/terrarium.Client/Status", rawBytes, rawBytes, Buffer.alloc(0), (error, value) => {
        if (error === null) resolve(value);
        else reject(error);
      });
    });
    client.close();
    const { json } = decodeProto("StatusReply", bytes ?? new Uint8Array(0));
    expect(JSON.parse(String(json))).toEqual(nodeStatus);
  });
});
