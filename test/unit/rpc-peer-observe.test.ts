import { afterEach, describe, expect, it, vi } from "vitest";
import { RequestClock, type RequestObserver } from "../../src/doors/request-clock.ts";
import type { PeerHandlers } from "../../src/rpc/peer-acceptor.ts";
import type { Question } from "../../src/rpc/peer-observe.ts";
import { PeerTransport } from "../../src/rpc/peer-transport.ts";
import { FakePeerNode, MemoryLog } from "./rpc-harness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function peer(id: number, tell?: (question: Question) => string) {
  const log = new MemoryLog();
  const handlers: PeerHandlers =
    tell === undefined ? new FakePeerNode() : Object.assign(new FakePeerNode(), { observe: tell });
  const transport = new PeerTransport({
    ...{ clusterId: "c", id, incarnation: id, instance: () => 0, waiting: () => false, knownIncarnation: () => 0 },
    ...{ handlers, random: () => 0.5, log },
  });
  cleanups.push(() => transport.close());
  const address = `127.0.0.1:${await transport.listen("127.0.0.1:0")}`;
  return { id, transport, address, log };
}

async function connected(from: PeerTransport, id: number): Promise<void> {
  await vi.waitFor(() => expect(from.linkStats().get(id)?.connected).toBe(true), 60_000);
}

describe("a server that asks another one for those who look", () => {
  it("is answered over the connection of its stream, with any text", async () => {
    const text = `{"n":"${"é\u202e<b>".repeat(30_000)}"}`;
    const [one, two] = [
      await peer(1),
      await peer(2, ({ subject, after }) => (after === 0 ? text : `${subject} ${after}`)),
    ];
    one.transport.setPeers([two]);
    await connected(one.transport, 2);
    expect(await one.transport.observe(2, { subject: "glimpse", after: 0 }, 60_000)).toBe(text);
    const after = 2 ** 40;
    expect(await one.transport.observe(2, { subject: "sessions", after }, 60_000)).toBe(`sessions ${after}`);
    expect(two.transport.stats.open).toBe(1);
  });

  it("is told why there is no answer", async () => {
    const failing = () => {
      throw new Error("broken inside");
    };
    const [one, dumb, broken] = [await peer(1), await peer(2), await peer(3, failing)];
    const ask = (id: number) => one.transport.observe(id, { subject: "glimpse", after: 0 }, 60_000);
    one.transport.setPeers([dumb, broken, { id: 4, address: "127.0.0.1:1" }]);
    await connected(one.transport, 2);
    await connected(one.transport, 3);
    const failed = (message: string) => expect.objectContaining({ code: "NO_SERVER", message });
    await expect(ask(2)).rejects.toEqual(failed("it is of an older version, which does not tell"));
    await expect(ask(3)).rejects.toEqual(failed("the connection to it broke"));
    expect(broken.log.lines.join()).toContain("broken inside");
    await expect(ask(4)).rejects.toEqual(failed("it cannot be reached"));
    await expect(ask(5)).rejects.toEqual(failed("there is no stream to it"));
  });

  it("does not wait longer than it says, and the stream goes on", async () => {
    const [one, two] = [await peer(1), await peer(2, () => "{}")];
    one.transport.setPeers([two]);
    await connected(one.transport, 2);
    const late = one.transport.observe(2, { subject: "glimpse", after: 0 }, 0).catch((error: Error) => error.message);
    expect(["{}", "it does not answer in time"]).toContain(await late);
    expect(await one.transport.observe(2, { subject: "glimpse", after: 0 }, 60_000)).toBe("{}");
    expect(one.transport.linkStats().get(2)?.connected).toBe(true);
  });
});

describe("the clock of a client's requests", () => {
  const request = (xid: number, type: "read" | "write") => {
    const body =
      type === "read"
        ? ({ type, read: { kind: "exists", path: "/", watch: false, local: true } } as const)
        : ({ type, operation: { op: "delete", path: "/a", version: -1 } } as const);
    return { type: "request", xid, requestId: 0, ackedRequestId: 0, body } as const;
  };
  const reply = (xid: number) => ({ type: "reply", xid, zxid: 1, result: {} }) as const;

  it("counts all requests, and times one at a time", () => {
    const told: string[] = [];
    const observer: RequestObserver = {
      asked: (reads, writes) => told.push(`${reads} reads, ${writes} writes`),
      answered: (kind, durationMs) => told.push(`${kind} ${durationMs >= 0 && durationMs < 60_000}`),
    };
    const clock = new RequestClock();
    clock.answered([reply(1)], observer);
    clock.asked([{ type: "ping", number: 1 }], observer);
    clock.asked([request(5, "write"), request(6, "read"), request(7, "read")], observer);
    clock.asked([request(8, "read")], observer);
    clock.answered([reply(4), { type: "pong", number: 1, quorum: true }], observer);
    clock.answered([reply(5), reply(6)], observer);
    clock.answered([reply(7), reply(8)], observer);
    clock.asked([request(9, "read")], observer);
    // Answers may share a message with later ones.
    clock.answered([reply(10)], observer);
    expect(told).toEqual(["2 reads, 1 writes", "1 reads, 0 writes", "write true", "1 reads, 0 writes", "read true"]);
  });
});
