import { describe, expect, it } from "vitest";
import { configurationOf, electionTimeoutMs, heartbeatMs, TestCluster } from "./cluster.ts";

function led(): TestCluster {
  const c = new TestCluster(3);
  expect(c.elect(1)).toBe(true);
  return c;
}

describe("thesis §3.10 leadership transfer", () => {
  it("thesis §3.10 the target leads at once, although the others hear a leader", () => {
    const c = led();
    const term = c.server(1).raft.currentTerm;
    expect(c.server(1).raft.transferLeadership(3)).toBe("accepted");
    c.settle();
    expect(c.leaders()).toEqual([3]);
    expect(c.server(3).raft.currentTerm).toBe(term + 1);
    expect(c.server(1).raft.leader).toBe(3);
  });

  it("thesis §3.10 the target is brought up to date first, and nothing is proposed meanwhile", () => {
    const c = led();
    c.cut(1, 2);
    c.propose(1, "a", "b");
    c.run(heartbeatMs);
    c.server(1).raft.transferLeadership(2);
    c.settle();
    expect(c.leaders()).toEqual([1]);
    expect(c.server(1).raft.propose([new Uint8Array(1)])).toBe("full");
    c.heal();
    c.run(2 * heartbeatMs);
    expect(c.leaders()).toEqual([2]);
    expect(c.server(2).terms()).toEqual([1, 2, 2, 2, 3]);
  });

  it("thesis §3.10 by default it goes to the voter that has most of the log", () => {
    const c = led();
    c.cut(1, 2);
    c.propose(1, "a");
    c.run(heartbeatMs);
    expect(c.server(1).raft.transferLeadership()).toBe("accepted");
    c.run(heartbeatMs);
    expect(c.leaders()).toEqual([3]);
  });

  it("thesis §3.10 a leader that has heard of nobody yet is to be asked again", () => {
    const c = new TestCluster(3);
    const { raft } = c.server(1);
    c.advance(2 * electionTimeoutMs);
    raft.tick();
    while (!raft.isLeader) {
      for (const id of [1, 2, 3]) c.collect(id, c.server(id).turn());
      c.deliver();
    }
    expect(raft.transferLeadership()).toMatchObject({ code: "NOT_READY" });
    c.settle();
    expect(raft.transferLeadership()).toBe("accepted");
  });

  it("thesis §3.10 a leader that nobody succeeds within an election timeout goes on", () => {
    const c = led();
    c.crash(2);
    expect(c.server(1).raft.transferLeadership(2)).toBe("accepted");
    c.run(electionTimeoutMs - 1);
    expect(c.server(1).raft.isTransferring).toBe(true);
    c.run(2);
    expect(c.server(1).raft.isTransferring).toBe(false);
    expect(c.leaders()).toEqual([1]);
    c.propose(1, "on");
    c.settle();
    expect(c.server(3).terms().length).toBe(3);
  });

  it("thesis §3.10 a lost TimeoutNow is sent again", () => {
    const c = led();
    c.server(1).raft.transferLeadership(2);
    c.flush();
    c.drop(({ message }) => message.type === "TimeoutNow");
    c.run(2 * heartbeatMs);
    expect(c.leaders()).toEqual([2]);
  });

  it("thesis §3.10 an old TimeoutNow does nothing", () => {
    const c = led();
    expect(c.elect(2)).toBe(true);
    c.server(3).raft.receive(1, { type: "TimeoutNow", term: 2 });
    c.settle();
    expect(c.leaders()).toEqual([2]);
  });

  it("thesis §3.10 goes to voters only, one at a time", () => {
    const configuration = configurationOf([1, 2], [], [3]);
    const c = new TestCluster(3, () => ({ configuration }));
    c.elect(1);
    expect(c.server(1).raft.transferLeadership(3)).toMatchObject({ code: "UNKNOWN_MEMBER" });
    expect(c.server(2).raft.transferLeadership(1)).toMatchObject({ code: "NOT_LEADER" });
    expect(c.server(1).raft.transferLeadership(1)).toBe("accepted");
    c.server(3).raft.receive(1, { type: "TimeoutNow", term: 2 });
    c.settle();
    expect(c.leaders()).toEqual([1]);
    c.crash(2);
    expect(c.server(1).raft.transferLeadership(2)).toBe("accepted");
    expect(c.server(1).raft.transferLeadership(3)).toMatchObject({ code: "UNKNOWN_MEMBER" });
  });
});
