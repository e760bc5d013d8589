/** No vote, append or snapshot reply leaves a server before what it promises is on its disk (Figure 2). */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { AppendEntriesReply, InstallSnapshotReply, RequestVoteReply } from "../../src/raft/messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { DiskOperation } from "../../src/storage/disk.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { DurableState } from "./durable-state.ts";
import type { RaftHistory } from "./raft-history.ts";
import { StagedChunks } from "./staged-chunks.ts";

export class DurableBeforeVisible implements Observer {
  readonly name = "durable-before-visible";
  readonly #history: RaftHistory;
  readonly #durable: DurableState;
  readonly #chunks = new StagedChunks();

  constructor(history: RaftHistory, durable: DurableState) {
    this.#history = history;
    this.#durable = durable;
  }

  durable(server: ServerView, batch: readonly DiskOperation[]): void {
    this.#chunks.durable(server.id, batch);
  }

  sent(from: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type === "AppendEntriesReply") {
      if (message.success) this.#appended(from.id, to, message);
    } else if (message.type === "InstallSnapshot") {
      this.#chunks.sent(message);
    } else if (message.type === "InstallSnapshotReply") {
      this.#staged(from, to, message);
    } else if (message.type === "RequestVoteReply" && message.voteGranted && !message.preVote)
      this.#voted(from.id, to, message);
  }

  #voted(voter: ServerId, candidate: ServerId, { term }: RequestVoteReply): void {
    if (this.#durable.of(voter).votes.get(term) !== candidate)
      throw new InvariantBroken(
        this.name,
        `n${voter} tells n${candidate} of its vote in term ${term}, which is not on its disk`,
      );
  }

  #staged(follower: ServerView, leader: ServerId, { snapshotId, position }: InstallSnapshotReply): void {
    const missing = this.#chunks.missing(follower.id, snapshotId, position);
    if (missing === undefined) return;
    throw new InvariantBroken(
      this.name,
      `n${follower.id} tells n${leader} of the chunks of a snapshot up to ${position}, but ${missing} was never on its disk as it was sent`,
    );
  }

  #appended(follower: ServerId, leader: ServerId, { term, matchIndex }: AppendEntriesReply): void {
    const { currentTerm, log } = this.#durable.of(follower);
    if (currentTerm < term)
      throw new InvariantBroken(
        this.name,
        `n${follower} answers in term ${term}, but its disk knows only term ${currentTerm}`,
      );
    if (log.lastIndex < matchIndex)
      throw new InvariantBroken(
        this.name,
        `n${follower} acknowledges entry ${matchIndex} to n${leader}, but its disk ends at ${log.lastIndex}`,
      );
    // While the leader of that term is in office, its log is known.
    if (this.#history.leading[leader] !== term) return;
    if (log.hashAt(matchIndex) !== this.#history.log(leader).hashAt(matchIndex))
      throw new InvariantBroken(
        this.name,
        `n${follower} acknowledges entry ${matchIndex} to n${leader}, but has another log up to there`,
      );
  }
}
