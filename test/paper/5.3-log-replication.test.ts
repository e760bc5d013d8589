import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import type { AppendEntries, Envelope, RaftMessage } from "../../src/raft/messages.ts";
import type { Entry } from "../../src/raft/types.ts";
import {
  appendEntries,
  appendEntriesReply,
  command,
  electionTimeoutMs,
  heartbeatMs,
  TestCluster,
  TestServer,
  termsOf,
} from "./cluster.ts";

function texts(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) => (entry.kind === "command" ? [fromUtf8(entry.data)] : []));
}

/** How many entries are sent to a peer. */
function entriesTo(peer: number, sent: readonly Envelope[]): number {
  const messages = appends(sent.filter(({ to }) => to === peer).map(({ message }) => message));
  return messages.reduce((count, { entries }) => count + entries.length, 0);
}

function appends(messages: readonly RaftMessage[]): AppendEntries[] {
  return messages.filter((message) => message.type === "AppendEntries");
}

describe("§5.3 log replication: the leader", () => {
  it("§5.3 appends a command, replicates it, commits and applies it, and the followers too", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a", "b");
    cluster.settle();
    for (const server of cluster.servers) expect(texts(server.committed)).toEqual(["a", "b"]);
  });

  it("§5.3 AppendEntries names the entry right before the new ones, and the commit index", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    const [first] = cluster.server(1).flush();
    expect(first).toMatchObject({
      to: 2,
      message: { type: "AppendEntries", term: 2, prevLogIndex: 2, prevLogTerm: 2, leaderCommit: 2 },
    });
  });

  it("§5.3 all proposals of a turn make one write and one message per peer", () => {
    const cluster = new TestCluster(5);
    cluster.elect(1);
    const leader = cluster.server(1);
    for (let i = 0; i < 100; i++) cluster.propose(1, `${i}`);
    const sent = leader.flush();
    expect(sent.map(({ to }) => to)).toEqual([2, 3, 4, 5]);
    for (const { message } of sent) expect(message).toMatchObject({ entries: { length: 100 } });
    expect(leader.writes).toHaveLength(1);
  });

  it("§5.3 an entry is committed once a majority stores it", () => {
    const cluster = new TestCluster(5);
    cluster.elect(1);
    const leader = cluster.server(1);
    cluster.propose(1, "a");
    leader.turn();
    const { lastIndex, currentTerm: term } = leader.raft.status();
    leader.answer(2, appendEntriesReply({ term, matchIndex: lastIndex }));
    expect(leader.raft.status().commitIndex).toBe(lastIndex - 1);
    leader.answer(2, appendEntriesReply({ term, matchIndex: lastIndex }));
    expect(leader.raft.status().commitIndex).toBe(lastIndex - 1);
    leader.answer(3, appendEntriesReply({ term, matchIndex: lastIndex }));
    expect(leader.raft.status().commitIndex).toBe(lastIndex);
  });

  it("§5.3 followers learn at once what was committed, without waiting for a heartbeat", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    const { commitIndex } = cluster.server(1).raft.status();
    expect(cluster.servers.map((server) => server.raft.status().commitIndex)).toEqual([
      commitIndex,
      commitIndex,
      commitIndex,
    ]);
  });

  it("§5.3 matchIndex never goes back, whatever order replies come in", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a", "b", "c");
    cluster.settle();
    const leader = cluster.server(1);
    const { lastIndex, currentTerm: term } = leader.raft.status();
    leader.answer(2, appendEntriesReply({ term, matchIndex: lastIndex - 2 }));
    leader.answer(
      2,
      appendEntriesReply({ term, success: false, rejectedIndex: lastIndex - 1, hintIndex: 1, hintTerm: 1 }),
    );
    expect(leader.raft.status().peers[0]).toMatchObject({ id: 2, matchIndex: lastIndex, nextIndex: lastIndex + 1 });
  });

  it("§5.3 resends what was lost, as soon as a follower misses it", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.flush();
    cluster.drop((packet) => packet.to === 2);
    cluster.propose(1, "b");
    cluster.settle();
    expect(texts(cluster.server(2).committed)).toEqual(["a", "b"]);
  });

  it("§5.3 a heartbeat finds out that the last message was lost", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.cut(1, 2);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.heal();
    expect(texts(cluster.server(2).committed)).toEqual([]);
    cluster.run(heartbeatMs);
    expect(texts(cluster.server(2).committed)).toEqual(["a"]);
  });

  it("§5.3 retries for ever: a follower that was away gets all it missed", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.crash(3);
    for (let i = 0; i < 50; i++) {
      cluster.propose(1, `${i}`);
      cluster.run(10);
    }
    cluster.restart(3);
    cluster.run(2 * heartbeatMs);
    expect(texts(cluster.server(3).committed)).toHaveLength(50);
    expect(cluster.leaders()).toEqual([1]);
  });

  it("§5.3 pipelines up to a window of messages, and then waits for replies", () => {
    const cluster = new TestCluster(3, () => ({ options: { appendsInFlightMax: 4, appendHoldMs: 0 } }));
    cluster.elect(1);
    const leader = cluster.server(1);
    let sent = 0;
    for (let i = 0; i < 10; i++) {
      cluster.propose(1, `${i}`);
      sent += leader.turn().filter(({ to }) => to === 2).length;
    }
    expect(sent).toBe(4);
    const { currentTerm: term } = leader.raft.status();
    // One reply for the first two makes room for two messages; the first takes all that has waited.
    leader.raft.receive(2, appendEntriesReply({ term, matchIndex: 4 }));
    const next = appends(
      leader
        .turn()
        .filter(({ to }) => to === 2)
        .map(({ message }) => message),
    );
    expect(next.map((message) => [message.prevLogIndex, message.entries.length])).toEqual([[6, 6]]);
  });

  it("§5.3 what fills no message waits for the one before to be acknowledged (Nagle's rule)", () => {
    const cluster = new TestCluster(3, () => ({ options: { appendHoldMs: 15 } }));
    cluster.elect(1);
    const leader = cluster.server(1);
    const proposed = (text: string) => {
      cluster.propose(1, text);
      return entriesTo(2, leader.turn());
    };
    expect(["a", "b", "c"].map(proposed)).toEqual([1, 0, 0]);
    const { currentTerm: term, lastIndex } = leader.raft;
    leader.raft.receive(2, appendEntriesReply({ term, matchIndex: lastIndex - 2 }));
    expect(entriesTo(2, leader.turn())).toBe(2);
    expect(entriesTo(3, leader.turn())).toBe(0);
  });

  it("§5.3 … but for a time only, and its end is a deadline", () => {
    const cluster = new TestCluster(3, () => ({ options: { appendHoldMs: 15 } }));
    cluster.elect(1);
    const leader = cluster.server(1);
    cluster.propose(1, "a");
    leader.turn();
    const idle = leader.raft.nextDeadline();
    cluster.propose(1, "b");
    leader.turn();
    expect([idle > cluster.now + 15, leader.raft.nextDeadline()]).toEqual([true, cluster.now + 15]);
    leader.raft.advanceTo(cluster.now + 15);
    leader.raft.tick();
    expect(entriesTo(2, leader.turn())).toBe(1);
    expect(leader.raft.nextDeadline()).toBe(idle);
  });

  it("§5.3 … nor does a full message wait", () => {
    const cluster = new TestCluster(3, () => ({ options: { appendHoldMs: 15, appendBytesMax: 200 } }));
    cluster.elect(1);
    const leader = cluster.server(1);
    cluster.propose(1, "a");
    leader.turn();
    leader.raft.propose([new Uint8Array(100)]);
    expect(entriesTo(2, leader.turn())).toBe(0);
    leader.raft.propose([new Uint8Array(100)]);
    expect(entriesTo(2, leader.turn())).toBe(1);
    expect(leader.raft.nextDeadline()).toBe(cluster.now + 15);
  });

  it("§5.3 … nor is anything held for a peer that lacks what is compacted since", () => {
    const cluster = new TestCluster(3, () => ({ options: { appendHoldMs: 15 } }));
    cluster.elect(1);
    const leader = cluster.server(1);
    for (const text of ["a", "b", "c"]) {
      cluster.propose(1, text);
      leader.turn();
    }
    const { currentTerm: term, lastIndex } = leader.raft;
    // Two has all three, three nothing but the first, on its way.
    leader.raft.receive(2, appendEntriesReply({ term, matchIndex: lastIndex }));
    leader.turn();
    leader.raft.compact(lastIndex);
    expect(leader.raft.nextDeadline()).toBeGreaterThan(cluster.now + 15);
    leader.turn();
    expect(leader.raft.snapshotPeers().map(({ id }) => id)).toEqual([3]);
  });

  it("§5.3 what only tells of a commit needs no reply, a heartbeat does", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    const leader = cluster.server(1);
    const follower = cluster.server(2);
    cluster.propose(1, "a");
    const { currentTerm: term, lastIndex } = leader.raft;
    for (const { to, message } of leader.turn()) if (to === 2) follower.raft.receive(1, message);
    expect(follower.turn()).toHaveLength(1);
    leader.raft.receive(2, appendEntriesReply({ term, matchIndex: lastIndex }));
    const news = leader.flush().filter(({ to }) => to === 2);
    expect(news).toMatchObject([{ message: { entries: [], leaderCommit: lastIndex, noReply: true } }]);
    for (const { message } of news) follower.raft.receive(1, message);
    expect([follower.flush(), follower.raft.commitIndex]).toEqual([[], lastIndex]);
    leader.raft.advanceTo(cluster.now + heartbeatMs);
    leader.raft.tick();
    const heartbeat = leader.flush().filter(({ to }) => to === 2);
    expect(heartbeat).toMatchObject([{ message: { entries: [], noReply: false } }]);
    for (const { message } of heartbeat) follower.raft.receive(1, message);
    expect(follower.flush()).toHaveLength(1);
  });

  it("§5.3 a heartbeat goes out even when the window is full", () => {
    const cluster = new TestCluster(3, () => ({ options: { appendsInFlightMax: 1 } }));
    cluster.elect(1);
    const leader = cluster.server(1);
    cluster.propose(1, "a");
    leader.turn();
    cluster.propose(1, "b");
    expect(leader.turn()).toEqual([]);
    leader.raft.advanceTo(cluster.now + heartbeatMs);
    leader.raft.tick();
    expect(leader.turn().map(({ to, message }) => [to, appends([message])[0]?.entries.length])).toEqual([
      [2, 0],
      [3, 0],
    ]);
  });

  it("§5.3 a message holds a bounded number of bytes, but at least one entry", () => {
    const cluster = new TestCluster(3, () => ({ options: { appendBytesMax: 1000, appendHoldMs: 0 } }));
    cluster.elect(1);
    const sizes = [300, 300, 300, 5000, 10];
    cluster.server(1).raft.propose(sizes.map((size) => new Uint8Array(size)));
    const toTwo = cluster
      .server(1)
      .flush()
      .filter(({ to }) => to === 2);
    expect(appends(toTwo.map(({ message }) => message)).map((message) => message.entries.length)).toEqual([3, 1, 1]);
  });

  it("§5.3 a leader takes no more proposals than may be uncommitted, until some are committed", () => {
    const cluster = new TestCluster(3, () => ({ options: { uncommittedBytesMax: 1000 } }));
    cluster.elect(1);
    const { raft } = cluster.server(1);
    expect(raft.propose([new Uint8Array(5000)])).toBe("accepted");
    expect(raft.propose([utf8("a")])).toBe("full");
    cluster.settle();
    expect(raft.propose([utf8("a")])).toBe("accepted");
    expect(cluster.server(2).raft.propose([utf8("a")])).toBe("notLeader");
  });
});

