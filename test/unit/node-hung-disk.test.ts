import { describe, expect, it } from "vitest";
import type { ClientMessage } from "../../src/protocol/client-messages.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const write = (requestId: number, bytes: number): ClientMessage => ({
  type: "request",
  xid: requestId,
  requestId,
  ackedRequestId: 0,
  body: { type: "write", operation: { op: "setData", path: "/", data: new Uint8Array(bytes), version: -1 } },
});

/** A cluster whose leader has a disk that hangs from now on, and the id of that leader. */
function withHungLeader(size: number, options = {}) {
  const cluster = new NodeCluster(size, 1, options);
  const leader = cluster.leader();
  const disk = cluster.disks.get(leader);
  if (disk === undefined) throw new Error("no disk");
  disk.manual = true;
  const mend = () => {
    disk.manual = false;
    while (disk.complete());
  };
  return { cluster, leader, mend };
}

describe("a server whose disk hangs", () => {
  it("says so, tells how far behind it is, and is not ready, leader or not", () => {
    const { cluster, leader, mend } = withHungLeader(1);
    cluster.say(leader, 7, { ...connect });
    cluster.run(900);
    expect(cluster.node(leader).status()).toMatchObject({ ready: true, role: "leader" });
    cluster.run(1_000);
    const status = cluster.node(leader).status();
    expect(status).toMatchObject({ ready: false, role: "leader", reason: expect.stringContaining("the disk hangs") });
    expect(status.diskStalledMs).toBeGreaterThan(1_000);
    expect(status.members[0]?.lag).toBe(1);
    mend();
    cluster.run(50);
    expect(cluster.node(leader).status()).toMatchObject({ ready: true, diskStalledMs: 0 });
  });

  it("hands leadership on, and the sessions that nobody speaks for end in time", () => {
    const { cluster, leader, mend } = withHungLeader(3);
    // The leader itself never applies this session's beginning.
    const elsewhere = cluster.otherThan(leader);
    cluster.connect(elsewhere, 7);
    cluster.node(elsewhere).clientDisconnected(7);
    expect(cluster.node(elsewhere).status().sessions).toBe(1);
    cluster.run(3_000);
    expect(cluster.node(leader).raft.isLeader).toBe(false);
    expect(cluster.node(leader).status().ready).toBe(false);
    cluster.run(11_000);
    expect(cluster.node(elsewhere).status().sessions).toBe(0);
    mend();
    cluster.run(1_000);
    expect(cluster.node(leader).status()).toMatchObject({ ready: true, sessions: 0 });
  });

  it("takes no more of its clients' writes than its memory is to hold", () => {
    const { cluster, leader } = withHungLeader(1, { proposedBytesMax: 10_000 });
    cluster.disks.get(leader)?.complete();
    const disk = cluster.disks.get(leader);
    if (disk !== undefined) disk.manual = false;
    for (const connection of [7, 8, 9]) cluster.connect(leader, connection);
    if (disk !== undefined) disk.manual = true;
    for (let request = 1; request <= 4; request++)
      for (const connection of [7, 8, 9]) cluster.say(leader, connection, write(request, 1_000));
    cluster.run(10);
    const refused = [7, 8, 9].filter((connection) => cluster.closed.has(`${leader}/${connection}`));
    expect(refused).toHaveLength(1);
    expect(cluster.heard(leader, refused[0] ?? 0)).toMatchObject([
      { type: "refused", failure: { code: "OVERLOADED", message: expect.stringContaining("10000 bytes wait") } },
    ]);
  });
});

const connect = {
  type: "connect",
  protocol: 1,
  sessionId: 0,
  password: new Uint8Array(),
  timeoutMs: 10_000,
  lastZxid: 0,
  holder: 1,
  takeover: false,
  instance: 0,
} as const satisfies ClientMessage;
