/** What a node tells those who look at it. */
import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/base/operations.ts";
import type { Request } from "../../src/protocol/client-messages.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const request = (xid: number, body: Request["body"]): Request => ({
  ...{ type: "request", xid, requestId: body.type === "write" ? xid : 0, ackedRequestId: 0, body },
});
const create = (path: string, ephemeral: boolean): Request["body"] => {
  const operation: Operation = { op: "create", path, data: new Uint8Array(), ephemeral, sequential: false };
  return { type: "write", operation };
};

describe("a node", () => {
  it("tells its sessions page by page, the leader also when it heard of each, and what is watched", () => {
    const cluster = new NodeCluster(3);
    const leader = cluster.leader();
    const follower = cluster.otherThan(leader);
    const sessions = [1, 2, 3, 4, 5].map((connection) => {
      const connected = cluster.connect(connection === 5 ? leader : follower, connection);
      if (connected.type !== "connected") throw new Error("not attached");
      return connected.sessionId;
    });
    for (let i = 1; i <= 12; i++) cluster.say(follower, 1, request(i, create(`/e${String(i).padStart(2, "0")}`, true)));
    cluster.run(50);
    const read = { kind: "getData", path: "/e01", watch: true, local: true } as const;
    cluster.say(follower, 2, request(1, { type: "read", read }));
    cluster.run(50);

    const told = cluster.node(follower).lookers.sessionsBehind(0, 3);
    expect(told.sessions.map(({ id }) => id)).toEqual(sessions.slice(0, 3));
    expect(told.more).toBe(true);
    const [first] = told.sessions;
    expect(first).toMatchObject({ timeoutMs: 10_000, lastRequestId: 12, ephemeralCount: 12, attachedHere: true });
    expect(first?.ephemerals.slice(0, 2)).toEqual(["/e01", "/e02"]);
    expect(first?.ephemerals).toHaveLength(10);
    expect(first).not.toHaveProperty("silentMs");
    const rest = cluster.node(follower).lookers.sessionsBehind(sessions[2] ?? 0, 3);
    expect([rest.sessions.map(({ id }) => id), rest.more]).toEqual([sessions.slice(3), false]);
    expect(rest.sessions.map(({ attachedHere }) => attachedHere)).toEqual([true, false]);

    const atLeader = cluster.node(leader).lookers.sessionsBehind(0, 9).sessions;
    expect(atLeader.map(({ attachedHere }) => attachedHere)).toEqual([false, false, false, false, true]);
    cluster.run(2_000);
    cluster.say(follower, 1, { type: "ping", number: 1 });
    cluster.run(500);
    const silence = cluster
      .node(leader)
      .lookers.sessionsBehind(0, 9)
      .sessions.map(({ silentMs = -1 }) => silentMs);
    expect(silence[0]).toBeLessThan(1_000);
    for (const ms of silence.slice(1)) expect(ms).toBeGreaterThan(2_000);

    expect(cluster.node(follower).lookers.watched(9)).toEqual([{ kind: "data", path: "/e01", watchers: 1 }]);
    expect(cluster.node(leader).lookers.watched(9)).toEqual([]);
  });
});