describe("§5.3 log replication: the follower", () => {
  function follower(terms: readonly number[]): TestServer {
    return new TestServer(1, [1, 2, 3], { terms });
  }

  it("§5.3 refuses entries unless it has the one before them", () => {
    const server = follower([1, 1, 2]);
    const beyond = appendEntries({ term: 3, prevLogIndex: 4, prevLogTerm: 3, entries: [command(5, 3)] });
    expect(server.answer(2, beyond)).toMatchObject([{ success: false, rejectedIndex: 4 }]);
    const other = appendEntries({ term: 3, prevLogIndex: 3, prevLogTerm: 3, entries: [command(4, 3)] });
    expect(server.answer(2, other)).toMatchObject([{ success: false, rejectedIndex: 3 }]);
    expect(server.terms()).toEqual([1, 1, 2]);
  });

  it("§5.3 deletes a conflicting entry and all that follow it, and appends the leader's", () => {
    const server = follower([1, 1, 2, 2, 2]);
    const entries = [command(3, 2), command(4, 3)];
    const message = appendEntries({ term: 3, prevLogIndex: 2, prevLogTerm: 1, entries });
    expect(server.answer(2, message)).toMatchObject([{ success: true, matchIndex: 4 }]);
    expect(server.terms()).toEqual([1, 1, 2, 3]);
  });

  it("§5.3 the conflict and what replaces it are one write: no crash can come between", () => {
    const server = follower([1, 1, 2, 2]);
    const message = appendEntries({ term: 3, prevLogIndex: 2, prevLogTerm: 1, entries: [command(3, 3)] });
    server.raft.receive(2, message);
    server.flush();
    expect(server.writes).toMatchObject([
      { hardState: { currentTerm: 3 }, truncateFrom: 3, entries: [{ index: 3, term: 3 }] },
    ]);
  });

  it("§5.3 a late message does not truncate entries that came after it", () => {
    const server = follower([1]);
    const early = appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] });
    const late = appendEntries({ term: 2, prevLogIndex: 2, prevLogTerm: 2, entries: [command(3, 2), command(4, 2)] });
    server.answer(2, early);
    server.answer(2, late);
    expect(server.answer(2, early)).toMatchObject([{ success: true, matchIndex: 2 }]);
    expect(server.answer(2, appendEntries({ term: 2 }))).toMatchObject([{ success: true, matchIndex: 0 }]);
    expect(server.terms()).toEqual([1, 2, 2, 2]);
  });

  it("§5.3 acknowledges what the message verified, not its own longer log", () => {
    const server = follower([1, 1, 1, 1]);
    const message = appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 1)] });
    expect(server.answer(2, message)).toMatchObject([{ success: true, matchIndex: 2 }]);
  });

  it("§5.3 commits no further than what the message verified", () => {
    const server = follower([1, 1, 1, 1]);
    server.answer(2, appendEntries({ term: 2, prevLogIndex: 2, prevLogTerm: 1, leaderCommit: 4 }));
    expect(server.raft.status().commitIndex).toBe(2);
    expect(server.committed).toHaveLength(2);
  });

  it("§5.3 the commit index never goes back", () => {
    const server = follower([1, 1, 1]);
    server.answer(2, appendEntries({ term: 2, prevLogIndex: 3, prevLogTerm: 1, leaderCommit: 3 }));
    server.answer(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1 }));
    expect(server.raft.status().commitIndex).toBe(3);
    expect(server.committed).toHaveLength(3);
  });

  it("§5.3 takes no batch with a gap, with falling terms or from a later term", () => {
    const server = follower([1]);
    const prev = { term: 3, prevLogIndex: 1, prevLogTerm: 1 };
    for (const entries of [
      [command(3, 3)],
      [command(2, 3), command(4, 3)],
      [command(2, 3), command(3, 2)],
      [command(2, 4)],
    ]) {
      expect(server.answer(2, appendEntries({ ...prev, entries }))).toEqual([]);
    }
    expect(server.terms()).toEqual([1]);
  });

  it("§5.3 one reply answers all the AppendEntries of a turn", () => {
    const server = follower([1]);
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 1, prevLogTerm: 1, entries: [command(2, 2)] }));
    server.raft.receive(2, appendEntries({ term: 2, prevLogIndex: 2, prevLogTerm: 2, entries: [command(3, 2)] }));
    expect(server.turn()).toMatchObject([{ to: 2, message: { success: true, matchIndex: 3 } }]);
  });
});

