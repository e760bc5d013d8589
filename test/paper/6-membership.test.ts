import { describe, expect, it } from "vitest";
import {
  wantedMembership,
  withAdded,
  withMoved,
  withoutMember,
  withPromoted,
  withRemoved,
} from "../../src/raft/membership-change.ts";
import type { MembershipChange } from "../../src/raft/raft.ts";
import type { Entry, Member, ServerId } from "../../src/raft/types.ts";
import { configurationOf, electionTimeoutMs, TestCluster } from "./cluster.ts";

const noConfiguration = { members: [], voters: [], oldVoters: [], learners: [] };

/** Servers 1 to `voters` form a cluster, the others are empty; server 1 leads. */
function cluster(voters: number, size: number): TestCluster {
  const configuration = configurationOf(Array.from({ length: voters }, (_, i) => i + 1));
  const made = new TestCluster(size, (id) =>
    id <= voters ? { configuration } : { configuration: noConfiguration, terms: [], currentTerm: 1 },
  );
  expect(made.elect(1)).toBe(true);
  return made;
}

function member(id: ServerId): Member {
  return { id, peerAddress: `peer${id}:1`, clientAddress: `client${id}:1` };
}

/** What the leader `id` wants at present, as a base for changes. */
function wanted(c: TestCluster, id: ServerId): MembershipChange {
  return wantedMembership(c.server(id).raft.configuration);
}

function change(c: TestCluster, id: ServerId, to: MembershipChange): unknown {
  return c.server(id).raft.changeMembership(to);
}

/** The configurations that the leader's log holds, in short. */
function history(c: TestCluster, id: ServerId): string[] {
  return c.server(id).disk.entries.flatMap((entry) => {
    if (entry.kind !== "configuration") return [];
    const { voters, oldVoters, learners, wantedVoters = [] } = entry.configuration;
    return [`${oldVoters.join("")}>${voters.join("")}+${learners.join("")}?${wantedVoters.join("")}`];
  });
}

function isNotFinal(entry: Entry): boolean {
  return (
    entry.kind !== "configuration" ||
    entry.configuration.voters.length === 2 ||
    entry.configuration.oldVoters.length > 0
  );
}

describe("§6 a member that moves", () => {
  const moved = (id: ServerId): Member => ({ id, peerAddress: `moved${id}:1`, clientAddress: `client${id}:1` });

  it("is a change of one entry that keeps the voters, and others learn the address", () => {
    const c = cluster(3, 3);
    c.run(20);
    const before = history(c, 1).length;
    const { voters, members } = wanted(c, 1);
    expect(change(c, 1, withMoved(wanted(c, 1), moved(2)))).toBe("accepted");
    // Not before it is committed …
    expect(change(c, 1, withMoved(wanted(c, 1), moved(3)))).toMatchObject({ code: "CHANGE_IN_PROGRESS" });
    c.run(200);
    expect(history(c, 1).length).toBe(before + 1);
    for (const id of [1, 2, 3])
      expect(c.server(id).raft.configuration).toEqual({
        voters,
        oldVoters: [],
        learners: [],
        members: members.map((one) => (one.id === 2 ? moved(2) : one)),
      });
    expect(change(c, 1, withMoved(wanted(c, 1), moved(2)))).toBe("accepted");
    c.run(200);
    expect(history(c, 1).length).toBe(before + 1);
  });

  it("cannot take the address of another one, nor move while newcomers catch up", () => {
    const c = cluster(3, 4);
    c.crash(4);
    c.run(20);
    const taken = { ...member(2), peerAddress: member(3).peerAddress };
    expect(change(c, 1, withMoved(wanted(c, 1), taken))).toMatchObject({ code: "ID_IN_USE" });
    expect(change(c, 1, withAdded(wanted(c, 1), member(4), false))).toBe("accepted");
    c.run(200);
    expect(change(c, 1, withMoved(wanted(c, 1), moved(2)))).toMatchObject({ code: "CHANGE_IN_PROGRESS" });
    expect(c.server(1).raft.configuration).toMatchObject({ members: [1, 2, 3, 4].map(member) });
  });

  it("is where it was when the entry is cut off", () => {
    const c = cluster(3, 3);
    c.run(20);
    for (const id of [2, 3]) c.crash(id);
    expect(change(c, 1, withMoved(wanted(c, 1), moved(3)))).toBe("accepted");
    expect(c.server(1).raft.acquaintances).toContainEqual(moved(3));
    c.run(20);
    c.crash(1);
    for (const id of [2, 3]) c.restart(id);
    expect(c.elect(2)).toBe(true);
    c.run(20);
    c.restart(1);
    c.run(5 * electionTimeoutMs);
    expect(c.server(1).raft.acquaintances).toContainEqual(member(3));
  });
});

