import { describe, expect, it } from "vitest";
import { keyedRandom } from "../../src/base/random.ts";
import type { ReadIndex } from "../../src/raft/messages.ts";
import { appendEntriesReply, electionTimeoutMs, heartbeatMs, requestVote, TestCluster } from "./cluster.ts";

/** Three servers, 1 leads, and one command is committed: the commit index is 3. */
function cluster(size = 3): TestCluster {
  const made = new TestCluster(size, (id) => ({ random: keyedRandom(1, `server ${id}`) }));
  made.elect(1);
  made.propose(1, "a");
  made.settle();
  return made;
}

describe("thesis §6.4 ReadIndex at the leader", () => {
  it("thesis §6.4 a read is ready once a quorum has confirmed the leader after it came", () => {
    const c = cluster();
    const leader = c.server(1);
    leader.raft.requestRead(7);
    const sent = leader.flush();
    expect(sent.map(({ to, message }) => [to, message.type])).toEqual([
      [2, "AppendEntries"],
      [3, "AppendEntries"],
    ]);
    expect(leader.reads).toEqual([]);
    c.collect(1, sent);
    c.settle();
    expect(leader.reads).toEqual([{ id: 7, index: 3 }]);
  });

  it("thesis §6.4 nor does the refusal, in this term, of what the same leader asked in an older one", () => {
    const c = cluster();
    for (let round = 1; round <= 3; round++) {
      c.server(1).raft.requestRead(round);
      c.settle();
    }
    c.server(1).raft.requestRead(4);
    const late = c
      .server(1)
      .flush()
      .filter(({ to }) => to === 2);
    c.elect(2);
    c.elect(1);
    c.propose(1, "b");
    c.settle();
    // What was under way to 2 since the first of the three terms arrives, and is refused.
    c.collect(1, late);
    c.settle();
    const leader = c.server(1);
    const before = leader.reads.length;
    leader.raft.requestRead(5);
    leader.flush();
    expect(leader.raft.isLeader).toBe(true);
    expect(leader.reads.slice(before)).toEqual([]);
  });

  it("thesis §6.4 an answer to an earlier message confirms nothing", () => {
    const c = cluster();
    const leader = c.server(1);
    leader.raft.requestRead(1);
    leader.flush();
    leader.answer(2, appendEntriesReply({ term: 2, matchIndex: 3, readRound: 1 }));
    expect(leader.reads).toHaveLength(1);
    leader.raft.requestRead(2);
    leader.flush();
    for (const id of [2, 3]) leader.answer(id, appendEntriesReply({ term: 2, matchIndex: 3, readRound: 1 }));
    expect(leader.reads).toHaveLength(1);
    leader.answer(3, appendEntriesReply({ term: 2, matchIndex: 3, readRound: 2 }));
    expect(leader.reads).toHaveLength(2);
  });

  it("thesis §6.4 a refusal confirms too, an answer of an older term or of a stranger does not", () => {
    const c = cluster(5);
    const leader = c.server(1);
    leader.raft.requestRead(1);
    leader.flush();
    leader.answer(2, appendEntriesReply({ term: 1, matchIndex: 3, readRound: 1 }));
    leader.answer(3, appendEntriesReply({ term: 1, matchIndex: 3, readRound: 1 }));
    for (const id of [6, 7, 8]) leader.answer(id, appendEntriesReply({ term: 2, matchIndex: 3, readRound: 1 }));
    leader.answer(2, appendEntriesReply({ term: 2, success: false, rejectedIndex: 3, readRound: 1 }));
    expect(leader.reads).toEqual([]);
    leader.answer(3, appendEntriesReply({ term: 2, matchIndex: 3, readRound: 1 }));
    expect(leader.reads).toEqual([{ id: 1, index: 3 }]);
  });

  it("thesis §6.4 all reads of a turn share one round", () => {
    const c = cluster();
    const leader = c.server(1);
    for (let id = 1; id <= 100; id++) leader.raft.requestRead(id);
    const sent = leader.flush();
    expect(sent).toHaveLength(2);
    expect(sent[0]?.message).toMatchObject({ readRound: 1 });
    leader.answer(2, appendEntriesReply({ term: 2, matchIndex: 3, readRound: 1 }));
    expect(leader.reads).toHaveLength(100);
  });

  it("thesis §6.4 reads ride on the entries of the same turn", () => {
    const c = cluster();
    const leader = c.server(1);
    c.propose(1, "b");
    leader.raft.requestRead(1);
    const sent = leader.flush();
    expect(sent).toHaveLength(2);
    expect(sent[0]?.message).toMatchObject({ readRound: 1, entries: { length: 1 } });
  });

  it("thesis §6.4 a sole voter confirms itself", () => {
    const c = new TestCluster(1);
    c.run(2 * electionTimeoutMs);
    c.server(1).raft.requestRead(1);
    c.server(1).flush();
    expect(c.server(1).reads).toEqual([{ id: 1, index: 2 }]);
  });

  it("thesis §6.4 a deposed leader answers no read; it asks the new one", () => {
    const c = cluster();
    c.partition([1], [2, 3]);
    c.server(1).raft.requestRead(1);
    c.run(10);
    expect(c.server(1).reads).toEqual([]);
    expect(c.elect(2)).toBe(true);
    c.propose(2, "b");
    c.settle();
    expect(c.server(1).reads).toEqual([]);
    expect(c.server(1).raft.status().readsWaiting).toBe(1);
    c.heal();
    c.run(2 * heartbeatMs);
    expect(c.server(1).reads).toEqual([{ id: 1, index: 5 }]);
  });

  it("thesis §6.4 a cancelled read is forgotten wherever it waits", () => {
    const c = cluster();
    c.server(1).raft.requestRead(1);
    c.server(1).raft.requestRead(2);
    c.server(1).flush();
    c.server(1).raft.cancelRead(1);
    c.server(2).raft.requestRead(3);
    c.server(2).raft.cancelRead(3);
    c.run(heartbeatMs);
    expect(c.server(1).reads.map(({ id }) => id)).toEqual([2]);
    expect(c.server(2).reads).toEqual([]);
  });
});

