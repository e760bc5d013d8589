/**
 * A server raises its term of its own accord only when a quorum has told it that it would vote for it in that very term
 * (PreVote, thesis §9.6), or when its leader has asked it to lead (thesis §3.10). So whoever was cut off has raised nothing
 * when it is back, and deposes nobody that works.
 *
 * Nor does anybody ask for votes in its leader's name, which those who hear that leader grant too, unless the leader has asked
 * it to lead in that very term.
 *
 * Counted from what arrives. Answers to several rounds for one term look alike, so it counts too many at times, and never
 * too few.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** What one server's process was told. */
interface Told {
  /** Who would vote for it in this term. */
  term: Term;
  readonly by: Set<ServerId>;
  /** The term in which its leader wants it to lead. */
  asked: Term;
  /** The last one in which it was seen to campaign. */
  campaigned: Term;
}

export class PreVotes implements Observer {
  readonly name = "pre-vote";
  readonly #told: Told[] = [];

  started({ id }: ServerView): void {
    this.#told[id] = { term: 0, by: new Set(), asked: 0, campaigned: 0 };
  }

  sent({ id }: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type !== "RequestVote" || !message.leadershipTransfer) return;
    if (message.term > (this.#told[id]?.asked ?? 0))
      throw new InvariantBroken(
        this.name,
        `n${id} asks n${to} to vote for it in term ${message.term} as if its leader wanted that`,
      );
  }

  delivered(from: ServerId, { id }: ServerView, message: PeerMessage): void {
    const told = this.#told[id];
    if (told === undefined) return;
    if (message.type === "TimeoutNow") told.asked = Math.max(told.asked, message.term + 1);
    if (message.type !== "RequestVoteReply" || !message.preVote || !message.voteGranted) return;
    if (message.term < told.term) return;
    if (message.term > told.term) told.by.clear();
    told.term = message.term;
    told.by.add(from);
  }

  step({ id, node }: ServerView): void {
    if (node?.raft.role !== "candidate") return;
    const { currentTerm, configuration } = node.raft;
    const told = this.#told[id];
    if (told === undefined || told.campaigned === currentTerm) return;
    told.campaigned = currentTerm;
    if (told.asked >= currentTerm) return;
    const would = (voter: ServerId): boolean => voter === id || (told.term === currentTerm && told.by.has(voter));
    for (const group of [configuration.voters, configuration.oldVoters])
      if (group.length > 0 && 2 * group.filter(would).length <= group.length)
        throw new InvariantBroken(
          this.name,
          `n${id} campaigns in term ${currentTerm}, and of n${group.join(", n")} only ${group.filter(would).length} would vote for it`,
        );
  }
}
