/** A server that applies more slowly than the others commit, and takes no more than may wait for that. */
import { describe, expect, it } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { commandSize } from "../../src/raft/log.ts";
import { Raft } from "../../src/raft/raft.ts";
import { appendEntries, command, configurationOf } from "../paper/cluster.ts";

const size = commandSize(utf8("2@2"));

function raftOf(members: readonly number[], unappliedBytesMax: number): Raft {
  return new Raft(
    { id: 1, electionTimeoutMs: 100, heartbeatMs: 20, campaignDelayMaxMs: 5, random: () => 0.5, unappliedBytesMax },
    {
      hardState: { currentTerm: 2, votedFor: 0 },
      entries: [],
      base: { index: 0, term: 0, configuration: configurationOf(members) },
    },
    0,
  );
}

/** Ends a turn, and the write that it began. */
function turn(raft: Raft): void {
  const { write } = raft.takeEffects();
  if (write !== undefined) raft.persisted(write.token);
}

describe("entries that are committed and not applied", () => {
  it("keep a follower from taking more than its memory is to hold, until it has applied them", () => {
    const raft = raftOf([1, 2, 3], 3 * size);
    for (let index = 1; index <= 9; index++) {
      const entries = [command(index, 2)];
      const from = { term: 2, prevLogIndex: index - 1, prevLogTerm: index === 1 ? 0 : 2 };
      raft.receive(2, appendEntries({ ...from, entries, leaderCommit: index }));
      turn(raft);
      turn(raft);
    }
    expect(raft.status()).toMatchObject({ lastIndex: 3, commitIndex: 3 });
    raft.applied(2);
    const entries = [4, 5, 6].map((index) => command(index, 2));
    const behind = { term: 2, prevLogIndex: 3, prevLogTerm: 2, leaderCommit: 6 };
    raft.receive(2, appendEntries({ ...behind, entries }));
    expect(raft.status().lastIndex).toBe(3);
    raft.receive(2, appendEntries({ ...behind, entries: entries.slice(0, 2) }));
    expect(raft.status()).toMatchObject({ lastIndex: 5, commitIndex: 5 });
  });

  it("are none of those that need more to be committed: without them nothing would ever be", () => {
    const raft = raftOf([1, 2, 3], 3 * size);
    const entries = [1, 2, 3, 4, 5].map((index) => command(index, 2));
    raft.receive(2, appendEntries({ term: 2, prevLogIndex: 0, prevLogTerm: 0, entries }));
    turn(raft);
    raft.receive(
      2,
      appendEntries({ term: 2, prevLogIndex: 5, prevLogTerm: 2, entries: [command(6, 2)], leaderCommit: 6 }),
    );
    expect(raft.status()).toMatchObject({ lastIndex: 6, commitIndex: 6 });
  });

  it("keep a leader from taking commands", () => {
    const raft = raftOf([1], 3 * size);
    raft.advanceTo(1_000);
    raft.tick();
    for (let i = 0; i < 3; i++) turn(raft);
    expect(raft.isLeader).toBe(true);
    raft.applied(1);
    let taken = 0;
    while (raft.propose([utf8("2@2")]) === "accepted" && taken < 100) {
      taken++;
      turn(raft);
      turn(raft);
    }
    expect(taken).toBe(3);
    raft.applied(4);
    expect(raft.propose([utf8("2@2")])).toBe("accepted");
  });
});
