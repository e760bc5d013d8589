import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import type { Operation } from "../../src/base/operations.ts";
import type { Request, ServerMessage } from "../../src/protocol/client-messages.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const write = (xid: number, requestId: number, operation: Operation, ackedRequestId = 0): Request => ({
  type: "request",
  xid,
  requestId,
  ackedRequestId,
  body: { type: "write", operation },
});
const set = (value: number): Operation => ({ op: "setData", path: "/", data: Uint8Array.of(value), version: -1 });
const read = (xid: number): Request => ({
  type: "request",
  xid,
  requestId: 0,
  ackedRequestId: 0,
  body: { type: "read", read: { kind: "getData", path: "/", watch: false, local: false } },
});
const close = (xid: number, requestId: number): Request => ({
  type: "request",
  xid,
  requestId,
  ackedRequestId: 0,
  body: { type: "close" },
});
const xids = (messages: readonly ServerMessage[]) => messages.flatMap((m) => (m.type === "reply" ? [m.xid] : []));
const session = (connected: ServerMessage) => {
  if (connected.type !== "connected") throw new Error(`not attached: ${JSON.stringify(connected)}`);
  return connected;
};

describe.each(["the leader", "a follower"])("a client of %s", (where) => {
  const start = () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    return { cluster, leader, server: where === "the leader" ? leader : cluster.otherThan(leader) };
  };

  it("gets the answer of a read that it sent right before close", () => {
    const { cluster, server } = start();
    cluster.connect(server, 7);
    cluster.say(server, 7, read(1), close(2, 1));
    cluster.run(100);
    expect(xids(cluster.heard(server, 7))).toEqual([1, 2]);
    expect(cluster.closed).toContain(`${server}/7`);
  });

  it("gets the answer of close, and of nothing that it sent behind it", () => {
    const { cluster, server } = start();
    for (const [connection, behind] of [write(3, 2, set(1)), read(3)].entries()) {
      cluster.connect(server, connection);
      cluster.say(server, connection, read(1), close(2, 1), behind);
      cluster.run(100);
      expect(xids(cluster.heard(server, connection))).toEqual([1, 2]);
      expect(cluster.closed).toContain(`${server}/${connection}`);
    }
    expect(cluster.node(server).machine.stat("/")?.version).toBe(0);
    expect(cluster.node(server).retained()).toMatchObject({ proposals: 0 });
  });

  it("gets all answers after it moved with a write that had been applied", () => {
    const { cluster, server } = start();
    const elsewhere = cluster.otherThan(server);
    const connected = session(cluster.connect(elsewhere, 7));
    cluster.say(elsewhere, 7, write(1, 1, set(1)));
    cluster.run(50);
    cluster.node(elsewhere).clientDisconnected(7);
    cluster.connect(server, 9, connected);
    cluster.say(server, 9, read(5), write(6, 1, set(1)), read(7), write(8, 2, set(2)), read(9));
    cluster.run(200);
    expect(xids(cluster.heard(server, 9))).toEqual([5, 6, 7, 8, 9]);
    expect(cluster.node(server).machine.stat("/")?.version).toBe(2);
  });

  it("is told that there is no quorum when its server's disk hangs", () => {
    const { cluster, server } = start();
    cluster.connect(server, 7);
    const disk = cluster.disks.get(server);
    if (disk !== undefined) disk.manual = true;
    cluster.say(server, 7, write(1, 1, set(1)));
    cluster.run(3000);
    cluster.say(server, 7, { type: "ping", number: 1 });
    cluster.run(10);
    expect(cluster.heard(server, 7).at(-1)).toMatchObject({ type: "pong", quorum: false });
    expect(cluster.node(server).status()).toMatchObject({
      ready: false,
      reason: expect.stringContaining("the disk hangs"),
    });
  });

  it("is cut off when it leaves out the answer that would let its writes go on", () => {
    const { cluster, leader, server } = start();
    cluster.connect(server, 7);
    // It never acknowledges: the table of its answers is full, the next write is refused, and the rest cannot follow.
    for (let r = 1; r <= limits.outstandingRequestsMax; r++) {
      cluster.say(server, 7, write(r, r, set(1)));
      if (r % 100 === 0) cluster.run(10);
    }
    cluster.run(200);
    const first = limits.outstandingRequestsMax + 1;
    for (let r = first; r < first + 50; r++) cluster.say(server, 7, write(r, r, set(1)));
    cluster.run(100);
    expect(cluster.heard(server, 7).at(-1)).toMatchObject({ type: "refused", failure: { code: "PROTOCOL_ERROR" } });
    const entries = cluster.node(leader).status().lastIndex;
    cluster.run(5000);
    expect(cluster.node(leader).status().lastIndex).toBe(entries);
  });
});

