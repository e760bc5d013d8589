import { describe, expect, it } from "vitest";
import { present } from "../../src/base/assert.ts";
import type { InstallSnapshot, RaftMessage } from "../../src/raft/messages.ts";
import { Raft } from "../../src/raft/raft.ts";
import type { LogBase } from "../../src/raft/types.ts";
import {
  appendEntries,
  appendEntriesReply,
  command,
  configurationOf,
  requestVoteReply,
  TestCluster,
} from "./cluster.ts";

const configuration = configurationOf([1, 2, 3]);

/** Server 1 with entries 1 to `last` of term 1, all applied. */
function server(last: number, currentTerm = 1): Raft {
  const raft = new Raft(
    { id: 1, electionTimeoutMs: 100, heartbeatMs: 20, campaignDelayMaxMs: 5, random: () => 0.5 },
    {
      hardState: { currentTerm, votedFor: 0 },
      entries: [
        { kind: "configuration", index: 1, term: 1, configuration },
        ...Array.from({ length: last - 1 }, (_, i) => command(i + 2, 1)),
      ],
      base: { index: 0, term: 0, configuration },
      appliedIndex: last,
    },
    0,
  );
  return raft;
}

/** Takes the effects of a turn; its write becomes durable, and what that sets free is taken too. */
function turn(raft: Raft) {
  const first = raft.takeEffects();
  const messages: RaftMessage[] = first.messages.map(({ message }) => message);
  let installed = first.installed;
  const committed = [...first.committed];
  if (first.write !== undefined) {
    raft.persisted(first.write.token);
    const second = raft.takeEffects();
    messages.push(...second.messages.map(({ message }) => message));
    installed ??= second.installed;
    committed.push(...second.committed);
  }
  return { messages, installed, committed, write: first.write };
}

function chunk(fields: Partial<InstallSnapshot> & { term: number }): InstallSnapshot {
  return {
    type: "InstallSnapshot",
    snapshotId: 7,
    lastIncludedIndex: 20,
    lastIncludedTerm: 2,
    previous: 0,
    position: 1,
    data: new Uint8Array(3),
    done: false,
    ...fields,
  };
}

const base: LogBase = { index: 20, term: 2, configuration };

/** Makes server 1 the leader of term 2, with its no-op at `last` + 1. */
function leader(last: number): Raft {
  const raft = server(last);
  raft.advanceTo(1000);
  raft.tick();
  raft.receive(2, requestVoteReply({ term: 2, preVote: true }));
  turn(raft);
  raft.receive(2, requestVoteReply({ term: 2 }));
  turn(raft);
  expect(raft.isLeader).toBe(true);
  return raft;
}

describe("§7 a server compacts its own log", () => {
  it("up to what it has applied, never beyond", () => {
    const raft = server(10);
    raft.compact(8);
    expect(raft.logBase).toEqual({ index: 8, term: 1 });
    expect(raft.status()).toMatchObject({ commitIndex: 10, lastIndex: 10, durableIndex: 10 });
    expect(() => raft.compact(11)).toThrow(/applied/);
  });

  it("and keeps the newest configuration up to there", () => {
    const raft = server(10);
    raft.compact(10);
    expect(raft.configurationAt(10)).toEqual(configuration);
    expect(raft.status().configuration).toEqual(configuration);
  });
});

