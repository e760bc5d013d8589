import { describe, expect, it } from "vitest";
import { keyedRandom } from "../../src/base/random.ts";
import {
  appendEntries,
  appendEntriesReply,
  electionTimeoutMs,
  requestVote,
  requestVoteReply,
  TestCluster,
  TestServer,
} from "./cluster.ts";

describe("thesis §9.6 PreVote", () => {
  it("thesis §9.6 a server asks first, and changes neither its term nor anybody else's", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.raft.advanceTo(2 * electionTimeoutMs);
    server.raft.tick();
    expect(server.turn().map(({ message }) => message)).toEqual([
      requestVote({ term: 2, preVote: true }),
      requestVote({ term: 2, preVote: true }),
    ]);
    expect(server.raft.status()).toMatchObject({ role: "preCandidate", currentTerm: 1, votedFor: 0 });

    const voter = new TestServer(2, [1, 2, 3]);
    expect(voter.answer(1, requestVote({ term: 2, preVote: true }))).toEqual([
      requestVoteReply({ term: 2, preVote: true }),
    ]);
    expect(voter.raft.status()).toMatchObject({ currentTerm: 1, votedFor: 0 });
  });

  it("thesis §9.6 a granted PreVote is no vote: others may have one too", () => {
    const voter = new TestServer(1, [1, 2, 3, 4]);
    for (const id of [2, 3, 4]) {
      expect(voter.answer(id, requestVote({ term: 2, preVote: true }))).toMatchObject([{ voteGranted: true }]);
    }
  });

  it("thesis §9.6 a lost round makes it a follower again, which tries later", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.raft.advanceTo(2 * electionTimeoutMs);
    server.raft.tick();
    for (const id of [2, 3]) server.raft.receive(id, requestVoteReply({ term: 1, voteGranted: false, preVote: true }));
    expect(server.raft.role).toBe("follower");
    expect(server.raft.nextDeadline()).toBe(3.5 * electionTimeoutMs);
    server.raft.advanceTo(3.5 * electionTimeoutMs);
    server.raft.tick();
    expect(server.raft.role).toBe("preCandidate");
  });

  it("thesis §9.6 a late refusal of an earlier round hides no later grant", () => {
    const server = new TestServer(1, [1, 2, 3, 4, 5]);
    server.raft.advanceTo(2 * electionTimeoutMs);
    server.raft.tick();
    server.answer(2, requestVoteReply({ term: 2, preVote: true }));
    server.answer(2, requestVoteReply({ term: 1, voteGranted: false, preVote: true }));
    server.answer(3, requestVoteReply({ term: 2, preVote: true }));
    expect(server.raft.role).toBe("candidate");
  });

  it("thesis §9.6 a leader that a late candidate has deposed need not wait for those that still hear it", () => {
    // Server 5 led and has died. 1 and 2 vote for 3, which wins term 2; but 4, which has not heard of that yet, has the
    // word of 1 and 2 that it could win term 3, from the moment between their votes and the new leader's first word.
    const cluster = new TestCluster(5, (id) => ({ random: keyedRandom(1, `${id}`) }));
    cluster.crash(5);
    cluster.elect(3);
    const late = cluster.server(4).raft;
    cluster.advance(2 * electionTimeoutMs);
    late.tick();
    cluster.flush();
    cluster.drop();
    for (const id of [1, 2]) late.receive(id, requestVoteReply({ term: 3, preVote: true }));
    expect(late.status()).toMatchObject({ role: "candidate", currentTerm: 3 });
    // Meanwhile the leader has spoken: its followers hear it, and refuse server 4, whose term deposes it.
    cluster.server(3).raft.receive(1, appendEntriesReply({ term: 2, matchIndex: 2 }));
    for (const id of [1, 2])
      cluster.server(id).raft.receive(3, appendEntries({ term: 2, prevLogIndex: 2, prevLogTerm: 2 }));
    cluster.settle();
    cluster.server(3).raft.receive(4, appendEntriesReply({ term: 3, success: false }));
    expect(cluster.server(3).raft.status()).toMatchObject({ role: "follower", currentTerm: 3 });
    expect(cluster.server(1).raft.status()).toMatchObject({ leader: 3, currentTerm: 2 });
    // It asks the first time that it can; that it asks tells the others that it leads no more.
    const preVote = requestVote({ term: 4, lastLogIndex: 2, lastLogTerm: 2, preVote: true });
    expect(cluster.server(1).answer(3, preVote)).toEqual([requestVoteReply({ term: 4, preVote: true })]);
    expect(cluster.server(1).raft.leader).toBeUndefined();
  });

  it("thesis §9.6 what a leader asked before it was elected is no sign that it was deposed", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    for (const preVote of [true, false]) {
      cluster.server(2).answer(1, requestVote({ term: 2, preVote }));
      expect(cluster.server(2).raft.leader).toBe(1);
    }
  });

  it("thesis §9.6 a server that is cut off does not raise its term, and disturbs nobody when it comes back", () => {
    const cluster = new TestCluster(3, (id) => ({ random: keyedRandom(1, `${id}`) }));
    cluster.elect(1);
    cluster.partition([1, 2], [3]);
    cluster.run(20 * electionTimeoutMs);
    expect(cluster.server(3).raft.currentTerm).toBe(2);
    cluster.heal();
    cluster.run(3 * electionTimeoutMs);
    expect(cluster.leaders()).toEqual([1]);
    expect(cluster.servers.map((server) => server.raft.currentTerm)).toEqual([2, 2, 2]);
  });

  it("thesis §9.6 a server that hears nothing but is heard disturbs nobody", () => {
    const cluster = new TestCluster(3, (id) => ({ random: keyedRandom(2, `${id}`) }));
    cluster.elect(1);
    cluster.cut(1, 3);
    cluster.cut(2, 3);
    cluster.run(20 * electionTimeoutMs);
    expect(cluster.leaders()).toEqual([1]);
    expect(cluster.server(1).raft.currentTerm).toBe(2);
  });

  it("thesis §4.2.3 whoever hears from a leader refuses votes, and does not take over the higher term", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.answer(2, appendEntries({ term: 2 }));
    server.raft.advanceTo(electionTimeoutMs - 1);
    for (const preVote of [false, true]) {
      expect(server.answer(3, requestVote({ term: 9, lastLogTerm: 8, preVote }))).toMatchObject([
        { term: 2, voteGranted: false },
      ]);
    }
    expect(server.raft.status()).toMatchObject({ currentTerm: 2, leader: 2 });
    server.raft.advanceTo(electionTimeoutMs);
    expect(server.answer(3, requestVote({ term: 9, lastLogTerm: 8 }))).toMatchObject([{ term: 9, voteGranted: true }]);
  });

  it("thesis §4.2.3 a leader with a quorum refuses too", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    expect(cluster.server(1).answer(3, requestVote({ term: 9, lastLogTerm: 8 }))).toMatchObject([
      { term: 2, voteGranted: false },
    ]);
    expect(cluster.leaders()).toEqual([1]);
  });

  it("thesis §3.10 an election that the leader itself asked for may disrupt", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.answer(2, appendEntries({ term: 2 }));
    const request = requestVote({ term: 3, leadershipTransfer: true });
    expect(server.answer(3, request)).toMatchObject([{ term: 3, voteGranted: true }]);
  });

  it("thesis §9.6 a broken stream from the leader ends the waiting", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.answer(2, appendEntries({ term: 2 }));
    server.raft.peerDisconnected(3);
    expect(server.raft.leader).toBe(2);
    server.raft.peerDisconnected(2);
    expect(server.raft.leader).toBeUndefined();
    expect(server.answer(3, requestVote({ term: 3, preVote: true }))).toMatchObject([{ voteGranted: true }]);
  });
});

