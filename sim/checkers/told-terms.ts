/**
 * A server enters a term for one of two reasons (§5.1, §5.2): a message bore it, or the server campaigns in it, which is the
 * one behind the last. Terms that come from nowhere depose leaders for nothing, and take votes with them.
 *
 * A PreVote speaks of a term in which nobody is, and so does its being granted (thesis §9.6).
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

export class ToldTerms implements Observer {
  readonly name = "told-terms";
  /** By server, the term that it was seen in last. */
  readonly #terms: Term[] = [];
  /** By server, later terms that it was told of. */
  readonly #told: Set<Term>[] = [];

  started({ id, recovered }: ServerView): void {
    this.#terms[id] = recovered?.log.hardState.currentTerm ?? 0;
    this.#told[id] = new Set();
  }

  delivered(_from: ServerId, { id }: ServerView, message: PeerMessage): void {
    if (!("term" in message) || message.term <= (this.#terms[id] ?? 0)) return;
    if (message.type === "RequestVote" && message.preVote) return;
    if (message.type === "RequestVoteReply" && message.preVote && message.voteGranted) return;
    this.#told[id]?.add(message.term);
  }

  step({ id, node }: ServerView): void {
    const known = this.#terms[id];
    if (node === undefined || known === undefined) return;
    const { currentTerm } = node.raft;
    if (currentTerm === known) return;
    const told = this.#told[id];
    this.#terms[id] = currentTerm;
    if (told === undefined) return;
    const isNext = currentTerm - 1 === known || told.has(currentTerm - 1);
    const campaigns = isNext && node.raft.status().votedFor === id;
    if (!told.has(currentTerm) && !campaigns)
      throw new InvariantBroken(
        this.name,
        `n${id} went from term ${known} to ${currentTerm}, of which nobody has told it, and does not campaign in it`,
      );
    for (const term of told) if (term <= currentTerm) told.delete(term);
  }
}
