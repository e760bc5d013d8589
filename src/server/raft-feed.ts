/** Tells the feed what becomes of this server's role, of its leader and of the membership. */
import type { Raft } from "../raft/raft.ts";
import type { Feed } from "./feed.ts";

/** What of Raft's state is told of. */
type Observed = Pick<Raft, "role" | "leader" | "currentTerm" | "configuration">;

/** Returns a function to call after each turn, which tells whether there was something to tell. */
export function raftFeed(self: number, feed: Feed, wallClock: () => number): (raft: Observed) => boolean {
  let role: Raft["role"] = "follower";
  let leader: number | undefined;
  let term = 0;
  let configuration: Raft["configuration"] | undefined;
  return (raft) => {
    const before = feed.last;
    if (raft.role !== role) {
      role = raft.role;
      feed.tell({ type: "role", server: self, role, term: raft.currentTerm }, wallClock());
    }
    if (raft.leader !== leader || (raft.leader !== undefined && raft.currentTerm !== term)) {
      leader = raft.leader;
      term = raft.currentTerm;
      feed.tell({ type: "leader", leader: leader ?? null, term }, wallClock());
    }
    if (raft.configuration !== configuration) {
      const first = configuration === undefined;
      configuration = raft.configuration;
      const { voters, learners } = configuration;
      if (!first) feed.tell({ type: "membership", voters, observers: learners }, wallClock());
    }
    return feed.last > before;
  };
}
