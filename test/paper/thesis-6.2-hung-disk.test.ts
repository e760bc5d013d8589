import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { keyedRandom } from "../../src/base/random.ts";
import { commandSize } from "../../src/raft/log.ts";
import { appendEntries, command, electionTimeoutMs, requestVote, TestCluster, TestServer } from "./cluster.ts";

/** A cluster that server 1 leads, and whose server 1 has a disk that hangs while something is to be written. */
function withHungLeader(size: number): TestCluster {
  const cluster = new TestCluster(size, (id) => ({ random: keyedRandom(1, `${id}`) }));
  cluster.elect(1);
  cluster.hung.add(1);
  cluster.propose(1, "a");
  cluster.settle();
  return cluster;
}

describe("thesis §6.2, §10.2.1 a leader whose disk hangs", () => {
  it("thesis §10.2.1 is not needed to commit", () => {
    expect(withHungLeader(3).server(1).raft.status()).toMatchObject({
      role: "leader",
      commitIndex: 3,
      durableIndex: 2,
    });
  });

  it("steps down after two election timeouts, and another leads at once", () => {
    const cluster = withHungLeader(3);
    cluster.run(2 * electionTimeoutMs - 5);
    expect(cluster.leaders()).toEqual([1]);
    cluster.run(30);
    expect(cluster.server(1).raft.isLeader).toBe(false);
    expect(cluster.leaders()).toHaveLength(1);
  });

  it("does not come back before its disk does, and then follows", () => {
    const cluster = withHungLeader(3);
    cluster.run(20 * electionTimeoutMs);
    const [leader] = cluster.leaders();
    expect(leader).not.toBe(1);
    const { currentTerm } = cluster.server(leader ?? 0).raft;
    cluster.hung.delete(1);
    cluster.run(5 * electionTimeoutMs);
    expect(cluster.leaders()).toEqual([leader]);
    expect(cluster.server(1).raft.status()).toMatchObject({ currentTerm, leader, commitIndex: 4, durableIndex: 4 });
  });

  it("stays as long as the others cannot decide without it", () => {
    const alone = withHungLeader(1);
    alone.run(10 * electionTimeoutMs);
    expect(alone.leaders()).toEqual([1]);

    const cluster = withHungLeader(3);
    cluster.crash(3);
    cluster.run(10 * electionTimeoutMs);
    expect(cluster.leaders()).toEqual([1]);
    expect(cluster.server(1).raft.status()).toMatchObject({ diskHangs: true });
    cluster.hung.delete(1);
    cluster.run(5);
    expect(cluster.leaders()).toEqual([1]);
    expect(cluster.server(1).raft.status()).toMatchObject({ diskHangs: false, diskStalledMs: 0 });
  });

  it("stays while its disk is slow but gets on", () => {
    const cluster = withHungLeader(3);
    for (let i = 0; i < 5; i++) {
      cluster.run(1.5 * electionTimeoutMs);
      cluster.propose(1, `${i}`);
      cluster.settle();
      cluster.server(1).sync(cluster.server(1).writes[0]?.token);
    }
    expect(cluster.leaders()).toEqual([1]);
  });

  it("leads on when its disk hung and is back before it looks at the clock", () => {
    const cluster = withHungLeader(3);
    cluster.run(electionTimeoutMs);
    cluster.advance(1.2 * electionTimeoutMs);
    for (const id of [2, 3]) cluster.server(1).raft.receive(id, { ...heartbeatReply, matchIndex: 3 });
    cluster.server(1).sync();
    expect(cluster.server(1).raft.role).toBe("follower"); // a message came first: it did look

    const quick = withHungLeader(3);
    quick.run(1.9 * electionTimeoutMs);
    quick.advance(0.5 * electionTimeoutMs);
    quick.server(1).sync();
    expect(quick.leaders()).toEqual([1]);
  });
});

const heartbeatReply = {
  type: "AppendEntriesReply",
  term: 2,
  success: true,
  rejectedIndex: 0,
  hintIndex: 0,
  hintTerm: 0,
  readRound: 0,
} as const;

describe("a server whose disk hangs", () => {
  /** Follower 1 of leader 2, with an entry that its disk does not take. */
  function hungFollower(options = {}): TestServer {
    const server = new TestServer(1, [1, 2, 3], { options });
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] }));
    server.flush();
    return server;
  }

  it("does not campaign, and claims no leader, until its disk is back", () => {
    const server = hungFollower();
    server.raft.advanceTo(3 * electionTimeoutMs);
    server.raft.tick();
    expect(server.flush()).toEqual([]);
    expect(server.raft.status()).toMatchObject({ role: "follower", leader: undefined, currentTerm: 2 });
    server.raft.receive(3, { type: "TimeoutNow", term: 2 });
    expect(server.raft.status()).toMatchObject({ role: "follower", currentTerm: 2 });
    server.sync();
    server.raft.advanceTo(6 * electionTimeoutMs);
    server.raft.tick();
    expect(server.raft.role).toBe("preCandidate");
  });

  it("grants no PreVote: its vote would not leave it", () => {
    const server = hungFollower();
    server.raft.advanceTo(3 * electionTimeoutMs);
    server.raft.tick();
    const request = requestVote({ term: 3, lastLogIndex: 2, lastLogTerm: 2, preVote: true });
    server.raft.receive(3, request);
    // Not even the refusal leaves before the term is on disk.
    server.sync();
    expect(server.flush()).toMatchObject([{ message: { success: true } }, { message: { voteGranted: false } }]);
    expect(server.answer(3, request)).toMatchObject([{ voteGranted: true }]);
  });

  it("takes no more entries than its memory is to hold, and all of them in the end", () => {
    const size = commandSize(utf8("2@2"));
    const server = hungFollower({ undurableBytesMax: 3 * size });
    for (let index = 3; index <= 9; index++) {
      const entries = [command(index, 2)];
      server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: index - 1, prevLogTerm: 2, entries }));
      server.flush();
    }
    expect(server.raft.status().lastIndex).toBe(4);
    server.sync();
    const entries = [5, 6, 7].map((index) => command(index, 2));
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 4, prevLogTerm: 2, entries }));
    expect(server.raft.status().lastIndex).toBe(7);
  });

  it("takes no more commands as a leader, though the others commit them", () => {
    const cluster = new TestCluster(3, () => ({ options: { undurableBytesMax: 1_000 } }));
    cluster.elect(1);
    cluster.hung.add(1);
    const { raft } = cluster.server(1);
    let taken = 0;
    while (raft.propose([new Uint8Array(68)]) === "accepted" && taken < 100) {
      taken++;
      cluster.settle();
    }
    expect(taken).toBe(10);
    expect(raft.status()).toMatchObject({ commitIndex: 12, durableIndex: 2, lastIndex: 12 });
    cluster.hung.delete(1);
    cluster.settle();
    expect(raft.propose([new Uint8Array(68)])).toBe("accepted");
  });

  it("goes on when its disk comes back, as a follower far behind its bound", () => {
    const cluster = new TestCluster(3, () => ({ options: { undurableBytesMax: 500, appendBytesMax: 100 } }));
    cluster.elect(1);
    cluster.hung.add(3);
    for (let i = 0; i < 50; i++) {
      cluster.propose(1, `${i}`);
      cluster.run(5);
    }
    expect(cluster.server(3).raft.status().lastIndex).toBeLessThan(20);
    cluster.hung.delete(3);
    cluster.run(2 * electionTimeoutMs);
    expect(cluster.server(3).raft.status()).toMatchObject({ commitIndex: 52, durableIndex: 52 });
    expect(cluster.leaders()).toEqual([1]);
  });
});