describe("§5.3 Figure 7: a new leader makes every log its own", () => {
  const leaderTerms = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  it.each([
    ["a", [1, 1, 1, 4, 4, 5, 5, 6, 6]],
    ["b", [1, 1, 1, 4]],
    ["c", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ["d", [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ["e", [1, 1, 1, 4, 4, 4, 4]],
    ["f", [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])("§5.3 Figure 7 (%s)", (_, terms) => {
    // Server 3 has what the leader has, so that the leader can be elected; server 2 is the follower of the figure.
    const cluster = new TestCluster(3, (id) => ({ terms: id === 2 ? terms : leaderTerms, currentTerm: 7 }));
    cluster.elect(1);
    expect(cluster.leaders()).toEqual([1]);
    cluster.run(heartbeatMs);
    const expected = [...leaderTerms, 8];
    expect(cluster.server(2).terms()).toEqual(expected);
    expect(termsOf(cluster.server(2).committed)).toEqual(expected);
  });
});

describe("§5.3 fast back-up", () => {
  /** How many refusals it took until the follower agreed. */
  function refusals(leaderTerms: readonly number[], followerTerms: readonly number[]): number {
    const currentTerm = Math.max(...leaderTerms, ...followerTerms);
    const cluster = new TestCluster(3, (id) => ({ terms: id === 2 ? followerTerms : leaderTerms, currentTerm }));
    cluster.crash(2);
    cluster.elect(1);
    cluster.restart(2);
    cluster.advance(heartbeatMs);
    cluster.server(1).raft.tick();
    let count = 0;
    for (let i = 0; i < 10_000; i++) {
      for (const server of cluster.servers) cluster.collect(server.id, server.turn());
      if (cluster.packets.length === 0) break;
      for (const { from, message } of cluster.packets) {
        if (from === 2 && message.type === "AppendEntriesReply" && !message.success) count++;
      }
      cluster.deliver();
    }
    expect(cluster.server(2).terms()).toEqual([...leaderTerms, currentTerm + 1]);
    return count;
  }

  it("§5.3 skips a whole term per round, however many entries it has", () => {
    const many = (term: number) => Array.from({ length: 1000 }, () => term);
    expect(refusals([1, ...many(5), ...many(6)], [1, ...many(2), ...many(3), ...many(4)])).toBeLessThanOrEqual(3);
    expect(refusals([1, ...many(2), ...many(4)], [1, ...many(2), ...many(3)])).toBeLessThanOrEqual(3);
    expect(refusals([1, ...many(2)], [1])).toBeLessThanOrEqual(2);
  });

  it("§5.3 converges in about as many rounds as there are terms, when they interleave", () => {
    const odd = [1];
    const even = [1];
    for (let term = 2; term < 40; term += 2) {
      for (let i = 0; i < 50; i++) {
        even.push(term);
        odd.push(term + 1);
      }
    }
    expect(refusals(odd, even)).toBeLessThanOrEqual(42);
    expect(refusals([...even, 50], odd)).toBeLessThanOrEqual(42);
  });

  it("§5.3 refusals that come late or twice do not move nextIndex", () => {
    const options = { appendHoldMs: 0 };
    const cluster = new TestCluster(3, (id) => ({
      terms: id === 2 ? [1, 1, 2, 2] : [1, 1, 3, 3],
      currentTerm: 3,
      options,
    }));
    cluster.elect(1);
    const leader = cluster.server(1);
    const before = leader.raft.status();
    const stale = appendEntriesReply({
      term: before.currentTerm,
      success: false,
      rejectedIndex: 4,
      hintIndex: 2,
      hintTerm: 1,
    });
    for (let i = 0; i < 3; i++) leader.answer(2, stale);
    expect(leader.raft.status()).toEqual(before);
    // It still sends ahead, instead of waiting for each reply.
    let sent = 0;
    for (let i = 0; i < 3; i++) {
      cluster.propose(1, "a");
      sent += leader.flush().filter(({ to }) => to === 2).length;
    }
    expect(sent).toBe(3);
  });

  it("§5.3 a refusal of another place than the one being probed says nothing", () => {
    const cluster = new TestCluster(3, () => ({ terms: [1, 1, 1, 1, 1] }));
    cluster.cut(2, 1);
    cluster.elect(1);
    const leader = cluster.server(1);
    const { currentTerm: term } = leader.raft;
    expect(leader.raft.status().peers[0]).toMatchObject({ id: 2, matchIndex: 0, nextIndex: 6 });
    leader.answer(2, appendEntriesReply({ term, success: false, rejectedIndex: 3, hintIndex: 1, hintTerm: 1 }));
    leader.answer(2, appendEntriesReply({ term, success: false, rejectedIndex: 9, hintIndex: 1, hintTerm: 1 }));
    expect(leader.raft.status().peers[0]).toMatchObject({ id: 2, nextIndex: 6 });
    leader.answer(2, appendEntriesReply({ term, success: false, rejectedIndex: 5, hintIndex: 3, hintTerm: 1 }));
    expect(leader.raft.status().peers[0]).toMatchObject({ id: 2, nextIndex: 4 });
  });

  it("§5.3 a refusal of a place that the leader has not got to says nothing", () => {
    const cluster = new TestCluster(3, () => ({ terms: [1, 1, 1, 1, 1] }));
    cluster.elect(1);
    cluster.settle();
    const leader = cluster.server(1);
    const before = leader.raft.status();
    expect(before.peers[0]).toMatchObject({ id: 2, matchIndex: 6, nextIndex: 7 });
    // Of a message that went further, before the stream broke and all began anew.
    const { currentTerm: term } = before;
    leader.answer(2, appendEntriesReply({ term, success: false, rejectedIndex: 9, hintIndex: 8, hintTerm: term }));
    expect(leader.raft.status()).toEqual(before);
  });

  it("§5.3 a silent follower does not keep a leader from the others", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.crash(2);
    cluster.disconnect(2);
    cluster.propose(1, "a");
    cluster.run(3 * electionTimeoutMs);
    expect(texts(cluster.server(3).committed)).toEqual(["a"]);
    expect(cluster.leaders()).toEqual([1]);
  });
});
