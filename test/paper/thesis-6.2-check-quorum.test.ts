import { describe, expect, it } from "vitest";
import { appendEntriesReply, electionTimeoutMs, TestCluster } from "./cluster.ts";

describe("thesis §6.2 a leader without a quorum steps down", () => {
  it("thesis §6.2 within an election timeout", () => {
    const cluster = new TestCluster(5);
    cluster.elect(1);
    cluster.partition([1, 2], [3, 4, 5]);
    cluster.run(electionTimeoutMs - 5);
    expect(cluster.server(1).raft.isLeader).toBe(true);
    cluster.run(30);
    expect(cluster.server(1).raft.status()).toMatchObject({ role: "follower", leader: undefined });
  });

  it("thesis §6.2 stays while a quorum answers, refusals included", () => {
    const cluster = new TestCluster(5);
    cluster.elect(1);
    for (const id of [4, 5]) cluster.crash(id);
    cluster.run(10 * electionTimeoutMs);
    expect(cluster.leaders()).toEqual([1]);
  });

  it("thesis §6.2 a leader that wakes from a pause finds out before it does anything", () => {
    const actions = [
      (cluster: TestCluster) => cluster.server(1).raft.tick(),
      (cluster: TestCluster) => cluster.server(1).raft.requestRead(1),
      (cluster: TestCluster) => cluster.server(1).raft.peerDisconnected(2),
      (cluster: TestCluster) => cluster.server(1).raft.propose([new Uint8Array(1)]),
      // Answers that lay in a buffer meanwhile are no sign of life.
      (cluster: TestCluster) => cluster.server(1).raft.receive(2, appendEntriesReply({ term: 2, matchIndex: 2 })),
    ];
    for (const act of actions) {
      const cluster = new TestCluster(3);
      cluster.elect(1);
      const { lastIndex } = cluster.server(1).raft.status();
      cluster.advance(5000);
      act(cluster);
      expect(cluster.server(1).raft.status()).toMatchObject({ role: "follower", leader: undefined, lastIndex });
      expect(cluster.server(1).flush()).toEqual([]);
    }
  });

  it("thesis §6.2 a sole voter needs nobody", () => {
    const cluster = new TestCluster(1);
    cluster.run(2 * electionTimeoutMs);
    cluster.advance(100_000);
    cluster.server(1).raft.tick();
    expect(cluster.leaders()).toEqual([1]);
  });

  it("thesis §6.2 a slow disk of the followers does not depose the leader", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    // The followers' disks hang from now on; everything else works.
    for (let ms = 0; ms < 3 * electionTimeoutMs; ms++) {
      cluster.advance(1);
      cluster.server(1).raft.tick();
      cluster.collect(1, cluster.server(1).turn());
      for (const id of [2, 3]) cluster.collect(id, cluster.server(id).flush());
      cluster.deliver();
    }
    expect(cluster.leaders()).toEqual([1]);
    expect(cluster.server(1).raft.status().commitIndex).toBe(2);
    cluster.run(5);
    expect(cluster.server(1).raft.status().commitIndex).toBe(3);
  });
});