describe("§7 the leader's side of InstallSnapshot", () => {
  it("a follower that needs what is gone is sent no entries, but heartbeats that claim nothing", () => {
    const raft = leader(10);
    raft.receive(3, appendEntriesReply({ term: 2, matchIndex: 11 }));
    expect(turn(raft).committed.map((entry) => entry.index)).toEqual([11]);
    raft.compact(10);
    raft.receive(2, appendEntriesReply({ term: 2, success: false, rejectedIndex: 10, hintIndex: 4, hintTerm: 1 }));
    turn(raft);
    expect(raft.snapshotPeers()).toEqual([{ id: 2, matchIndex: 0, heard: true }]);
    raft.advanceTo(1050);
    raft.tick();
    const heartbeats = raft.takeEffects().messages.filter(({ to }) => to === 2);
    expect(heartbeats.map(({ message }) => message)).toMatchObject([
      { type: "AppendEntries", prevLogIndex: 0, prevLogTerm: 0, entries: [] },
    ]);
  });

  it("a leader that was deposed has no term to send its chunks in", () => {
    const raft = leader(10);
    const { type: _type, term: _term, ...rest } = chunk({ term: 2 });
    raft.sendSnapshot(2, rest);
    expect(turn(raft).messages).toMatchObject([{ type: "InstallSnapshot", term: 2 }]);
    raft.receive(3, appendEntries({ term: 3 }));
    // The answer to a chunk comes in the same turn, before anybody has ended the transfer.
    raft.sendSnapshot(2, rest);
    expect(turn(raft).messages.filter(({ type }) => type === "InstallSnapshot")).toEqual([]);
  });

  it("once the follower has the snapshot, entries follow", () => {
    const raft = leader(10);
    raft.receive(3, appendEntriesReply({ term: 2, matchIndex: 11 }));
    turn(raft);
    raft.compact(10);
    raft.receive(2, appendEntriesReply({ term: 2, success: false, rejectedIndex: 10, hintIndex: 4, hintTerm: 1 }));
    turn(raft);
    // Less than where the log begins does not help.
    raft.receive(2, appendEntriesReply({ term: 2, matchIndex: 9 }));
    turn(raft);
    expect(raft.snapshotPeers()).toEqual([{ id: 2, matchIndex: 9, heard: true }]);
    raft.receive(2, appendEntriesReply({ term: 2, matchIndex: 10 }));
    expect(turn(raft).messages).toMatchObject([{ type: "AppendEntries", prevLogIndex: 10, entries: [{ index: 11 }] }]);
    expect(raft.snapshotPeers()).toEqual([]);
  });

  it("a follower that needs a snapshot and is not heard is known as such", () => {
    const raft = leader(10);
    raft.receive(3, appendEntriesReply({ term: 2, matchIndex: 11 }));
    turn(raft);
    raft.compact(10);
    raft.receive(2, appendEntriesReply({ term: 2, success: false, rejectedIndex: 10, hintIndex: 4, hintTerm: 1 }));
    turn(raft);
    for (let now = 1010; now < 1200; now += 10) {
      raft.advanceTo(now);
      raft.receive(3, appendEntriesReply({ term: 2, matchIndex: 11 }));
      raft.tick();
      turn(raft);
    }
    expect(raft.snapshotPeers()).toEqual([{ id: 2, matchIndex: 0, heard: false }]);
  });
});