describe("a cluster", () => {
  it("tells clients of a server that cannot reach the leader, though it hears it", () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    const follower = cluster.otherThan(leader);
    cluster.connect(follower, 7);
    cluster.loses = ({ from, to }) => from === follower && to === leader;
    cluster.run(3000);
    cluster.say(follower, 7, { type: "ping", number: 1 });
    cluster.run(10);
    expect(cluster.heard(follower, 7).at(-1)).toMatchObject({ type: "pong", quorum: false });
    expect(cluster.node(follower).status()).toMatchObject({ ready: false, leader });
    cluster.loses = () => false;
    cluster.run(1000);
    cluster.say(follower, 7, { type: "ping", number: 2 });
    cluster.run(10);
    expect(cluster.heard(follower, 7).at(-1)).toMatchObject({ type: "pong", quorum: true });
    expect(cluster.node(follower).status()).toMatchObject({ ready: true });
  });

  it("offers proposals again at once when the stream on which they were lost is open again", () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    const server = cluster.otherThan(leader);
    cluster.connect(server, 7);
    cluster.loses = ({ from, to }) => from === server && to === leader;
    cluster.say(server, 7, write(1, 1, set(1)));
    cluster.run(50);
    cluster.loses = () => false;
    cluster.run(50);
    expect(xids(cluster.heard(server, 7))).toEqual([]);
    // It goes out again by itself only half a second after it went out first, then ever more seldom.
    cluster.node(server).peerConnected(leader);
    cluster.run(50);
    expect(xids(cluster.heard(server, 7))).toEqual([1]);
  });

  it("makes up for a lost batch of proposals with few entries", () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    const follower = cluster.otherThan(leader);
    cluster.connect(follower, 7);
    const before = cluster.node(leader).status().lastIndex;
    cluster.loses = ({ message }) => message.type === "Forward";
    for (let r = 1; r <= 200; r++) cluster.say(follower, 7, write(r, r, set(1), 1));
    cluster.run(1);
    cluster.loses = () => false;
    for (let r = 201; r <= 600; r++) cluster.say(follower, 7, write(r, r, set(1), 1));
    cluster.run(1000);
    expect(xids(cluster.heard(follower, 7))).toHaveLength(600);
    expect(cluster.node(leader).status().lastIndex - before).toBeLessThan(3 * 600);
  });

  it("does not propose again what is in the leader's own log", () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    cluster.connect(leader, 7);
    const before = cluster.node(leader).status().lastIndex;
    // Followers stay in touch, but their disks do not keep up.
    for (const [id, disk] of cluster.disks) if (id !== leader) disk.manual = true;
    for (let r = 1; r <= 100; r++) cluster.say(leader, 7, write(r, r, set(1)));
    cluster.run(3000);
    expect(cluster.node(leader).raft.isLeader).toBe(true);
    expect(cluster.node(leader).status().lastIndex - before).toBe(100);
  });

  it("goes on after the largest frame that a client can send", () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    cluster.connect(leader, 7);
    const data = new Uint8Array(limits.frameBytesMax - 100);
    cluster.say(leader, 7, write(1, 1, { op: "setData", path: "/", data, version: -1 }), write(2, 2, set(1)));
    cluster.run(100);
    expect(cluster.heard(leader, 7)).toMatchObject([
      { xid: 1, result: { failure: { code: "DATA_TOO_LARGE" } } },
      { xid: 2, result: { stat: { version: 1 } } },
    ]);
  });
});
