import { describe, expect, it } from "vitest";
import {
  appendEntries,
  appendEntriesReply,
  command,
  requestVote,
  requestVoteReply,
  TestCluster,
  TestServer,
} from "./cluster.ts";

describe("§5.1 terms", () => {
  it("§5.1 a server that sees a higher term takes it over and becomes a follower, whatever it was", () => {
    const messages = [
      appendEntries({ term: 9 }),
      appendEntriesReply({ term: 9, success: false }),
      requestVoteReply({ term: 9, voteGranted: false }),
      { type: "ReadIndex", term: 9, readId: 1 } as const,
      { type: "ReadIndexReply", term: 9, readId: 1, index: 1 } as const,
    ];
    for (const message of messages) {
      const cluster = new TestCluster(3);
      cluster.elect(1);
      const leader = cluster.server(1);
      leader.raft.receive(3, message);
      expect(leader.raft.status()).toMatchObject({ role: "follower", currentTerm: 9, votedFor: 0 });
      leader.turn();
      expect(leader.disk.hardState).toEqual({ currentTerm: 9, votedFor: 0 });
    }
  });

  it("§5.1 a candidate that learns of a higher term becomes a follower", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.raft.advanceTo(1000);
    server.raft.tick();
    server.turn();
    server.answer(2, requestVoteReply({ term: 2, preVote: true }));
    expect(server.raft.status()).toMatchObject({ role: "candidate", currentTerm: 2 });
    server.answer(2, requestVoteReply({ term: 7, voteGranted: false }));
    expect(server.raft.status()).toMatchObject({ role: "follower", currentTerm: 7, votedFor: 0 });
  });

  it("§5.1 requests of an older term are refused, with the current term for the sender to learn", () => {
    const server = new TestServer(1, [1, 2, 3], { currentTerm: 5 });
    const stale = appendEntries({ term: 4, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 4)] });
    expect(server.answer(2, stale)).toMatchObject([{ type: "AppendEntriesReply", term: 5, success: false }]);
    expect(server.answer(2, requestVote({ term: 4 }))).toMatchObject([{ term: 5, voteGranted: false }]);
    expect(server.answer(2, requestVote({ term: 4, preVote: true }))).toMatchObject([{ term: 5, voteGranted: false }]);
    expect(server.terms()).toEqual([1]);
    expect(server.raft.leader).toBeUndefined();
  });

  it("§5.1 an old leader steps down when it hears of the new term", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.partition([1], [2, 3]);
    cluster.elect(2);
    expect(cluster.server(2).raft.isLeader).toBe(true);
    cluster.heal();
    cluster.run(50);
    expect(cluster.leaders()).toEqual([2]);
    expect(cluster.server(1).raft.leader).toBe(2);
  });

  it("§5.1 replies of an older term change nothing", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    const leader = cluster.server(1);
    leader.turn();
    const before = leader.raft.status();
    leader.answer(2, appendEntriesReply({ term: 1, matchIndex: before.lastIndex }));
    leader.answer(3, appendEntriesReply({ term: 1, matchIndex: before.lastIndex }));
    expect(leader.raft.status()).toEqual(before);
  });

  it("§5.1 the current term survives a restart", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.restart(1);
    expect(cluster.server(1).raft.status()).toMatchObject({ role: "follower", currentTerm: 2, votedFor: 1 });
  });
});
