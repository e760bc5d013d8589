import { expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import type { Operation } from "../../src/base/operations.ts";
import { type DiskView, viewLost } from "../../src/storage/disk.ts";
import { hastyCheckpoints } from "../support/hasty-checkpoints.ts";
import { NodeCluster } from "../support/node-cluster.ts";

it("begins a snapshot anew whose view of the disk is gone", () => {
  const cluster = new NodeCluster(3, 1, { checkpoints: hastyCheckpoints });
  const leader = cluster.leader();
  const behind = cluster.otherThan(leader);
  cluster.loses = ({ from, to }) => from === behind || to === behind;
  const client = 7;
  cluster.connect(leader, client);
  for (let n = 1; n <= 20; n++) {
    const operation: Operation = {
      ...{ op: "create", path: `/n${n}`, data: new Uint8Array(100), ephemeral: false, sequential: false },
    };
    const body = { type: "write", operation } as const;
    cluster.say(leader, client, { type: "request", xid: n, requestId: n, ackedRequestId: 0, body });
    cluster.run(20);
  }
  const { raft } = cluster.node(leader);
  expect(raft.logBase.index).toBeGreaterThan(cluster.node(behind).status().lastIndex);

  const disk = present(cluster.disks.get(leader), "the leader's disk");
  const view = disk.view.bind(disk);
  const gone: DiskView = { read: (_range, _bytesMax, done) => done(viewLost(), []), close: () => {} };
  /** The first two views are gone at once, the third one after its head was read. */
  let taken = 0;
  disk.view = () => {
    taken++;
    if (taken <= 2) return gone;
    const real = view();
    let reads = 0;
    const read: DiskView["read"] = (...read) => (taken === 3 && ++reads > 1 ? gone.read(...read) : real.read(...read));
    return { read, close: () => real.close() };
  };
  cluster.loses = () => false;
  cluster.run(3_000);
  expect(taken).toBe(4);
  expect(cluster.node(behind).machine.digest()).toBe(cluster.node(leader).machine.digest());
  expect(cluster.node(behind).machine.counts().znodes).toBe(24);
});
