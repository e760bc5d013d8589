import { describe, expect, it } from "vitest";
import {
  appendEntries,
  appendEntriesReply,
  command,
  configurationOf,
  requestVoteReply,
  TestServer,
} from "./cluster.ts";

/** Server 1, leader in a joint configuration: new {1, 2, 3}, old {1, 4, 5}. */
function jointCandidate(): TestServer {
  const server = new TestServer(1, [], { configuration: configurationOf([1, 2, 3], [1, 4, 5]) });
  server.raft.advanceTo(1000);
  server.raft.tick();
  server.turn();
  for (const id of [2, 4]) server.raft.receive(id, requestVoteReply({ term: 2, preVote: true }));
  server.turn();
  return server;
}

describe("§6 joint consensus: every decision takes both majorities", () => {
  it("§6 a pre-vote", () => {
    const server = new TestServer(1, [], { configuration: configurationOf([1, 2, 3], [1, 4, 5]) });
    server.raft.advanceTo(1000);
    server.raft.tick();
    for (const id of [2, 3]) server.raft.receive(id, requestVoteReply({ term: 2, preVote: true }));
    expect(server.raft.role).toBe("preCandidate");
    server.raft.receive(5, requestVoteReply({ term: 2, preVote: true }));
    expect(server.raft.role).toBe("candidate");
  });

  it("§6 an election", () => {
    const server = jointCandidate();
    for (const id of [4, 5]) server.raft.receive(id, requestVoteReply({ term: 2 }));
    expect(server.raft.role).toBe("candidate");
    server.raft.receive(3, requestVoteReply({ term: 2 }));
    expect(server.raft.role).toBe("leader");
  });

  it("§6 losing takes one majority", () => {
    const server = jointCandidate();
    for (const id of [4, 5]) server.raft.receive(id, requestVoteReply({ term: 2, voteGranted: false }));
    expect(server.raft.role).toBe("follower");
  });

  it("§6 commitment, and the confirmation of reads", () => {
    const server = jointCandidate();
    for (const id of [2, 4]) server.raft.receive(id, requestVoteReply({ term: 2 }));
    server.turn();
    const ack = appendEntriesReply({ term: 2, matchIndex: 2 });
    server.answer(2, ack);
    server.answer(3, ack);
    expect(server.raft.status().commitIndex).toBe(0);
    server.answer(5, ack);
    expect(server.raft.status().commitIndex).toBe(2);

    server.raft.requestRead(7);
    server.turn();
    for (const id of [4, 5]) server.answer(id, { ...ack, readRound: 1 });
    expect(server.reads).toEqual([]);
    server.answer(2, { ...ack, readRound: 1 });
    expect(server.reads).toEqual([{ id: 7, index: 2 }]);
  });

  it("§6 a leader needs both to stay (thesis §6.2)", () => {
    const server = jointCandidate();
    for (const id of [2, 4]) server.raft.receive(id, requestVoteReply({ term: 2 }));
    server.turn();
    for (let now = 1000; now < 1200 && server.raft.isLeader; now += 10) {
      server.raft.advanceTo(now);
      for (const id of [2, 3]) server.answer(id, appendEntriesReply({ term: 2, matchIndex: 2 }));
      server.raft.tick();
    }
    expect(server.raft.role).toBe("follower");
  });
});

describe("§6 the configuration in effect", () => {
  const joint = configurationOf([1, 2, 3, 4], [1, 2, 3]);
  const change = { kind: "configuration", index: 2, term: 2, configuration: joint } as const;

  it("§6 is the newest in the log, committed or not", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.answer(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [change] }));
    expect(server.raft.status()).toMatchObject({ commitIndex: 0, configuration: joint });
  });

  it("§6 is rolled back with the entry that brought it", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.answer(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [change] }));
    server.answer(3, appendEntries({ term: 3, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 3)] }));
    expect(server.raft.status().configuration).toEqual(configurationOf([1, 2, 3]));
  });

  it("§6 is found again after a restart", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.answer(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [change] }));
    server.restart(0);
    expect(server.raft.status().configuration).toEqual(joint);
  });

  it("§6 a learner gets what is committed and does not count", () => {
    const server = new TestServer(1, [], { configuration: configurationOf([1, 2, 3], [], [4]) });
    server.raft.advanceTo(1000);
    server.raft.tick();
    expect(server.turn().map(({ to }) => to)).toEqual([2, 3]);
    server.answer(2, requestVoteReply({ term: 2, preVote: true }));
    server.raft.receive(2, requestVoteReply({ term: 2 }));
    // What is not committed is not for it: it cannot campaign with that, and would refuse those who can.
    expect(server.turn().map(({ to }) => to)).toEqual([2, 3]);
    server.answer(4, appendEntriesReply({ term: 2, matchIndex: 1 }));
    expect(server.raft.status().commitIndex).toBe(0);
    server.raft.receive(3, appendEntriesReply({ term: 2, matchIndex: 2 }));
    const toLearner = server.turn().filter(({ to, message }) => to === 4 && message.type === "AppendEntries");
    expect(server.raft.status().commitIndex).toBe(2);
    expect(toLearner.map(({ message }) => message)).toMatchObject([{ prevLogIndex: 1, entries: [{ index: 2 }] }]);
  });
});
