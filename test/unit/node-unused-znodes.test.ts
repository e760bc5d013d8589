import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/base/operations.ts";
import { NodeCluster } from "../support/node-cluster.ts";

const data = new Uint8Array();
const plain = { op: "create", data, ephemeral: false, sequential: false } as const;

/** A cluster whose leader has done these, one after the other. */
function having(...operations: Operation[]): { readonly cluster: NodeCluster; readonly leader: number } {
  const cluster = new NodeCluster(3);
  const leader = cluster.leader();
  cluster.connect(leader, 1);
  for (const [i, operation] of operations.entries()) {
    const request = i + 1;
    cluster.say(leader, 1, {
      type: "request",
      xid: request,
      requestId: request,
      ackedRequestId: 0,
      body: { type: "write", operation },
    });
  }
  return { cluster, leader };
}

/** Whether each server has it. */
const have = (cluster: NodeCluster, path: string) =>
  [...cluster.nodes.values()].map(({ machine }) => machine.stat(path) !== undefined);

describe("znodes that nobody uses", () => {
  it("are removed everywhere: a container without its last child", () => {
    const { cluster } = having(
      { op: "createContainer", path: "/c", data },
      { ...plain, path: "/c/a" },
      { op: "delete", path: "/c/a", version: -1 },
      { op: "createContainer", path: "/new", data },
    );
    cluster.run(1_000);
    expect(have(cluster, "/c")).toEqual([false, false, false]);
    expect(have(cluster, "/new")).toEqual([true, true, true]);
  });

  it("are removed without a write of anybody when their time is over, and not before", () => {
    const { cluster, leader } = having({ op: "createTtl", path: "/t", data, sequential: false, ttlMs: 2_000 });
    cluster.run(1_900);
    expect(have(cluster, "/t")).toEqual([true, true, true]);
    const { lastIndex } = cluster.node(leader).raft.status();
    cluster.run(600);
    expect(have(cluster, "/t")).toEqual([false, false, false]);
    expect(cluster.node(leader).raft.status().lastIndex).toBe(lastIndex + 1);
  });

  it("cost no entry while there are none", () => {
    const { cluster, leader } = having({ op: "createContainer", path: "/c", data });
    cluster.run(500);
    const { lastIndex } = cluster.node(leader).raft.status();
    cluster.run(3_000);
    expect(cluster.node(leader).raft.status().lastIndex).toBe(lastIndex);
  });

  it("are named once while the entry is on its way", () => {
    const { cluster, leader } = having(
      { op: "createContainer", path: "/c", data },
      { ...plain, path: "/c/a" },
      { op: "delete", path: "/c/a", version: -1 },
    );
    cluster.run(20);
    cluster.loses = ({ to, message }) =>
      to !== leader && message.type === "AppendEntries" && message.entries.length > 0;
    const { lastIndex } = cluster.node(leader).raft.status();
    cluster.run(700);
    expect(cluster.node(leader).raft.status().lastIndex).toBe(lastIndex + 1);
    cluster.loses = () => false;
    cluster.run(1_000);
    expect(have(cluster, "/c")).toEqual([false, false, false]);
  });
});