describe("§6 a change goes through joint consensus", () => {
  it("§6 waits with the joint configuration while most of the voters to be are away", () => {
    const c = cluster(5, 6);
    c.crash(6);
    const voters = [2, 3, 6];
    const members = [1, 2, 3, 4, 5, 6].map(member);
    expect(change(c, 1, { voters, learners: [], members, force: false })).toBe("accepted");
    c.run(20);
    for (const id of [2, 3]) c.crash(id);
    c.run(2 * electionTimeoutMs);
    c.restart(6);
    c.run(5 * electionTimeoutMs);
    // The newcomer has all, and the old majority goes on.
    expect(c.server(6).raft.commitIndex).toBe(c.server(1).raft.commitIndex);
    expect(c.server(1).raft.configuration).toMatchObject({ voters: [1, 2, 3, 4, 5], wantedVoters: voters });
    expect(c.leaders()).toEqual([1]);
    c.restart(2);
    c.run(5 * electionTimeoutMs);
    expect(c.server(2).raft.configuration).toMatchObject({ voters, oldVoters: [] });
  });

  it("§6 a new leader takes no voter to be for alive before it has heard of it", () => {
    const c = cluster(5, 6);
    c.crash(6);
    const voters = [2, 3, 6];
    const members = [1, 2, 3, 4, 5, 6].map(member);
    expect(change(c, 1, { voters, learners: [], members, force: false })).toBe("accepted");
    c.run(20);
    for (const id of [2, 3]) c.crash(id);
    c.run(2 * electionTimeoutMs);
    c.restart(6);
    expect(c.server(1).raft.transferLeadership(4)).toBe("accepted");
    c.run(5 * electionTimeoutMs);
    expect(c.leaders()).toEqual([4]);
    expect(c.server(4).raft.configuration).toMatchObject({ voters: [1, 2, 3, 4, 5], wantedVoters: voters });
    c.restart(3);
    c.run(5 * electionTimeoutMs);
    expect(c.server(3).raft.configuration).toMatchObject({ voters, oldVoters: [] });
  });

  it("§6 thesis §6.2 a sole voter that has got company needs its company", () => {
    const c = cluster(1, 3);
    c.run(5 * electionTimeoutMs);
    const { voters, members } = { voters: [1, 2, 3], members: [1, 2, 3].map(member) };
    expect(change(c, 1, { voters, learners: [], members, force: false })).toBe("accepted");
    c.run(electionTimeoutMs);
    expect(c.server(1).raft.configuration).toMatchObject({ voters, oldVoters: [] });
    // What it says arrives, what they answer does not: they stay loyal, and nothing is committed.
    for (const id of [2, 3]) c.cut(id, 1);
    c.run(2 * electionTimeoutMs);
    expect(c.server(1).raft.isLeader).toBe(false);
  });

  it("§6 thesis §4.2.1 a new server learns first, then the change is joint, then it is complete", () => {
    const c = cluster(3, 4);
    expect(change(c, 1, withAdded(wanted(c, 1), member(4), false))).toBe("accepted");
    c.run(20);
    expect(history(c, 1)).toEqual([">123+?", ">123+4?1234", "123>1234+?", ">1234+?"]);
    expect(history(c, 4)).toEqual(history(c, 1));
    c.crash(1);
    c.crash(2);
    c.run(10 * electionTimeoutMs);
    expect(c.leaders()).toEqual([]); // two of four decide nothing
    c.restart(2);
    expect(c.elect(2)).toBe(true);
  });

  it("§6 C_old,new takes both majorities, C_new its own", () => {
    const c = cluster(3, 5);
    c.cut(1, 4);
    change(c, 1, withAdded(withAdded(wanted(c, 1), member(4), false), member(5), false));
    c.run(20);
    expect(history(c, 1).at(-1)).toBe(">123+45?12345");
    c.heal();
    c.crash(2);
    c.run(electionTimeoutMs);
    expect(history(c, 1).at(-1)).toBe(">12345+?");
    c.propose(1, "a");
    c.run(20);
    expect(c.server(5).committed.length).toBe(c.server(1).committed.length);
  });

  it("§6 a removed leader leads until C_new is committed, without counting itself, and hands over", () => {
    const c = cluster(3, 3);
    expect(change(c, 1, withRemoved(wanted(c, 1), 1))).toBe("accepted");
    c.flush();
    expect(c.server(1).raft.isLeader).toBe(true);
    c.settle();
    expect(c.server(1).raft.isLeader).toBe(false);
    expect(c.leaders().length).toBe(1); // asked by the old leader, nobody waited
    expect(c.server(2).raft.configuration).toMatchObject({ voters: [2, 3], retired: [1] });
    c.run(20 * electionTimeoutMs);
    expect(c.leaders()).not.toContain(1);
  });

  it("§6 a dead server is replaced in one change", () => {
    const c = cluster(3, 4);
    c.crash(3);
    c.run(2 * electionTimeoutMs);
    expect(change(c, 1, withAdded(withRemoved(wanted(c, 1), 3), member(4), false))).toBe("accepted");
    c.run(electionTimeoutMs);
    expect(history(c, 1)).toEqual([">123+?", ">123+4?124", "123>124+?", ">124+?"]);
  });

  it("§6 an observer stays a learner for ever, until it is promoted", () => {
    const c = cluster(1, 2);
    change(c, 1, withAdded(wanted(c, 1), member(2), true));
    c.run(10 * electionTimeoutMs);
    expect(c.server(1).raft.configuration).toMatchObject({ voters: [1], learners: [2] });
    expect(c.server(2).committed.length).toBe(c.server(1).committed.length);
    expect(change(c, 1, withPromoted(wanted(c, 1), 2))).toBe("accepted");
    c.run(electionTimeoutMs);
    expect(c.server(2).raft.configuration).toMatchObject({ voters: [1, 2], learners: [] });
    c.disconnect(1);
    c.run(10 * electionTimeoutMs);
    expect(c.leaders().length).toBe(1);
  });

  it("§6 a new leader finishes what the old one began", () => {
    const c = cluster(3, 4);
    change(c, 1, withAdded(wanted(c, 1), member(4), false));
    c.flush();
    c.server(1).sync();
    c.flush();
    c.deliver(({ to }) => to === 2 || to === 3);
    c.crash(1);
    expect(c.elect(2)).toBe(true);
    c.run(2 * electionTimeoutMs);
    expect(c.server(3).raft.configuration).toMatchObject({ voters: [1, 2, 3, 4], oldVoters: [] });
  });
});

