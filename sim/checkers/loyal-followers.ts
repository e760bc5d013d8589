/**
 * Whoever hears its leader says to nobody else that it would vote for it (thesis §4.2.3, §9.6), unless that leader has asked
 * for the election: so a server that was cut off, or is told of a leader's end too early, deposes nobody that works.
 *
 * Heard is what arrives, on the clock of the follower's machine. A question that came while it heard no leader may be answered
 * when it hears one again: then a disk that hung has kept the answer back, and others for later terms may have come in between.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** What is lost in the sums of a clock whose rate has changed, ms. */
const roundingMs = 0.001;

/** What one server's process was told. */
interface Told {
  /** Of whom it heard last as its leader, and when, ms of its clock. */
  leader: ServerId;
  heardMs: number;
  /** By who asks, and for which term: whether it heard another leader at each question. */
  readonly asked: Map<ServerId, Map<Term, boolean>>;
}

export class LoyalFollowers implements Observer {
  readonly name = "loyal-followers";
  readonly #told: Told[] = [];
  #timeoutMs = 0;

  begin({ plan }: World): void {
    this.#timeoutMs = plan.config.electionTimeoutMs;
  }

  started({ id }: ServerView): void {
    this.#told[id] = { leader: 0, heardMs: Number.NEGATIVE_INFINITY, asked: new Map() };
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    const told = this.#told[to.id];
    if (told === undefined || to.node === undefined) return;
    if (message.type === "AppendEntries" || message.type === "InstallSnapshot") {
      if (message.term < to.node.raft.currentTerm) return;
      told.leader = from;
      told.heardMs = to.clock.now();
    } else if (message.type === "RequestVote" && message.preVote) {
      const { raft } = to.node;
      // Of a leader whose stream broke it knows at once that it is gone.
      const follows = raft.role === "follower" && raft.leader === told.leader && told.leader !== from;
      const heard = to.clock.now() - told.heardMs < this.#timeoutMs - roundingMs;
      const loyal = follows && heard && !message.leadershipTransfer;
      const asked = told.asked.get(from) ?? new Map<Term, boolean>();
      told.asked.set(from, asked);
      asked.set(message.term, loyal && asked.get(message.term) !== false);
    }
  }

  sent({ id }: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type !== "RequestVoteReply" || !message.preVote || !message.voteGranted) return;
    const told = this.#told[id];
    if (told?.asked.get(to)?.get(message.term) === true)
      throw new InvariantBroken(
        this.name,
        `n${id} would vote for n${to} in term ${message.term}, though it hears its leader n${told.leader}`,
      );
  }
}