describe("thesis §9.6 PreVote hides no term", () => {
  it("thesis §9.6 a refusal carries the voter's term, which the asker takes over", () => {
    const voter = new TestServer(2, [1, 2, 3], { currentTerm: 9 });
    const [refusal] = voter.answer(1, requestVote({ term: 2, preVote: true }));
    expect(refusal).toEqual(requestVoteReply({ term: 9, voteGranted: false, preVote: true }));

    const asker = new TestServer(1, [1, 2, 3]);
    asker.raft.advanceTo(2 * electionTimeoutMs);
    asker.raft.tick();
    asker.turn();
    asker.answer(2, requestVoteReply({ term: 9, voteGranted: false, preVote: true }));
    expect(asker.raft.status()).toMatchObject({ role: "follower", currentTerm: 9 });
  });

  it("thesis §9.6 a refusal of a lower term counts as a refusal", () => {
    const asker = new TestServer(1, [1, 2, 3], { currentTerm: 9 });
    asker.raft.advanceTo(2 * electionTimeoutMs);
    asker.raft.tick();
    for (const id of [2, 3]) asker.answer(id, requestVoteReply({ term: 1, voteGranted: false, preVote: true }));
    expect(asker.raft.role).toBe("follower");
  });

  it("thesis §9.6 two servers, one with the later term and one with the better log, elect a leader", () => {
    const setups = [{ terms: [1, 1, 1], currentTerm: 5 }, { terms: [1], currentTerm: 10 }, {}];
    const cluster = new TestCluster(3, (id) => ({ ...setups[id - 1], random: keyedRandom(5, `${id}`) }));
    cluster.crash(3);
    cluster.run(10 * electionTimeoutMs);
    expect(cluster.leaders()).toEqual([1]);
  });

  it("thesis §9.6 a server with a higher term than the leader's gets the leader to step down, and all go on", () => {
    const cluster = new TestCluster(3, (id) => ({ currentTerm: id === 3 ? 20 : 1, random: keyedRandom(6, `${id}`) }));
    cluster.partition([1, 2], [3]);
    cluster.run(5 * electionTimeoutMs);
    cluster.heal();
    cluster.run(5 * electionTimeoutMs);
    const [leader = 0] = cluster.leaders();
    expect(cluster.server(leader).raft.currentTerm).toBeGreaterThan(20);
    expect(cluster.servers.map((server) => server.raft.leader)).toEqual([leader, leader, leader]);
  });
});