describe("thesis §6.4 ReadIndex at a follower", () => {
  function requests(sent: readonly { message: { type: string } }[]): ReadIndex[] {
    return sent.flatMap(({ message }) => (message.type === "ReadIndex" ? [message as ReadIndex] : []));
  }

  it("thesis §6.4 a follower asks the leader once for all reads of a turn", () => {
    const c = cluster();
    const follower = c.server(2);
    for (let id = 1; id <= 10; id++) follower.raft.requestRead(id);
    const sent = follower.flush();
    expect(sent).toHaveLength(1);
    c.collect(2, sent);
    c.settle();
    expect(follower.reads).toEqual(Array.from({ length: 10 }, (_, at) => ({ id: at + 1, index: 3 })));
  });

  it("thesis §6.4 it asks again when request or answer is lost", () => {
    const c = cluster();
    c.server(2).raft.requestRead(1);
    c.flush();
    c.drop();
    c.run(heartbeatMs);
    expect(c.server(2).reads).toEqual([]);
    c.run(2 * heartbeatMs);
    expect(c.server(2).reads).toEqual([{ id: 1, index: 3 }]);
  });

  it("thesis §6.4 it asks the next leader when the leader is gone, and any server may be asked without one", () => {
    const c = cluster();
    c.crash(1);
    c.server(2).raft.requestRead(1);
    c.run(10);
    c.disconnect(1);
    c.server(3).raft.requestRead(2);
    c.run(2 * electionTimeoutMs);
    expect(c.leaders()).toHaveLength(1);
    expect(c.server(2).reads.map(({ id }) => id)).toEqual([1]);
    expect(c.server(3).reads.map(({ id }) => id)).toEqual([2]);
  });

  it("thesis §6.4 doubled and unknown answers are ignored", () => {
    const c = cluster();
    const follower = c.server(2);
    follower.raft.requestRead(1);
    const [request] = requests(follower.flush());
    const readId = request?.readId ?? 0;
    follower.answer(1, { type: "ReadIndexReply", term: 2, readId: readId + 1, index: 1 });
    follower.answer(1, { type: "ReadIndexReply", term: 2, readId: readId - 1, index: 1 });
    expect(follower.reads).toEqual([]);
    for (let i = 0; i < 2; i++) follower.answer(1, { type: "ReadIndexReply", term: 2, readId, index: 3 });
    expect(follower.reads).toEqual([{ id: 1, index: 3 }]);
  });

  it("thesis §6.4 an answer to a request from before a restart answers no later one", () => {
    const c = cluster();
    const follower = c.server(2);
    follower.raft.requestRead(1);
    const [before] = requests(follower.flush());
    c.advance(1);
    c.restart(2);
    c.run(heartbeatMs);
    follower.raft.requestRead(1);
    const [after] = requests(follower.flush());
    expect(after).toBeDefined();
    expect(after?.readId).not.toBe(before?.readId);
  });

  it("thesis §6.4 a leader that lost its quorum gives followers no index", () => {
    const c = cluster(5);
    c.partition([1, 2], [3, 4, 5]);
    c.elect(3);
    c.propose(3, "b");
    c.settle();
    // 1 has not noticed yet and 2 still follows it.
    c.server(2).raft.requestRead(1);
    c.run(electionTimeoutMs);
    expect(c.server(2).reads).toEqual([]);
    c.heal();
    c.run(3 * heartbeatMs);
    expect(c.server(2).reads).toEqual([{ id: 1, index: c.server(3).raft.status().commitIndex }]);
  });

  it("thesis §6.4 while an election is on, reads wait", () => {
    const c = cluster();
    const server = c.server(2);
    c.advance(electionTimeoutMs);
    server.answer(3, requestVote({ term: 3, lastLogIndex: 3, lastLogTerm: 2 }));
    server.raft.requestRead(1);
    expect(server.turn()).toEqual([]);
    expect(server.raft.status()).toMatchObject({ readsWaiting: 1, leader: undefined });
  });
});
