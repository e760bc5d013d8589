/** A follower whose log begins behind a checkpoint: what lies before is committed, hence equal to any leader's. */
import { describe, expect, it } from "vitest";
import type { AppendEntriesReply } from "../../src/raft/messages.ts";
import { Raft } from "../../src/raft/raft.ts";
import { appendEntries, command, configurationOf } from "../paper/cluster.ts";

/** Entries 1 to 10 are in the checkpoint, 11 and 12 in the log. */
function follower(): Raft {
  return new Raft(
    { id: 1, electionTimeoutMs: 100, heartbeatMs: 20, campaignDelayMaxMs: 5, random: () => 0.5 },
    {
      hardState: { currentTerm: 5, votedFor: 0 },
      entries: [command(11, 3), command(12, 5)],
      base: { index: 10, term: 3, configuration: configurationOf([1, 2, 3]) },
    },
    0,
  );
}

function reply(raft: Raft): AppendEntriesReply | undefined {
  const { write, messages } = raft.takeEffects();
  const sent = [...messages];
  if (write !== undefined) {
    raft.persisted(write.token);
    sent.push(...raft.takeEffects().messages);
  }
  return sent.map(({ message }) => message).find((message) => message.type === "AppendEntriesReply");
}

describe("AppendEntries at a compacted log", () => {
  it("starts with the checkpoint committed and applied", () => {
    expect(follower().status()).toMatchObject({ commitIndex: 10, lastIndex: 12, durableIndex: 12 });
    expect(follower().takeEffects().committed).toEqual([]);
  });

  it("entries wholly within the checkpoint are acknowledged and change nothing", () => {
    const raft = follower();
    raft.receive(
      2,
      appendEntries({ term: 5, prevLogIndex: 4, prevLogTerm: 1, entries: [command(5, 1), command(6, 2)] }),
    );
    expect(reply(raft)).toMatchObject({ success: true, matchIndex: 6 });
    expect(raft.status().lastIndex).toBe(12);
  });

  it("entries that reach beyond it are merged from there on", () => {
    const raft = follower();
    const entries = [command(10, 3), command(11, 3), command(12, 5), command(13, 5)];
    raft.receive(2, appendEntries({ term: 5, prevLogIndex: 9, prevLogTerm: 2, entries, leaderCommit: 13 }));
    expect(reply(raft)).toMatchObject({ success: true, matchIndex: 13 });
    expect(raft.status()).toMatchObject({ lastIndex: 13, commitIndex: 13 });
  });

  it("a conflict behind it is truncated, and the checkpoint is not", () => {
    const raft = follower();
    raft.receive(
      2,
      appendEntries({ term: 6, prevLogIndex: 9, prevLogTerm: 2, entries: [command(10, 3), command(11, 6)] }),
    );
    expect(reply(raft)).toMatchObject({ success: true, matchIndex: 11 });
    expect(raft.status()).toMatchObject({ lastIndex: 11 });
  });

  it("prev = 0 is no licence to append: what follows must still be contiguous", () => {
    const raft = follower();
    raft.receive(
      2,
      appendEntries({ term: 5, prevLogIndex: 0, prevLogTerm: 0, entries: [command(1, 1), command(2, 1)] }),
    );
    expect(reply(raft)).toMatchObject({ success: true, matchIndex: 2 });
    expect(raft.status().lastIndex).toBe(12);
  });

  it("a refusal never points before it", () => {
    const raft = follower();
    raft.receive(2, appendEntries({ term: 6, prevLogIndex: 12, prevLogTerm: 4 }));
    expect(reply(raft)).toMatchObject({ success: false, rejectedIndex: 12, hintIndex: 11, hintTerm: 3 });
  });
});
