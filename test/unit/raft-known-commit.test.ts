/** What a follower knows to be committed, though its own log ends before. */
import { describe, expect, it } from "vitest";
import { Raft } from "../../src/raft/raft.ts";
import { appendEntries, command, configurationOf } from "../paper/cluster.ts";

function follower(): Raft {
  return new Raft(
    { id: 1, electionTimeoutMs: 100, heartbeatMs: 20, campaignDelayMaxMs: 5, random: () => 0.5 },
    {
      hardState: { currentTerm: 2, votedFor: 0 },
      entries: [command(1, 1)],
      base: { index: 0, term: 0, configuration: configurationOf([1, 2, 3]) },
    },
    0,
  );
}

describe("knownCommit", () => {
  it("is what a leader said, though the entries between are missing here", () => {
    const raft = follower();
    expect(raft.knownCommit).toBe(0);
    raft.receive(2, appendEntries({ term: 2, prevLogIndex: 7, prevLogTerm: 2, leaderCommit: 6 }));
    expect(raft.commitIndex).toBe(0);
    expect(raft.knownCommit).toBe(6);
  });

  it("holds when a later leader knows of less, or an older one of more", () => {
    const raft = follower();
    raft.receive(2, appendEntries({ term: 2, prevLogIndex: 7, prevLogTerm: 2, leaderCommit: 6 }));
    raft.receive(3, appendEntries({ term: 4, prevLogIndex: 9, prevLogTerm: 3, leaderCommit: 5 }));
    raft.receive(2, appendEntries({ term: 2, prevLogIndex: 9, prevLogTerm: 2, leaderCommit: 9 }));
    expect(raft.knownCommit).toBe(6);
  });

  it("is never less than what this server itself finds committed", () => {
    const raft = follower();
    const entries = [command(1, 2), command(2, 2)];
    raft.receive(2, appendEntries({ term: 2, prevLogIndex: 0, prevLogTerm: 0, entries, leaderCommit: 2 }));
    expect(raft.commitIndex).toBe(2);
    expect(raft.knownCommit).toBe(2);
  });
});
