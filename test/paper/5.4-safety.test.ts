import { describe, expect, it } from "vitest";
import type { ServerId } from "../../src/raft/types.ts";
import {
  appendEntries,
  command,
  electionTimeoutMs,
  heartbeatMs,
  requestVote,
  TestCluster,
  TestServer,
} from "./cluster.ts";

describe("§5.4.1 election restriction", () => {
  it.each([
    // voter's log, candidate's last index and term, granted
    ["the same log", [1, 1, 2], 3, 2, true],
    ["a longer log", [1, 1, 2], 4, 2, true],
    ["a shorter log", [1, 1, 2], 2, 2, false],
    ["a later last term, though shorter", [1, 1, 2], 2, 3, true],
    ["an earlier last term, though longer", [1, 1, 2], 9, 1, false],
  ])("§5.4.1 %s", (_, terms, lastLogIndex, lastLogTerm, voteGranted) => {
    for (const preVote of [false, true]) {
      const server = new TestServer(1, [1, 2, 3], { terms });
      const request = requestVote({ term: 4, lastLogIndex, lastLogTerm, preVote });
      expect(server.answer(2, request)).toMatchObject([{ type: "RequestVoteReply", voteGranted, preVote }]);
    }
  });

  it("§5.4.1 entries that are not durable yet count in the voter's log", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] }));
    server.flush();
    server.raft.advanceTo(2 * electionTimeoutMs);
    expect(server.answer(3, requestVote({ term: 3 }))).toContainEqual(expect.objectContaining({ voteGranted: false }));
  });

  it("§5.4.1 a server without all committed entries is not elected", () => {
    const cluster = new TestCluster(5);
    cluster.elect(1);
    cluster.partition([1, 2, 3], [4, 5]);
    cluster.propose(1, "committed by 1, 2 and 3");
    cluster.settle();
    cluster.heal();
    cluster.crash(1);
    expect(cluster.elect(4)).toBe(false);
    expect(cluster.elect(2)).toBe(true);
  });
});

describe("§5.4.2 committing entries from previous terms", () => {
  /**
   * Figure 8: five servers S1 to S5. (a) S1 leads term 2 and replicates index 2 to S2 alone. (b) S5 wins term 3 with
   * the votes of S3 and S4 and appends another entry at index 2. (c) S1 wins term 4 and goes on replicating index 2 of
   * term 2, which then is on a majority.
   */
  function untilC(): TestCluster {
    const cluster = new TestCluster(5);
    leadAlone(cluster, 1, [1, 2, 3], [2]); // (a)
    cluster.crash(1);
    leadAlone(cluster, 5, [3, 4, 5], []); // (b)
    cluster.crash(5);
    cluster.restart(1);
    expect(cluster.servers.map((server) => server.terms())).toEqual([[1, 2], [1, 2], [1], [1], [1, 3]]);
    // (c): 1 wins a later term with 2 and 3. What it appends in that term reaches nobody, what was before does.
    cluster.partition([1, 2, 3], [4]);
    win(cluster, 1, [1, 2, 3]);
    const s1 = cluster.server(1);
    const { currentTerm: term } = s1.raft;
    cluster.drop();
    s1.turn();
    for (const id of [2, 3]) {
      const old = appendEntries({ term, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] });
      cluster.server(id).raft.receive(1, old);
      cluster.collect(id, cluster.server(id).turn());
    }
    cluster.deliver();
    return cluster;
  }

  /** Makes `candidate` win with the votes of `voters`; what else is in the network then is lost. */
  function win(cluster: TestCluster, candidate: ServerId, voters: readonly ServerId[]): void {
    const { raft } = cluster.server(candidate);
    for (let step = 0; step < 100 && !raft.isLeader; step++) {
      // The first time it may have to learn of a later term.
      if (raft.role === "follower") cluster.advance(2 * electionTimeoutMs);
      raft.tick();
      for (const id of voters) cluster.collect(id, cluster.server(id).turn());
      cluster.deliver(({ from, to }) => voters.includes(from) && voters.includes(to));
      cluster.drop();
    }
    expect(raft.isLeader).toBe(true);
  }

  /** Makes `leader` win with the votes of `voters`; its first entry then reaches only `reached`. */
  function leadAlone(cluster: TestCluster, leader: ServerId, voters: ServerId[], reached: ServerId[]): void {
    win(cluster, leader, voters);
    const server = cluster.server(leader);
    cluster.collect(leader, server.turn());
    cluster.deliver((packet) => reached.includes(packet.to));
    cluster.drop();
    for (const id of reached) cluster.server(id).turn();
  }

  it("§5.4.2 Figure 8 (c): an entry of an older term on a majority is not committed", () => {
    const cluster = untilC();
    const stored = cluster.servers.filter((server) => server.terms()[1] === 2);
    expect(stored.map((server) => server.id)).toEqual([1, 2, 3]);
    const { peers, commitIndex } = cluster.server(1).raft.status();
    expect(peers.filter((peer) => peer.matchIndex >= 2)).toHaveLength(2);
    expect(commitIndex).toBe(0);
    for (const server of cluster.servers) expect(server.committed).toEqual([]);
  });

  it("§5.4.2 Figure 8 (d): S5 may then overwrite it everywhere, and nothing that was applied is lost", () => {
    const cluster = untilC();
    cluster.crash(1);
    cluster.restart(5);
    cluster.heal();
    cluster.elect(5); // learns of the higher term
    expect(cluster.elect(5)).toBe(true);
    cluster.restart(1);
    cluster.run(2 * heartbeatMs);
    for (const server of cluster.servers) {
      expect(server.terms().slice(0, 2)).toEqual([1, 3]);
      expect(server.committed[1]?.term).toBe(3);
    }
  });

  it("§5.4.2 Figure 8 (e): once an entry of the current term is on a majority, all before it are committed", () => {
    const cluster = untilC();
    cluster.run(2 * heartbeatMs);
    const { commitIndex, currentTerm } = cluster.server(1).raft.status();
    expect(commitIndex).toBe(3);
    expect(cluster.server(2).committed.map((entry) => entry.term)).toEqual([1, 2, currentTerm]);
    cluster.crash(1);
    cluster.restart(5);
    cluster.heal();
    cluster.elect(5);
    expect(cluster.elect(5)).toBe(false);
  });
});

describe("§5.4.3 state machine safety", () => {
  it("§5.4.3 a server refuses to remove a committed entry: it stops", () => {
    const server = new TestServer(1, [1, 2, 3], { terms: [1, 1] });
    server.answer(2, appendEntries({ term: 2, prevLogIndex: 2, prevLogTerm: 1, leaderCommit: 2 }));
    const impossible = appendEntries({ term: 3, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 3)] });
    expect(() => server.answer(3, impossible)).toThrow("a committed entry is never removed");
  });

  it("§5.4.3 a second leader in a term is impossible: who meets one stops", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.answer(2, appendEntries({ term: 2 }));
    expect(() => server.answer(3, appendEntries({ term: 2 }))).toThrow("a term has one leader");
  });
});
