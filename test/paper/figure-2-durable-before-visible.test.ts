import { describe, expect, it } from "vitest";
import {
  appendEntries,
  appendEntriesReply,
  command,
  configurationOf,
  electionTimeoutMs,
  heartbeatMs,
  requestVote,
  requestVoteReply,
  TestCluster,
  TestServer,
} from "./cluster.ts";

describe("§5.1, §5.2, §5.3 (Figure 2) persistent state is on stable storage before an RPC is answered", () => {
  it("Figure 2 a vote leaves when it is durable", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.raft.receive(2, requestVote({ term: 2 }));
    expect(server.flush()).toEqual([]);
    expect(server.writes).toMatchObject([{ hardState: { currentTerm: 2, votedFor: 2 } }]);
    server.sync();
    expect(server.flush()).toMatchObject([{ to: 2, message: { voteGranted: true } }]);
  });

  it("Figure 2 a candidate asks for votes, and counts its own, when term and vote are durable", () => {
    const server = new TestServer(1, [1]);
    server.raft.advanceTo(2 * electionTimeoutMs);
    server.raft.tick();
    expect(server.flush()).toEqual([]);
    expect(server.raft.role).toBe("candidate");

    const other = new TestServer(1, [1, 2, 3]);
    other.raft.advanceTo(2 * electionTimeoutMs);
    other.raft.tick();
    other.turn();
    other.raft.receive(2, requestVoteReply({ term: 2, preVote: true }));
    expect(other.flush()).toEqual([]);
    other.sync();
    expect(other.flush().map(({ to }) => to)).toEqual([2, 3]);
  });

  it("Figure 2 an earlier write's completion does not make a candidate's own vote count", () => {
    const server = new TestServer(1, [1], { configuration: configurationOf([1, 2]) });
    const sole = { kind: "configuration", index: 2, term: 2, configuration: configurationOf([1]) } as const;
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [sole] }));
    server.raft.advanceTo(1.4 * electionTimeoutMs);
    server.flush();
    server.raft.advanceTo(2 * electionTimeoutMs);
    server.raft.tick();
    server.flush();
    server.sync(1);
    expect(server.raft.role).toBe("candidate");
    server.sync(2);
    expect(server.raft.role).toBe("leader");
  });

  it("Figure 2 entries are acknowledged when they are durable, and not before", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] }));
    server.flush();
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 2, prevLogTerm: 2, entries: [command(3, 2)] }));
    expect(server.flush()).toEqual([]);
    server.sync(1);
    expect(server.flush()).toMatchObject([{ message: { matchIndex: 2 } }]);
    server.sync(2);
    expect(server.flush()).toMatchObject([{ message: { matchIndex: 3 } }]);
  });

  it("Figure 2 a message doubled while the first is being written is not acknowledged early", () => {
    const server = new TestServer(1, [1, 2, 3], { currentTerm: 2 });
    const message = appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] });
    server.raft.receive(2, message);
    server.flush();
    server.raft.receive(2, message);
    expect(server.flush()).toEqual([]);
    server.sync();
    expect(server.flush()).toHaveLength(2);
  });

  it("Figure 2 a heartbeat is answered at once, and vouches only for what is durable", () => {
    const server = new TestServer(1, [1, 2, 3], { currentTerm: 2 });
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] }));
    server.flush();
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 2, prevLogTerm: 2, readRound: 4 }));
    expect(server.flush()).toMatchObject([{ message: { success: true, matchIndex: 1, readRound: 4 } }]);
  });

  it("Figure 2 several messages of one turn are answered by what reaches furthest, in whatever order they came", () => {
    const far = appendEntries({ term: 2, prevLogIndex: 3, prevLogTerm: 1, readRound: 4 });
    const near = appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, readRound: 3 });
    for (const messages of [
      [far, near],
      [near, far],
    ]) {
      const server = new TestServer(1, [1, 2, 3], { terms: [1, 1, 1], currentTerm: 2 });
      for (const message of messages) server.raft.receive(2, message);
      expect(server.flush()).toMatchObject([{ message: { success: true, matchIndex: 3, readRound: 4 } }]);
    }
  });

  it("Figure 2 nothing tells of a new term before it is durable", () => {
    const server = new TestServer(1, [1, 2, 3], { terms: [1, 1] });
    server.raft.receive(2, requestVote({ term: 5 })); // refused: its log is shorter
    expect(server.flush()).toEqual([]);
    server.raft.receive(3, appendEntries({ term: 4 }));
    expect(server.flush()).toEqual([]);
    server.sync();
    expect(server.flush().map(({ message }) => message.term)).toEqual([5, 5]);
  });

  it("Figure 2 entries and the term that they came with are one write", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] }));
    server.flush();
    expect(server.writes).toMatchObject([{ hardState: { currentTerm: 2, votedFor: 0 }, entries: [{ index: 2 }] }]);
  });

  it("Figure 2 entries are applied when they are committed and durable here", () => {
    const server = new TestServer(1, [1, 2, 3], { currentTerm: 2 });
    const prev = { prevLogIndex: 1, prevLogTerm: 1 };
    server.raft.receive(2, appendEntries({ term: 2, ...prev, entries: [command(2, 2)], leaderCommit: 2 }));
    server.flush();
    expect(server.committed.map(({ index }) => index)).toEqual([1]);
    server.sync();
    server.flush();
    expect(server.committed.map(({ index }) => index)).toEqual([1, 2]);
  });
});

