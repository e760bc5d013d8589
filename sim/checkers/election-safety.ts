/**
 * At most one leader per term (Raft paper, Figure 3), and at most one vote per server and term, restarts included; and
 * who leads has the votes of a majority, of each half while its configuration is joint (§6), its own vote on disk.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { DurableState } from "./durable-state.ts";
import type { RaftChecker, RaftHistory } from "./raft-history.ts";

export class ElectionSafety implements Observer, RaftChecker {
  readonly name = "election-safety";
  readonly #history: RaftHistory;
  readonly #durable: DurableState;
  /** Whom a server gave its vote of a term; by term * 256 + server. */
  readonly #votes = new Map<number, ServerId>();

  constructor(history: RaftHistory, durable: DurableState) {
    this.#history = history;
    this.#durable = durable;
  }

  led(id: ServerId, term: Term): void {
    const other = this.#history.leaders.get(term);
    if (other !== undefined && other !== id)
      throw new InvariantBroken(this.name, `n${other} and n${id} are both leaders of term ${term}`);
    this.#onlyVote(id, term, id);
    this.#elected(id, term);
  }

  /** Judged by the configuration that its log had before its own term. */
  #elected(id: ServerId, term: Term): void {
    const log = this.#history.log(id);
    const configuration = log.configurationBefore(log.firstIndexOfTerm(term))?.configuration;
    if (configuration === undefined) return;
    for (const voters of [configuration.voters, configuration.oldVoters]) {
      const votes = voters.filter((voter) => this.#hasVote(id, term, voter));
      if (2 * votes.length <= voters.length && voters.length > 0)
        throw new InvariantBroken(
          this.name,
          `n${id} leads term ${term}, but of the voters ${voters.join(", ")} only ${votes.join(", ") || "none"} voted for it`,
        );
    }
  }

  #hasVote(id: ServerId, term: Term, voter: ServerId): boolean {
    if (voter === id) return this.#durable.of(id).votes.get(term) === id;
    return this.#votes.get(term * 256 + voter) === id;
  }

  sent(from: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type === "AppendEntries" || message.type === "InstallSnapshot" || message.type === "TimeoutNow")
      this.#isLeader(from.id, message.term, message.type);
    else if (message.type === "RequestVoteReply" && message.voteGranted && !message.preVote)
      this.#onlyVote(from.id, message.term, to);
  }

  #isLeader(id: ServerId, term: Term, what: string): void {
    const leader = this.#history.leaders.get(term);
    if (leader === id) return;
    const who = leader === undefined ? "nobody leads" : `n${leader} leads`;
    throw new InvariantBroken(this.name, `n${id} sends ${what} as the leader of term ${term}, which ${who}`);
  }

  #onlyVote(voter: ServerId, term: Term, candidate: ServerId): void {
    const key = term * 256 + voter;
    const other = this.#votes.get(key);
    if (other === undefined) this.#votes.set(key, candidate);
    else if (other !== candidate)
      throw new InvariantBroken(this.name, `n${voter} voted for n${other} and n${candidate} in term ${term}`);
  }
}