describe("§6 what is refused", () => {
  it("§6 (Ongaro 2015) any change before an entry of the leader's own term is committed", () => {
    const c = new TestCluster(3);
    c.advance(2 * electionTimeoutMs);
    c.server(1).raft.tick();
    while (c.leaders().length === 0) {
      c.flush();
      for (const server of c.servers) server.sync();
      c.deliver(({ message }) => message.type !== "AppendEntries");
    }
    expect(change(c, 1, withRemoved(wanted(c, 1), 3))).toMatchObject({ code: "NOT_READY" });
    c.settle();
    expect(change(c, 1, withRemoved(wanted(c, 1), 3))).toBe("accepted");
  });

  it("§6 a second change while one is under way, unless it gives the first one up", () => {
    const c = cluster(3, 4);
    change(c, 1, withRemoved(wanted(c, 1), 2));
    expect(change(c, 1, withRemoved(wanted(c, 1), 3))).toMatchObject({ code: "CHANGE_IN_PROGRESS" });
    c.settle();
    c.crash(4);
    expect(change(c, 1, withAdded(wanted(c, 1), member(4), false))).toBe("accepted");
    c.run(20);
    expect(change(c, 1, withAdded(wanted(c, 1), member(5), true))).toMatchObject({ code: "CHANGE_IN_PROGRESS" });
    expect(change(c, 1, withRemoved(wanted(c, 1), 4))).toBe("accepted");
    c.run(20);
    const { configuration } = c.server(1).raft;
    expect(configuration).toEqual({ ...configurationOf([1, 3]), retired: [2, 4] });
  });

  it.each([1, 2, 3])(
    "§6 a replacement that never catches up is taken back: the %i voters stay who they were",
    (size) => {
      const c = cluster(size, size + 1);
      c.crash(size + 1);
      const before = c.server(1).raft.configuration;
      const replaced = withAdded(withRemoved(wanted(c, 1), size), member(size + 1), false);
      // A single server may be asked to give way to one that never comes.
      expect(change(c, 1, { ...replaced, force: true })).toBe("accepted");
      c.run(electionTimeoutMs);
      expect(c.server(1).raft.configuration.wantedVoters).toEqual(replaced.voters);
      // It may be that the one to be replaced has died.
      if (size === 3) c.crash(size);
      c.run(2 * electionTimeoutMs);
      expect(change(c, 1, withoutMember(c.server(1).raft.configuration, size + 1))).toBe("accepted");
      c.run(electionTimeoutMs);
      expect(c.server(1).raft.configuration).toEqual({ ...before, retired: [size + 1] });
      expect(c.server(1).raft.configurationIndex).toBeLessThanOrEqual(c.server(1).raft.commitIndex);
    },
  );

  it("ids and addresses of others, and ids that were used before", () => {
    const c = cluster(3, 3);
    const twin = { ...member(4), clientAddress: "client2:1" };
    expect(change(c, 1, withAdded(wanted(c, 1), twin, false))).toMatchObject({ code: "ID_IN_USE" });
    change(c, 1, withRemoved(wanted(c, 1), 3));
    c.settle();
    expect(change(c, 1, withAdded(wanted(c, 1), member(3), false))).toMatchObject({ code: "ID_IN_USE" });
  });

  it("what might lose the quorum, until a new leader has heard of everybody that is needed", () => {
    const c = cluster(3, 3);
    c.run(5 * electionTimeoutMs);
    c.crash(3);
    expect(c.server(1).raft.transferLeadership(2)).toBe("accepted");
    c.settle();
    expect(c.leaders()).toEqual([2]);
    const without1 = { voters: [2, 3], learners: [], members: [2, 3].map(member), force: false };
    expect(change(c, 2, without1)).toMatchObject({ code: "NOT_READY" });
    c.run(2 * electionTimeoutMs);
    expect(change(c, 2, without1)).toMatchObject({ code: "WOULD_LOSE_QUORUM" });
  });

  it("what would lose the quorum, unless forced", () => {
    const c = cluster(3, 3);
    c.crash(3);
    c.run(2 * electionTimeoutMs);
    const lonely = withRemoved(wanted(c, 1), 2);
    expect(change(c, 1, lonely)).toMatchObject({
      code: "WOULD_LOSE_QUORUM",
      reason: expect.stringContaining("server 3"),
    });
    expect(change(c, 1, { ...lonely, force: true })).toBe("accepted");
    expect(change(c, 2, lonely)).toMatchObject({ code: "NOT_LEADER" });
  });

  it("the last voter's removal, and making a voter an observer", () => {
    const c = cluster(1, 1);
    expect(change(c, 1, withRemoved(wanted(c, 1), 1))).toMatchObject({ code: "BAD_ARGUMENTS" });
    const demoted = withAdded(withRemoved(wanted(c, 1), 1), member(1), true);
    expect(change(c, 1, { ...demoted, voters: [2], members: [member(1), member(2)] })).toMatchObject({
      code: "BAD_ARGUMENTS",
    });
  });
});

