import { describe, expect, it } from "vitest";
import { openAcl } from "../../src/base/acl.ts";
import { DiskRoom } from "../../src/node/peers/disk-room.ts";
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const data = Uint8Array.of(1, 2, 3);

function request(requestId: number, operation: "create" | "setData" | "setAcl" | "delete"): ClientMessage {
  const path = "/a";
  const made = { create: { op: "create", path, data, ephemeral: false, sequential: false } as const };
  const other = {
    setData: { op: "setData", path, data, version: -1 },
    setAcl: { op: "setAcl", path, acl: openAcl, version: -1 },
    delete: { op: "delete", path, version: -1 },
  } as const;
  const all = { ...made, ...other };
  return {
    type: "request",
    xid: requestId,
    requestId,
    ackedRequestId: 0,
    body: { type: "write", operation: all[operation] },
  };
}

/** The codes of the answers; "ok" for those without a failure. */
function codes(messages: readonly ServerMessage[]): string[] {
  return messages.flatMap((message) =>
    message.type === "reply" ? [message.result.failure?.code ?? "ok"] : message.type === "refused" ? ["closed"] : [],
  );
}

describe("a cluster whose disks are almost full", () => {
  it("refuses creates, setDatas and setAcls in the session's order, takes deletes, and goes on by itself", () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    cluster.connect(leader, 7);
    cluster.say(leader, 7, request(1, "create"));
    cluster.run(50);
    cluster.node(leader).setDiskLow("2 MiB are free");
    // All in one breath: a hole in the numbers would end the connection.
    cluster.say(leader, 7, request(2, "setData"), request(3, "setAcl"), request(4, "delete"), request(5, "create"));
    cluster.say(leader, 7, request(6, "delete"));
    cluster.run(100);
    cluster.node(leader).setDiskLow(undefined);
    cluster.say(leader, 7, request(7, "create"));
    cluster.run(50);
    const told = ["ok", "DISK_FULL", "DISK_FULL", "ok", "DISK_FULL", "NO_NODE", "ok"];
    expect(codes(cluster.heard(leader, 7))).toEqual(told);
    const digests = [...cluster.nodes.values()].map((node) => node.machine.digest());
    expect(new Set(digests).size).toBe(1);
  });

  it("refuses at every server while the leader is short of disk, and says so", () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    const other = cluster.otherThan(leader);
    cluster.connect(other, 7);
    cluster.node(leader).setDiskLow("2 MiB are free");
    cluster.run(400);
    cluster.say(other, 7, request(1, "create"));
    cluster.run(100);
    expect(codes(cluster.heard(other, 7))).toEqual(["DISK_FULL"]);
    expect(cluster.node(leader).status()).toMatchObject({
      ready: true,
      diskLow: true,
      writesRefused: `the disk of server ${leader} is almost full: 2 MiB are free`,
    });
    expect(cluster.node(other).status()).toMatchObject({
      ready: true,
      diskLow: false,
      writesRefused: expect.stringContaining(`server ${leader}, which leads`),
    });
    cluster.node(leader).setDiskLow(undefined);
    cluster.run(3_000);
    expect(cluster.node(other).status().writesRefused).toBeUndefined();
    cluster.say(other, 7, request(2, "create"));
    cluster.run(100);
    expect(codes(cluster.heard(other, 7))).toEqual(["ok"]);
  });

  it("refuses when those who are short of disk are so many that the others are no majority", () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    const others = [1, 2, 3].filter((id) => id !== leader);
    cluster.node(others[0] ?? 0).setDiskLow("2 MiB are free");
    cluster.run(400);
    expect(cluster.node(leader).status().writesRefused).toBeUndefined();
    cluster.node(others[1] ?? 0).setDiskLow("2 MiB are free");
    cluster.run(400);
    expect(cluster.node(leader).status()).toMatchObject({
      diskLow: false,
      writesRefused: `the disks of too many servers are almost full: of server ${others[0]}, server ${others[1]}`,
    });
  });

  it("answers a refused write that comes again as it did before, though there is room by then", () => {
    const cluster = new NodeCluster(1);
    const leader = cluster.leader();
    const connected = cluster.connect(leader, 7);
    if (connected.type !== "connected") throw new Error("not connected");
    cluster.node(leader).setDiskLow("2 MiB are free");
    cluster.say(leader, 7, request(1, "create"));
    cluster.run(50);
    cluster.node(leader).setDiskLow(undefined);
    cluster.connect(leader, 8, connected);
    cluster.say(leader, 8, request(1, "create"), request(2, "create"));
    cluster.run(50);
    expect(codes(cluster.heard(leader, 8))).toEqual(["DISK_FULL", "ok"]);
  });
});

describe("DiskRoom", () => {
  const configuration = { members: [], voters: [1, 2, 3], oldVoters: [], learners: [] };

  it("forgets what others said after a while, and what a leader said once another one leads", () => {
    const room = new DiskRoom(1, 1_000);
    room.reported(2, true, 0);
    room.reported(3, true, 0);
    expect(room.isClusterLow(configuration, 1_000)).toBe(true);
    expect(room.isClusterLow(configuration, 1_001)).toBe(false);
    room.told(2, 0);
    expect(room.refusal(2, configuration, 1_000)).toContain("server 2");
    expect(room.refusal(3, configuration, 1_000)).toBeUndefined();
    expect(room.refusal(2, configuration, 1_001)).toBeUndefined();
  });

  it("counts both majorities while the configuration is joint", () => {
    const room = new DiskRoom(1, 1_000);
    const joint = { ...configuration, voters: [1, 4, 5], oldVoters: [1, 2, 3] };
    room.reported(4, true, 0);
    expect(room.isClusterLow(joint, 0)).toBe(false);
    room.reported(5, true, 0);
    expect(room.isClusterLow(joint, 0)).toBe(true);
  });
});
