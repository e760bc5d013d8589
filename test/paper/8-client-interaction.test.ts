import { describe, expect, it } from "vitest";
import { TestCluster } from "./cluster.ts";

describe("§8 client interaction", () => {
  it("§8 a leader begins its term with a no-op, and so learns what is committed", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    for (const id of [1, 2, 3]) cluster.restart(id); // nobody remembers a commit index
    expect(cluster.server(2).raft.status().commitIndex).toBe(0);
    cluster.elect(2);
    expect(cluster.server(2).raft.status()).toMatchObject({ lastIndex: 4, commitIndex: 4 });
    expect(cluster.server(2).committed.map(({ kind, term }) => [kind, term])).toEqual([
      ["configuration", 1],
      ["noop", 2],
      ["command", 2],
      ["noop", 3],
    ]);
  });

  it("§8 no read is answered before that no-op is committed", () => {
    const cluster = new TestCluster(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.flush();
    cluster.drop(({ to }) => to === 3);
    cluster.deliver();
    cluster.server(2).turn();
    // Server 2 has the entry, which is committed once server 1 hears of it, and does not know whether it is.
    for (const id of [1, 2, 3]) cluster.restart(id);
    cluster.advance(1000);
    const next = cluster.server(2);
    next.raft.tick();
    cluster.crash(1);
    for (let step = 0; step < 10 && !next.raft.isLeader; step++) {
      for (const id of [2, 3]) cluster.collect(id, cluster.server(id).turn());
      cluster.deliver();
    }
    next.raft.requestRead(1);
    expect(next.turn().map(({ message }) => message.type)).toEqual(["AppendEntries", "AppendEntries"]);
    expect(next.reads).toEqual([]);
    cluster.run(50);
    expect(next.reads).toEqual([{ id: 1, index: 4 }]);
  });

  it("§8 a command is proposed at the leader alone; the others know who it is", () => {
    const cluster = new TestCluster(3);
    cluster.elect(3);
    expect(cluster.server(1).raft.propose([new Uint8Array(1)])).toBe("notLeader");
    expect(cluster.servers.map((server) => server.raft.leader)).toEqual([3, 3, 3]);
  });
});