describe("§6 trouble on the way", () => {
  it("§6 a truncated change is undone, and a leader follows the configuration that it then has", () => {
    const c = cluster(3, 4);
    c.partition([1, 4], [2, 3]);
    expect(change(c, 1, withAdded(wanted(c, 1), member(4), false))).toBe("accepted");
    c.settle();
    expect(c.server(1).raft.configuration.learners).toEqual([4]);
    // A newcomer gets what is committed, and nobody but server 1 has this.
    expect(c.server(4).raft.configuration.learners).toEqual([]);
    expect(c.elect(2)).toBe(true);
    c.heal();
    c.run(5 * electionTimeoutMs);
    expect(c.server(1).raft.configuration).toEqual(configurationOf([1, 2, 3]));
    expect(c.leaders().length).toBe(1);
  });

  it("thesis §4.2.2 a leader that removes itself and crashes may be needed once more", () => {
    const c = cluster(2, 2);
    change(c, 1, withRemoved(wanted(c, 1), 1));
    // Server 2 gets C_old,new, but not C_new, which is on server 1 alone.
    while (!history(c, 1).includes(">2+?")) {
      c.flush();
      c.server(1).sync();
      c.server(2).sync();
      c.deliver(({ to, message }) => to === 1 || message.type !== "AppendEntries" || message.entries.every(isNotFinal));
      c.drop(({ to }) => to === 2);
    }
    expect(history(c, 2).at(-1)).toBe("12>2+?");
    for (const id of [1, 2]) c.crash(id);
    for (const id of [1, 2]) c.restart(id);
    expect(c.elect(2)).toBe(false); // its log is too short for server 1
    c.elect(1);
    c.run(2 * electionTimeoutMs);
    expect(c.leaders()).toEqual([2]);
    expect(c.server(2).raft.configuration.voters).toEqual([2]);
    c.run(20 * electionTimeoutMs);
    expect(c.leaders()).toEqual([2]);
  });

  it("§6 thesis §4.2.3 a removed server that was not told disturbs nobody", () => {
    const c = cluster(3, 3);
    c.partition([1, 2], [3]);
    change(c, 1, withRemoved(wanted(c, 1), 3));
    c.run(5 * electionTimeoutMs);
    const term = c.server(1).raft.currentTerm;
    c.heal();
    c.run(20 * electionTimeoutMs);
    expect(c.server(3).raft.role).not.toBe("leader");
    expect(c.leaders()).toEqual([1]);
    expect(c.server(1).raft.currentTerm).toBe(term);
  });

  it("§6 a removed server's answers count no more", () => {
    const c = cluster(4, 4);
    change(c, 1, withRemoved(wanted(c, 1), 4));
    c.settle();
    c.partition([1, 4], [2, 3]);
    c.propose(1, "lost");
    c.flush();
    const { commitIndex } = c.server(1).raft;
    c.run(20);
    expect(c.server(1).raft.commitIndex).toBe(commitIndex);
  });

  it("thesis §4.2.1 a learner that lags is not promoted", () => {
    const c = cluster(3, 4);
    c.cut(4, 1);
    change(c, 1, withAdded(wanted(c, 1), member(4), false));
    c.run(5 * electionTimeoutMs);
    expect(c.server(1).raft.configuration.learners).toEqual([4]);
    // The round that began long ago was too slow: the next one has to be quick.
    c.heal();
    c.run(60);
    expect(c.server(1).raft.configuration.voters).toEqual([1, 2, 3, 4]);
  });
});
