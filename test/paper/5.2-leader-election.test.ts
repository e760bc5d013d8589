import { describe, expect, it } from "vitest";
import { keyedRandom } from "../../src/base/random.ts";
import {
  appendEntries,
  campaignDelayMaxMs,
  configurationOf,
  electionTimeoutMs,
  heartbeatMs,
  requestVote,
  requestVoteReply,
  type ServerSetup,
  TestCluster,
  TestServer,
} from "./cluster.ts";

const seeded =
  (seed: number) =>
  (id: number): ServerSetup => ({ random: keyedRandom(seed, `server ${id}`) });

/** A server that has won its pre-votes and asks for votes in term 2. */
function candidate(members: readonly number[], setup: ServerSetup = {}): TestServer {
  const server = new TestServer(1, members, setup);
  server.raft.advanceTo(1000);
  server.raft.tick();
  server.turn();
  for (const id of members.slice(1)) server.raft.receive(id, requestVoteReply({ term: 2, preVote: true }));
  return server;
}

describe("§5.2 leader election", () => {
  it("§5.2 servers start as followers that know no leader", () => {
    const server = new TestServer(1, [1, 2, 3]);
    expect(server.raft.status()).toMatchObject({ role: "follower", leader: undefined });
  });

  it("§5.2 a follower campaigns when its election timeout passes in silence, and not before", () => {
    const server = new TestServer(1, [1, 2, 3], { random: () => 0.25 });
    expect(server.raft.nextDeadline()).toBe(1.25 * electionTimeoutMs);
    server.raft.advanceTo(1.25 * electionTimeoutMs - 0.01);
    server.raft.tick();
    expect(server.raft.role).toBe("follower");
    server.raft.advanceTo(1.25 * electionTimeoutMs);
    server.raft.tick();
    expect(server.raft.role).toBe("preCandidate");
  });

  it("§5.2 heartbeats keep a follower a follower", () => {
    const server = new TestServer(1, [1, 2, 3]);
    for (let now = 0; now < 20 * electionTimeoutMs; now += electionTimeoutMs) {
      server.raft.advanceTo(now);
      server.raft.tick();
      server.answer(2, appendEntries({ term: 2 }));
    }
    expect(server.raft.status()).toMatchObject({ role: "follower", leader: 2, currentTerm: 2 });
  });

  it("§5.2 a candidate enters a new term, votes for itself and asks all others", () => {
    const server = candidate([1, 2, 3]);
    const sent = server.turn();
    expect(sent.map(({ to }) => to)).toEqual([2, 3]);
    expect(sent[0]?.message).toEqual(requestVote({ term: 2, lastLogIndex: 1, lastLogTerm: 1 }));
    expect(server.disk.hardState).toEqual({ currentTerm: 2, votedFor: 1 });
    expect(server.raft.role).toBe("candidate");
  });

  it.each([
    [3, [true], "leader"],
    [3, [false], "candidate"],
    [3, [false, false], "follower"],
    [5, [true], "candidate"],
    [5, [true, true], "leader"],
    [5, [true, false, false], "candidate"],
    [5, [true, false, false, false], "follower"],
    [5, [false, false, false], "follower"],
  ] as const)("§5.2 of %i servers with the votes %j it becomes %s", (size, votes, role) => {
    const server = candidate([1, 2, 3, 4, 5].slice(0, size));
    server.turn();
    votes.forEach((voteGranted, at) => {
      server.answer(at + 2, requestVoteReply({ term: 2, voteGranted }));
    });
    expect(server.raft.role).toBe(role);
  });

  it("§5.2 a vote counts once, however often its reply arrives", () => {
    const server = candidate([1, 2, 3, 4, 5]);
    server.turn();
    for (let i = 0; i < 5; i++) server.answer(2, requestVoteReply({ term: 2 }));
    expect(server.raft.role).toBe("candidate");
  });

  it("§5.2 a vote of an older election does not count", () => {
    const server = candidate([1, 2, 3], { currentTerm: 1 });
    server.turn();
    server.answer(2, requestVoteReply({ term: 1 }));
    expect(server.raft.role).toBe("candidate");
  });

  it("§5.2 votes of servers that are no voters do not count", () => {
    const configuration = configurationOf([1, 2, 3], [], [4, 5]);
    const server = candidate([1, 2, 3], { configuration });
    server.turn();
    for (const id of [4, 5, 6, 7]) server.answer(id, requestVoteReply({ term: 2 }));
    expect(server.raft.role).toBe("candidate");
  });

  it("§5.2 a server votes for one candidate in a term, first come, first served", () => {
    const server = new TestServer(1, [1, 2, 3, 4, 5]);
    expect(server.answer(2, requestVote({ term: 2 }))).toMatchObject([{ term: 2, voteGranted: true }]);
    expect(server.answer(3, requestVote({ term: 2 }))).toMatchObject([{ term: 2, voteGranted: false }]);
    // The reply may have been lost: the same candidate gets the same answer.
    expect(server.answer(2, requestVote({ term: 2 }))).toMatchObject([{ term: 2, voteGranted: true }]);
    expect(server.answer(3, requestVote({ term: 3 }))).toMatchObject([{ term: 3, voteGranted: true }]);
  });

  it("§5.2 a vote survives a restart", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.answer(2, requestVote({ term: 2 }));
    server.restart(0);
    expect(server.answer(3, requestVote({ term: 2 }))).toMatchObject([{ term: 2, voteGranted: false }]);
  });

  it("§5.2 a candidate that hears from the leader of its term follows it", () => {
    const server = candidate([1, 2, 3]);
    server.turn();
    server.answer(3, appendEntries({ term: 2 }));
    expect(server.raft.status()).toMatchObject({ role: "follower", leader: 3, currentTerm: 2 });
  });

  it("§5.2 a candidate that hears from the leader of an older term goes on", () => {
    const server = candidate([1, 2, 3]);
    server.turn();
    server.answer(3, appendEntries({ term: 1 }));
    expect(server.raft.role).toBe("candidate");
  });

  it("§5.2 a split vote is resolved by another election in a later term", () => {
    const cluster = new TestCluster(4, seeded(7));
    cluster.advance(2 * electionTimeoutMs);
    // 1 and 2 campaign at the same moment, and each has the vote of one other.
    for (const id of [1, 2]) cluster.server(id).raft.tick();
    for (const id of [3, 4]) cluster.server(id).raft.receive(id - 2, requestVote({ term: 2 }));
    cluster.settle();
    expect(cluster.leaders()).toEqual([]);
    cluster.run(10 * electionTimeoutMs);
    expect(cluster.leaders()).toHaveLength(1);
    const [leader = 0] = cluster.leaders();
    expect(cluster.server(leader).raft.currentTerm).toBeGreaterThan(2);
  });

  it("§5.2 timeouts are spread over the whole of [T, 2T)", () => {
    const random = keyedRandom(3, "timeouts");
    const server = new TestServer(1, [1, 2, 3], { random });
    const tenths = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const now = server.raft.nextDeadline();
      server.raft.advanceTo(now);
      server.raft.tick();
      server.turn();
      const timeout = (server.raft.nextDeadline() - now) / electionTimeoutMs;
      expect(timeout).toBeGreaterThanOrEqual(1);
      expect(timeout).toBeLessThan(2);
      tenths.add(Math.floor(timeout * 10));
    }
    expect(tenths.size).toBe(10);
  });

  it("§5.2 at most one leader per term, over many elections", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const cluster = new TestCluster(5, seeded(seed));
      const leaderOf = new Map<number, number>();
      for (let ms = 0; ms < 1000; ms++) {
        cluster.run(1);
        for (const id of cluster.leaders()) {
          const { currentTerm } = cluster.server(id).raft;
          expect(leaderOf.get(currentTerm) ?? id).toBe(id);
          leaderOf.set(currentTerm, id);
        }
        if (ms % 200 === 199)
          for (const id of cluster.leaders())
            cluster.partition(
              [id],
              [1, 2, 3, 4, 5].filter((other) => other !== id),
            );
      }
      expect(leaderOf.size).toBeGreaterThan(1);
    }
  });

  it("§5.2 a new leader sends to everybody at once, and then in every heartbeat period", () => {
    const cluster = new TestCluster(3);
    cluster.advance(2 * electionTimeoutMs);
    const leader = cluster.server(1);
    leader.raft.tick();
    leader.turn();
    leader.answer(2, requestVoteReply({ term: 2, preVote: true }));
    leader.raft.receive(2, requestVoteReply({ term: 2 }));
    expect(leader.flush().map(({ to, message }) => [to, message.type])).toEqual([
      [2, "AppendEntries"],
      [3, "AppendEntries"],
    ]);
    leader.turn();
    for (let beat = 0; beat < 3; beat++) {
      leader.raft.advanceTo(cluster.now + (beat + 1) * heartbeatMs);
      leader.raft.tick();
      expect(leader.turn().map(({ to, message }) => [to, message.type])).toEqual([
        [2, "AppendEntries"],
        [3, "AppendEntries"],
      ]);
    }
  });

  it("§5.2 a sole voter elects itself, once its vote is durable", () => {
    const server = new TestServer(1, [1]);
    server.raft.advanceTo(2 * electionTimeoutMs);
    server.raft.tick();
    server.flush();
    expect(server.raft.role).toBe("candidate");
    server.sync();
    expect(server.raft.role).toBe("leader");
    server.turn();
    expect(server.committed.map((entry) => entry.kind)).toEqual(["configuration", "noop"]);
  });

  it("§5.2 a learner, and a server outside the configuration, never campaign", () => {
    for (const configuration of [configurationOf([2, 3], [], [1]), configurationOf([2, 3])]) {
      const server = new TestServer(1, [], { configuration });
      for (let now = 0; now < 1000; now += 10) {
        server.raft.advanceTo(now);
        server.raft.tick();
        expect(server.turn()).toEqual([]);
      }
      expect(server.raft.status()).toMatchObject({ role: "follower", currentTerm: 1 });
    }
  });

  it("§5.2 a learner that becomes a voter campaigns", () => {
    const server = new TestServer(1, [], { configuration: configurationOf([2, 3], [], [1]) });
    const promoted = { kind: "configuration", index: 2, term: 2, configuration: configurationOf([1, 2, 3]) } as const;
    server.answer(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [promoted] }));
    server.raft.advanceTo(2 * electionTimeoutMs);
    server.raft.tick();
    expect(server.raft.role).toBe("preCandidate");
  });

  it("§5.2 a leader whose streams break is replaced long before a timeout", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const cluster = new TestCluster(5, seeded(seed));
      cluster.run(3 * electionTimeoutMs);
      const [leader = 0] = cluster.leaders();
      cluster.crash(leader);
      cluster.disconnect(leader);
      cluster.run(2 * campaignDelayMaxMs);
      expect(cluster.leaders(), `seed ${seed}`).toHaveLength(1);
    }
  });

  it("§5.2 and also if the servers notice one after the other", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const cluster = new TestCluster(5, seeded(seed));
      cluster.run(3 * electionTimeoutMs);
      const [leader = 0] = cluster.leaders();
      cluster.crash(leader);
      for (const server of cluster.servers) {
        if (server.id === leader) continue;
        server.raft.peerDisconnected(leader);
        cluster.run(3);
      }
      cluster.run(electionTimeoutMs / 2);
      expect(cluster.leaders(), `seed ${seed}`).toHaveLength(1);
    }
  });

  it("§5.2 then, whoever asks first has a head start", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.answer(2, appendEntries({ term: 2 }));
    server.raft.peerDisconnected(2);
    expect(server.raft.nextDeadline()).toBe(campaignDelayMaxMs / 2);
    server.raft.advanceTo(1);
    server.answer(3, requestVote({ term: 3, preVote: true }));
    expect(server.raft.nextDeadline()).toBe(1 + 1.5 * campaignDelayMaxMs);
    // When nobody's stream broke, asking keeps nobody from campaigning: it costs nothing to ask.
    const other = new TestServer(1, [1, 2, 3]);
    other.answer(3, requestVote({ term: 2, preVote: true }));
    expect(other.raft.nextDeadline()).toBe(1.5 * electionTimeoutMs);
  });

  it("§5.2 granting a vote restarts the election timer, refusing one does not", () => {
    const server = new TestServer(1, [1, 2, 3]);
    server.raft.advanceTo(50);
    server.answer(2, requestVote({ term: 2, lastLogIndex: 0, lastLogTerm: 0 }));
    expect(server.raft.nextDeadline()).toBe(1.5 * electionTimeoutMs);
    server.answer(2, requestVote({ term: 2 }));
    expect(server.raft.nextDeadline()).toBe(50 + 1.5 * electionTimeoutMs);
  });

  it("§5.2 one broken stream alone deposes no leader", () => {
    const cluster = new TestCluster(5, seeded(3));
    cluster.run(3 * electionTimeoutMs);
    const [leader = 0] = cluster.leaders();
    const term = cluster.server(leader).raft.currentTerm;
    const other = leader === 1 ? 2 : 1;
    cluster.server(other).raft.peerDisconnected(leader);
    expect(cluster.server(other).raft.leader).toBeUndefined();
    cluster.run(3 * electionTimeoutMs);
    expect(cluster.leaders()).toEqual([leader]);
    expect(cluster.server(leader).raft.currentTerm).toBe(term);
    expect(cluster.server(other).raft.leader).toBe(leader);
  });
});
