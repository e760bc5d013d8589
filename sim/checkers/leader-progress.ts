/**
 * What a leader believes a follower to have (matchIndex, Figure 2) the follower has on its disk; a leader never believes
 * less than before; and what it sends next lies behind that.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Index, ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { DurableState } from "./durable-state.ts";
import type { RaftHistory } from "./raft-history.ts";

export class LeaderProgress implements Observer {
  readonly name = "leader-progress";
  readonly #history: RaftHistory;
  readonly #durable: DurableState;
  /** Servers that had an acknowledgement since their last turn. */
  readonly #told = new Set<ServerId>();
  /** By leader and peer (leader * 256 + peer): the matchIndex seen last, and in which term. */
  readonly #known = new Map<number, { readonly term: Term; readonly matchIndex: Index }>();

  constructor(history: RaftHistory, durable: DurableState) {
    this.#history = history;
    this.#durable = durable;
  }

  delivered(_from: ServerId, to: ServerView, message: PeerMessage): void {
    if (message.type === "AppendEntriesReply") this.#told.add(to.id);
  }

  effects(server: ServerView, _effects: Effects): void {
    const raft = server.node?.raft;
    if (!this.#told.delete(server.id) || raft === undefined || !raft.isLeader) return;
    const { currentTerm, peers } = raft.status();
    for (const peer of peers) this.#check(server.id, currentTerm, peer.id, peer.matchIndex, peer.nextIndex);
  }

  #check(leader: ServerId, term: Term, peer: ServerId, matchIndex: Index, nextIndex: Index): void {
    if (nextIndex <= matchIndex) this.#break(leader, peer, `is sent entry ${nextIndex} next, but has ${matchIndex}`);
    const key = leader * 256 + peer;
    const known = this.#known.get(key);
    if (known?.term === term && matchIndex < known.matchIndex)
      this.#break(leader, peer, `has entries up to ${matchIndex}, after it had ${known.matchIndex}`);
    if (known?.term === term && matchIndex === known.matchIndex) return;
    this.#known.set(key, { term, matchIndex });
    // A leader that has been replaced may be wrong by now: its successor cuts what was not committed.
    if (matchIndex === 0 || this.#history.newestTerm > term) return;
    if (this.#durable.of(peer).log.hashAt(matchIndex) !== this.#history.log(leader).hashAt(matchIndex))
      this.#break(leader, peer, `has entry ${matchIndex}, but it is not on that server's disk`);
  }

  #break(leader: ServerId, peer: ServerId, what: string): never {
    throw new InvariantBroken(this.name, `n${leader} believes that n${peer} ${what}`);
  }
}
