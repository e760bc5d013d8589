/** Marks of elections, of leaders that come and go, and of leadership that is handed over. */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { RoleName } from "../../src/raft/status.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import type { RaftHistory } from "../checkers/raft-history.ts";
import type { Observer, World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { Marks } from "./marks.ts";

/** What was last seen of a server. */
interface Seen {
  role: RoleName;
  term: Term;
  transferring: boolean;
  lastIndex: number;
  commitIndex: number;
  /** Its newest vote, and whether it has restarted since. */
  votedIn: Term;
  restartedSince: boolean;
  diedLeading: boolean;
}

export class ElectionMarks implements Observer {
  readonly name = "election marks";
  readonly #marks: Marks;
  readonly #history: RaftHistory;
  readonly #seen: Seen[] = [];
  #servers: readonly ServerView[] = [];
  /** Who asked for votes in the newest term of a campaign. */
  #campaign: { term: Term; readonly by: Set<ServerId>; transfer: boolean } = {
    term: 0,
    by: new Set(),
    transfer: false,
  };

  constructor(marks: Marks, history: RaftHistory) {
    this.#marks = marks;
    this.#history = history;
  }

  begin(world: World): void {
    this.#servers = world.allServers;
    for (const { id } of world.allServers)
      this.#seen[id] = {
        role: "follower",
        term: 0,
        transferring: false,
        lastIndex: 0,
        commitIndex: 0,
        votedIn: 0,
        restartedSince: false,
        diedLeading: false,
      };
  }

  step(server: ServerView): void {
    const raft = server.node?.raft;
    const seen = this.#seen[server.id];
    if (raft === undefined || seen === undefined) return;
    const { role, currentTerm } = raft;
    if (role !== seen.role || currentTerm !== seen.term) this.#changed(server, seen, role, currentTerm);
    if (role !== "leader") return;
    const { isTransferring } = raft;
    if (seen.transferring && !isTransferring) this.#marks.hit("transfer-fails");
    seen.transferring = isTransferring;
    seen.commitIndex = raft.commitIndex;
    seen.lastIndex = this.#history.log(server.id).lastIndex;
  }

  sent(from: ServerView, _to: ServerId, message: PeerMessage): void {
    if (message.type === "RequestVote" && !message.preVote) this.#campaigns(from.id, message.term, message);
    else if (message.type === "RequestVoteReply") this.#votes(from.id, message);
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    const raft = to.node?.raft;
    if (message.type === "RequestVote" && raft?.leader === from && message.term > raft.currentTerm)
      this.#marks.hit("deposed-leader-asks");
  }

  crashed({ id }: ServerView): void {
    const seen = this.#seen[id];
    if (seen === undefined) return;
    seen.diedLeading = seen.role === "leader";
    if (seen.diedLeading && seen.lastIndex > seen.commitIndex) this.#marks.hit("leader-dies-with-tail");
    seen.role = "follower";
    seen.transferring = false;
    seen.restartedSince = true;
  }

  started({ id }: ServerView): void {
    const seen = this.#seen[id];
    if (seen?.diedLeading && this.#servers.some((other) => other.id !== id && other.node?.raft.isLeader))
      this.#marks.hit("dead-leader-returns");
  }

  #changed({ id }: ServerView, seen: Seen, role: RoleName, term: Term): void {
    if (seen.role === "leader" && role !== "leader") {
      this.#marks.hit(term > seen.term ? "leader-deposed" : "leader-without-quorum");
      if (seen.lastIndex > seen.commitIndex) this.#marks.hit("leader-steps-down-with-tail");
      seen.transferring = false;
    }
    if (seen.role === "candidate" && role === "follower" && term === seen.term) this.#marks.hit("candidate-gives-way");
    if (role === "leader" && seen.role !== "leader") {
      if (this.#servers.some((other) => other.id !== id && other.node?.raft.isLeader)) this.#marks.hit("two-leaders");
      if (this.#campaign.term === term && this.#campaign.transfer) this.#marks.hit("transfer-succeeds");
    }
    seen.role = role;
    seen.term = term;
  }

  #campaigns(id: ServerId, term: Term, { leadershipTransfer }: { readonly leadershipTransfer: boolean }): void {
    const campaign = this.#campaign;
    if (term > campaign.term) {
      if (campaign.by.size > 1 && !this.#history.leaders.has(campaign.term)) this.#marks.hit("split-vote");
      this.#campaign = { term, by: new Set([id]), transfer: leadershipTransfer };
    } else if (term === campaign.term) campaign.by.add(id);
  }

  #votes(id: ServerId, reply: { readonly term: Term; readonly voteGranted: boolean; readonly preVote: boolean }): void {
    const seen = this.#seen[id];
    if (seen === undefined) return;
    if (reply.voteGranted) {
      if (reply.preVote) return;
      if (seen.votedIn !== reply.term) seen.restartedSince = false;
      seen.votedIn = reply.term;
      return;
    }
    this.#marks.hit(reply.preVote ? "pre-vote-refused" : "vote-refused");
    if (!reply.preVote && reply.term === seen.votedIn && seen.restartedSince) this.#marks.hit("vote-kept-over-restart");
  }
}
