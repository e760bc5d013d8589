/**
 * A server that is asked for its vote, in a later term, by the very leader that it follows knows that this one leads no
 * more, and does not go on waiting for it.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

export class DeposedLeaders implements Observer {
  readonly name = "deposed-leaders";
  /** Servers to which their leader has just sent such a request: who, and of which term it was the leader. */
  readonly #asked = new Map<ServerId, { readonly leader: ServerId; readonly term: Term }>();

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    const raft = to.node?.raft;
    if (message.type === "RequestVote" && raft?.leader === from && message.term > raft.currentTerm)
      this.#asked.set(to.id, { leader: from, term: raft.currentTerm });
    // It may come to follow it again, by a message that was late: then it has been told something since.
    else this.#asked.delete(to.id);
  }

  step({ id, node }: ServerView): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    if (node?.raft.leader === asked.leader && node.raft.currentTerm === asked.term)
      throw new InvariantBroken(this.name, `n${id} still follows n${asked.leader}, which has asked it for its vote`);
  }

  crashed({ id }: ServerView): void {
    this.#asked.delete(id);
  }

  stopped({ id }: ServerView): void {
    this.#asked.delete(id);
  }
}