describe("§7, Figure 13: the follower's side of InstallSnapshot", () => {
  it("rule 1: refuses one of a past term, and tells the newer one", () => {
    const raft = server(10, 5);
    expect(raft.receiveSnapshot(2, chunk({ term: 4 }))).toBe(false);
    expect(turn(raft).messages).toMatchObject([{ type: "InstallSnapshotReply", term: 5, position: 0 }]);
    expect(raft.currentTerm).toBe(5);
  });

  it("takes over a newer term, durably before it answers, and follows the sender", () => {
    const raft = server(10);
    expect(raft.receiveSnapshot(2, chunk({ term: 3 }))).toBe(true);
    raft.snapshotStaged(7, 1);
    const { write, messages } = raft.takeEffects();
    expect(write?.hardState).toEqual({ currentTerm: 3, votedFor: 0 });
    expect(messages).toEqual([]);
    raft.persisted(present(write, "a write").token);
    expect(raft.takeEffects().messages).toMatchObject([
      { to: 2, message: { type: "InstallSnapshotReply", term: 3, snapshotId: 7, position: 1 } },
    ]);
    expect(raft.leader).toBe(2);
  });

  it("takes the place of the whole log, and is acknowledged and applied only once that is durable", () => {
    const raft = server(10);
    raft.receiveSnapshot(2, chunk({ term: 2 }));
    turn(raft);
    expect(raft.installSnapshot(base)).toBe(true);
    const { write, messages, installed } = raft.takeEffects();
    expect(write).toMatchObject({ snapshot: base, entries: [] });
    expect(messages).toEqual([]);
    expect(installed).toBeUndefined();
    // What follows it may come before it is durable.
    raft.receive(
      2,
      appendEntries({ term: 2, prevLogIndex: 20, prevLogTerm: 2, entries: [command(21, 2)], leaderCommit: 21 }),
    );
    const next = raft.takeEffects();
    expect(next.committed).toEqual([]);
    raft.persisted(present(write, "a write").token);
    const durable = raft.takeEffects();
    expect(durable.installed).toBe(20);
    expect(durable.messages).toMatchObject([
      { message: { type: "AppendEntriesReply", success: true, matchIndex: 20 } },
    ]);
    expect(durable.committed).toEqual([]);
    raft.persisted(present(next.write, "a write").token);
    const after = raft.takeEffects();
    expect(after.installed).toBeUndefined();
    expect(after.committed.map((entry) => entry.index)).toEqual([21]);
    expect(after.messages).toMatchObject([{ message: { matchIndex: 21 } }]);
  });

  it("a write of the old log that completes late makes nothing of the new one durable", () => {
    const raft = server(10);
    const entries = Array.from({ length: 15 }, (_, i) => command(11 + i, 1));
    raft.receive(2, appendEntries({ term: 2, prevLogIndex: 10, prevLogTerm: 1, entries }));
    const old = present(raft.takeEffects().write, "a write");
    // Entry 20 has term 1 here, and term 2 in what was committed.
    expect(raft.receiveSnapshot(3, chunk({ term: 3 }))).toBe(true);
    expect(raft.installSnapshot(base)).toBe(true);
    const write = present(raft.takeEffects().write, "a write");
    raft.persisted(old.token);
    const late = raft.takeEffects();
    expect(late.installed).toBeUndefined();
    expect(late.messages).toEqual([]);
    expect(raft.status()).toMatchObject({ lastIndex: 20, durableIndex: 10 });
    raft.persisted(write.token);
    expect(raft.takeEffects().installed).toBe(20);
  });

  it("one that is not newer than what is committed is not taken, but the leader learns what is here", () => {
    const raft = server(10);
    const old = chunk({ term: 2, lastIncludedIndex: 9, lastIncludedTerm: 1 });
    expect(raft.receiveSnapshot(2, old)).toBe(false);
    expect(turn(raft).messages).toMatchObject([{ type: "AppendEntriesReply", success: true, matchIndex: 9 }]);
    expect(raft.installSnapshot({ index: 9, term: 1, configuration })).toBe(false);
    expect(raft.status()).toMatchObject({ commitIndex: 10, lastIndex: 10 });
  });

  it("rule 6: entries behind one that the log has stay; nothing needs to be installed", () => {
    const raft = server(10);
    const entries = Array.from({ length: 15 }, (_, i) => command(11 + i, 2));
    raft.receive(2, appendEntries({ term: 2, prevLogIndex: 10, prevLogTerm: 1, entries }));
    turn(raft);
    expect(raft.receiveSnapshot(2, chunk({ term: 2 }))).toBe(false);
    const { committed, messages } = turn(raft);
    expect(committed.at(-1)?.index).toBe(20);
    expect(messages).toMatchObject([{ type: "AppendEntriesReply", success: true, matchIndex: 20 }]);
    expect(raft.status().lastIndex).toBe(25);
  });

  it("one that entries have overtaken while it was staged is not installed", () => {
    const raft = server(10);
    expect(raft.receiveSnapshot(2, chunk({ term: 2 }))).toBe(true);
    const entries = Array.from({ length: 15 }, (_, i) => command(11 + i, 2));
    raft.receive(2, appendEntries({ term: 2, prevLogIndex: 10, prevLogTerm: 1, entries, leaderCommit: 25 }));
    turn(raft);
    expect(raft.installSnapshot(base)).toBe(false);
    expect(raft.status()).toMatchObject({ commitIndex: 25, lastIndex: 25 });
  });

  it("its last term counts in elections", () => {
    const raft = server(10);
    raft.receiveSnapshot(2, chunk({ term: 2 }));
    raft.installSnapshot(base);
    turn(raft);
    raft.peerDisconnected(2);
    const vote = { type: "RequestVote", term: 3, preVote: false, leadershipTransfer: false } as const;
    raft.receive(3, { ...vote, lastLogIndex: 30, lastLogTerm: 1 });
    expect(turn(raft).messages).toMatchObject([{ type: "RequestVoteReply", voteGranted: false }]);
    raft.receive(3, { ...vote, lastLogIndex: 20, lastLogTerm: 2 });
    expect(turn(raft).messages).toMatchObject([{ type: "RequestVoteReply", voteGranted: true }]);
  });
});

describe("§7 in a cluster", () => {
  it("a follower that is cut off while the others compact is found to need a snapshot, whoever leads", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.partition([1, 2], [3]);
    cluster.propose(1, "a", "b", "c");
    cluster.settle();
    for (const id of [1, 2]) cluster.server(id).raft.compact(cluster.server(id).raft.status().commitIndex);
    cluster.heal();
    cluster.run(50);
    expect(cluster.server(1).raft.snapshotPeers()).toEqual([{ id: 3, matchIndex: 2, heard: true }]);
    cluster.crash(1);
    cluster.disconnect(1);
    expect(cluster.elect(2)).toBe(true);
    cluster.run(50);
    expect(cluster.server(2).raft.snapshotPeers()).toMatchObject([{ id: 3 }]);
  });
});
