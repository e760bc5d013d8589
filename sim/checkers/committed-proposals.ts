/**
 * A server does not propose again what its leader has told it to be committed: the entry is on its way, and with copies of
 * what is there the log of a server that is behind grows faster than it comes. It may do so where it lost patience before it
 * was told, and whenever what it sent may be lost.
 */
import { proposalOf } from "../../src/protocol/command-codec.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Index, ServerId, Term } from "../../src/raft/types.ts";
import type { Marks } from "../marks/marks.ts";
import { nodeOptions } from "../world/node-options.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { ModelFeed } from "./model-feed.ts";
import { tookEffect } from "./settled-proposals.ts";

/** What one server's process has proposed to its leader, and what it was told. */
interface Proposed {
  leader: ServerId;
  term: Term;
  /** By proposal: when it left last, ms of the server's clock. */
  readonly sentMs: Map<number, number>;
  /** Up to where the log is committed, and when it was told so; of what it has not applied. */
  told: { readonly index: Index; readonly atMs: number }[];
  /** When it saw last that something came before its time, ms of its clock. */
  gapMs: number;
}

export class CommittedProposals implements Observer {
  readonly name = "committed-proposals";
  readonly #feed: ModelFeed;
  readonly #marks: Marks | undefined;
  readonly #proposed: (Proposed | undefined)[] = [];
  /** By server: where its proposals took effect. */
  readonly #indexes: Map<number, Index>[] = [];
  #applied: Index = 0;
  #retryMs = 0;

  /** With `marks`, it notes what it sees. */
  constructor(feed: ModelFeed, marks?: Marks) {
    this.#feed = feed;
    this.#marks = marks;
  }

  begin({ plan: { config } }: World): void {
    this.#retryMs = nodeOptions(1, config).proposalRetryMs;
  }

  started({ id }: ServerView): void {
    this.#proposed[id] = { leader: 0, term: 0, sentMs: new Map(), told: [], gapMs: Number.NEGATIVE_INFINITY };
  }

  /** What was sent on a stream that breaks may be lost. */
  streamBroken(): void {
    for (const one of this.#proposed) one?.sentMs.clear();
  }

  delivered(_from: ServerId, { id, node, clock }: ServerView, message: PeerMessage): void {
    const proposed = this.#proposed[id];
    if (message.type !== "AppendEntries" || proposed === undefined || node?.admitted !== true) return;
    if (message.term < node.raft.currentTerm) return;
    const nowMs = clock.now();
    if (message.leaderCommit > (proposed.told.at(-1)?.index ?? 0))
      proposed.told.push({ index: message.leaderCommit, atMs: nowMs });
    const behind = proposed.told.findIndex(({ index }) => index > node.machine.appliedIndex);
    const gone = behind < 0 ? proposed.told.length - 1 : behind;
    if (gone > 0) proposed.told.splice(0, gone);
    const [first] = proposed.told;
    if (first === undefined || proposed.sentMs.size === 0 || first.atMs + this.#retryMs >= nowMs) return;
    if (first.index > node.raft.status().lastIndex) this.#marks?.hit("committed-and-not-here");
  }

  appliedCommand({ id, clock }: ServerView, index: Index): void {
    const command = this.#feed.commandAt(index);
    if (command === undefined || command.proposal === 0) return;
    const effective = tookEffect(this.#feed, index, command);
    const proposed = this.#proposed[id];
    if (proposed !== undefined && command.origin === id && !effective) proposed.gapMs = clock.now();
    if (index <= this.#applied) return;
    this.#applied = index;
    const indexes = this.#indexes[command.origin] ?? new Map<number, Index>();
    this.#indexes[command.origin] = indexes;
    if (effective && !indexes.has(command.proposal)) indexes.set(command.proposal, index);
  }

  sent({ id, node, clock }: ServerView, to: ServerId, message: PeerMessage): void {
    const proposed = this.#proposed[id];
    if (message.type !== "Forward" || node === undefined || proposed === undefined) return;
    const { currentTerm } = node.raft;
    // Whoever leads now has heard of nothing yet.
    if (proposed.leader !== to || proposed.term !== currentTerm) proposed.sentMs.clear();
    proposed.leader = to;
    proposed.term = currentTerm;
    const nowMs = clock.now();
    for (const command of message.commands) {
      const { proposal } = proposalOf(command);
      const before = proposed.sentMs.get(proposal);
      if (before !== undefined) this.#repeats(id, node.machine.appliedIndex, proposal, before, proposed);
      proposed.sentMs.set(proposal, nowMs);
    }
  }

  #repeats(id: ServerId, applied: Index, proposal: number, sentMs: number, { told, gapMs }: Proposed): void {
    // What came before its time goes again, and what it came before with it, once all is told of that entry.
    if (sentMs <= gapMs + this.#retryMs) return;
    const index = this.#indexes[id]?.get(proposal);
    if (index === undefined || index <= applied) return;
    const known = told.find((one) => one.index >= index);
    if (known === undefined || known.atMs > sentMs + this.#retryMs) return;
    throw new InvariantBroken(
      this.name,
      `n${id} proposes its proposal ${proposal} again, though it was told that entry ${index}, which is that, is committed`,
    );
  }
}
