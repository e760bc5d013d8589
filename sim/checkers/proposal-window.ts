/**
 * What a server has on its way to its leader, commands of its own clients that it has not seen applied, stays within a
 * window: a burst is not to overflow what the leader has room for, to be lost there and offered again in vain.
 *
 * Counted from what is sent and what is applied. Whatever may have made the server begin anew makes this begin anew too:
 * so it counts too few at times, and never too many.
 */

import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import { proposalOf } from "../../src/protocol/command-codec.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { Index, ServerId, Term } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { nodeOptions } from "../world/node-options.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { ModelFeed } from "./model-feed.ts";

interface Sent {
  readonly bytes: number;
  /** Milliseconds of the sender's clock. */
  readonly atMs: number;
}

/** What one server's process has on its way. */
interface Underway {
  leader: ServerId;
  term: Term;
  /** By proposal. */
  readonly sent: Map<number, Sent>;
  /** Proposals that it saw applied. */
  readonly applied: Set<number>;
  /** Something was sent since it was last looked at. */
  fresh: boolean;
}

export class ProposalWindow implements Observer {
  readonly name = "proposal-window";
  readonly #feed: ModelFeed;
  readonly #marks: Marks | undefined;
  readonly #underway: (Underway | undefined)[] = [];
  #windowBytes = 0;
  #retryMs = 0;

  /** With `marks`, it notes what it sees. */
  constructor(feed: ModelFeed, marks?: Marks) {
    this.#feed = feed;
    this.#marks = marks;
  }

  begin({ plan: { config } }: World): void {
    this.#windowBytes = config.proposedWindowBytes;
    this.#retryMs = nodeOptions(1, config).proposalRetryMs;
  }

  started({ id }: ServerView): void {
    this.#underway[id] = { leader: 0, term: 0, sent: new Map(), applied: new Set(), fresh: false };
  }

  /** With a stream to the leader, what was sent on it may be lost; with a client's, what was sent for it is forgotten. */
  streamBroken(): void {
    for (const one of this.#underway) one?.sent.clear();
  }

  connectionBroken(_connection: number, toWhom: "server" | "client"): void {
    if (toWhom === "server") for (const one of this.#underway) one?.sent.clear();
  }

  woke({ id }: ServerView): void {
    this.#underway[id]?.sent.clear();
  }

  /** With a snapshot all clients have to come again. */
  effects({ id }: ServerView, { installed }: Effects): void {
    if (installed !== undefined) this.#underway[id]?.sent.clear();
  }

  serverFrame({ id }: ServerView, _client: number, _connection: number, messages: readonly ServerMessage[]): void {
    if (messages.some(({ type }) => type === "refused")) this.#underway[id]?.sent.clear();
  }

  appliedCommand({ id }: ServerView, index: Index): void {
    const underway = this.#underway[id];
    const command = this.#feed.commandAt(index);
    if (underway === undefined || command === undefined) return;
    // Sessions that end or move take along what was sent for them; what had no effect goes again, and more with it.
    if (command.body.type !== "write" || (command.origin === id && !this.#feed.model.effects.has(index)))
      underway.sent.clear();
    if (command.origin !== id) return;
    underway.sent.delete(command.proposal);
    underway.applied.add(command.proposal);
  }

  sent({ id, node, clock }: ServerView, to: ServerId, message: PeerMessage): void {
    const underway = this.#underway[id];
    if (message.type !== "Forward" || node === undefined || underway === undefined) return;
    const { currentTerm } = node.raft;
    // Whoever leads now has heard of nothing yet.
    if (underway.leader !== to || underway.term !== currentTerm) underway.sent.clear();
    underway.leader = to;
    underway.term = currentTerm;
    const atMs = clock.now();
    for (const command of message.commands) {
      const { proposal } = proposalOf(command);
      // In the turn in which it left it may have been applied.
      if (!underway.applied.has(proposal)) underway.sent.set(proposal, { bytes: command.length, atMs });
    }
    underway.fresh = true;
  }

  /** At the end of a turn, when all is known that the server knew in it. */
  step({ id, clock }: ServerView): void {
    const underway = this.#underway[id];
    if (underway?.fresh !== true) return;
    underway.fresh = false;
    let bytes = 0;
    const nowMs = clock.now();
    for (const [proposal, sent] of underway.sent)
      if (nowMs - sent.atMs < this.#retryMs) bytes += sent.bytes;
      // It may be offered again.
      else underway.sent.delete(proposal);
    if (2 * bytes > this.#windowBytes) this.#marks?.hit("proposal-window-half-full");
    if (underway.sent.size > 1 && bytes > this.#windowBytes)
      throw new InvariantBroken(
        this.name,
        `n${id} has ${bytes} bytes of commands on their way to n${underway.leader}: more than ${this.#windowBytes}`,
      );
  }
}