describe("thesis §10.2.1 an asynchronous append whose entries are replaced meanwhile (ABA)", () => {
  /** Server 1 has [1, 2@2] being written when a new leader replaces 2@2, and then a third brings 2@2's index again. */
  function replaced(): TestServer {
    const server = new TestServer(1, [1, 2, 3], { currentTerm: 2 });
    server.raft.receive(
      2,
      appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2), command(3, 2)] }),
    );
    server.flush();
    server.raft.receive(
      3,
      appendEntries({ term: 3, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 3), command(3, 3)] }),
    );
    server.flush();
    return server;
  }

  it("the old write makes nothing of the new entries durable", () => {
    const server = replaced();
    server.sync(1);
    expect(server.raft.status().durableIndex).toBe(1);
    server.sync(2);
    expect(server.raft.status().durableIndex).toBe(3);
  });

  it("the old acknowledgement never leaves, even when both writes complete at once", () => {
    const one = replaced();
    one.sync(1);
    expect(one.flush()).toEqual([]);
    const both = replaced();
    both.sync();
    expect(both.flush()).toMatchObject([{ to: 3, message: { term: 3, matchIndex: 3 } }]);
  });

  it("what is replaced within a turn is never written", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] }));
    server.raft.receive(3, appendEntries({ term: 3, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 3)] }));
    server.flush();
    expect(server.writes).toHaveLength(1);
    expect(server.writes[0]).not.toHaveProperty("truncateFrom");
    expect(server.writes[0]?.entries).toMatchObject([{ index: 2, term: 3 }]);
  });
});

describe("thesis §10.2.1 the leader writes to its disk in parallel", () => {
  it("thesis §10.2.1 entries go out before they are on the leader's own disk", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    const leader = cluster.server(1);
    expect(leader.flush().map(({ message }) => message.type)).toEqual(["AppendEntries", "AppendEntries"]);
    expect(leader.writes).toHaveLength(1);
  });

  it("thesis §10.2.1 the leader counts itself only once they are", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    const leader = cluster.server(1);
    leader.flush();
    leader.raft.receive(2, appendEntriesReply({ term: 2, matchIndex: 3 }));
    expect(leader.raft.status()).toMatchObject({ commitIndex: 2, durableIndex: 2 });
    leader.sync();
    expect(leader.raft.status()).toMatchObject({ commitIndex: 3, durableIndex: 3 });
  });

  it("thesis §10.2.1 an entry may be committed before it is on the leader's disk, and is applied there after", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    const leader = cluster.server(1);
    leader.flush();
    for (const id of [2, 3]) leader.raft.receive(id, appendEntriesReply({ term: 2, matchIndex: 3 }));
    leader.flush();
    expect(leader.raft.status()).toMatchObject({ commitIndex: 3, durableIndex: 2 });
    expect(leader.committed.at(-1)?.index).toBe(2);
    leader.sync();
    leader.flush();
    expect(leader.committed.at(-1)?.index).toBe(3);
  });

  it("thesis §10.2.1 a sole voter commits only what is on its disk", () => {
    const cluster = new TestCluster(1);
    cluster.run(2 * electionTimeoutMs);
    const server = cluster.server(1);
    cluster.propose(1, "a");
    server.flush();
    expect(server.raft.status().commitIndex).toBe(2);
    server.sync();
    expect(server.raft.status().commitIndex).toBe(3);
  });

  it("thesis §10.2.1 a leader that crashes before its write is done has lost nothing that was committed", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    const leader = cluster.server(1);
    cluster.collect(1, leader.flush());
    cluster.deliver();
    for (const id of [2, 3]) cluster.collect(id, cluster.server(id).turn());
    cluster.deliver();
    expect(leader.raft.status().commitIndex).toBe(3);
    cluster.crash(1);
    cluster.restart(1);
    expect(leader.terms()).toEqual([1, 2]);
    expect(cluster.elect(1)).toBe(false);
    expect(cluster.elect(2)).toBe(true);
    cluster.run(2 * heartbeatMs);
    expect(leader.committed.map(({ kind }) => kind)).toEqual(["configuration", "noop", "command", "noop"]);
  });
});
