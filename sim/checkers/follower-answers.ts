/**
 * A follower tells its leader all that it could, once a turn: it refuses nothing that it knows to be committed, since every
 * leader has that (§5.4); it answers the newest round of reads among the heartbeats that a turn brought; and what it wrote
 * of its leader's log it acknowledges, all of it, when that is on its disk. Whatever it leaves out costs another round,
 * and reads or commits wait for it.
 *
 * Counted from what arrives, what is written and what leaves. Answers wait until the term and the vote are on disk: until the
 * first of them has left, nothing is known to be late.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Effects } from "../../src/raft/effects.ts";
import type { AppendEntriesReply } from "../../src/raft/messages.ts";
import type { Index, ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { RaftView, ServerView } from "../world/view.ts";
import type { DurableState } from "./durable-state.ts";

/** One server in one term. */
interface Duty {
  readonly term: Term;
  /** The newest round of the heartbeats that this turn brought, and of those that it has answered. */
  asked: number;
  answered: number;
  /** The last entry that it wrote, and the last that it has acknowledged. */
  written: Index;
  acknowledged: Index;
  /** Whether answers leave at once: its term and vote are on disk. */
  free: boolean;
  /** In this turn it entered the term, or may have lost its leader, and with that what it owed. */
  lost: boolean;
}

/** Places at which a server may refuse, in one term, what came, and how often. A refusal may wait for the disk for long. */
interface Refusable {
  readonly term: Term;
  readonly places: Map<Index, number>;
}

export class FollowerAnswers implements Observer {
  readonly name = "follower-answers";
  readonly #durable: DurableState;
  /** By server. */
  readonly #duties: (Duty | undefined)[] = [];
  readonly #refusable: (Refusable | undefined)[] = [];

  constructor(durable: DurableState) {
    this.#durable = durable;
  }

  started({ id }: ServerView): void {
    this.#duties[id] = undefined;
    this.#refusable[id] = undefined;
  }

  streamBroken(server: ServerId): void {
    const duty = this.#duties[server];
    if (duty !== undefined) duty.lost = true;
  }

  /** A turn may end while a server that has woken up takes what has arrived meanwhile: what it lost may come behind that. */
  woke({ id }: ServerView): void {
    const duty = this.#duties[id];
    if (duty !== undefined) duty.lost = true;
  }

  step({ id, hasUnflushedInput }: ServerView): void {
    const duty = this.#duties[id];
    if (duty?.lost === true && !hasUnflushedInput) duty.lost = false;
  }

  delivered(_from: ServerId, { id, node }: ServerView, message: PeerMessage): void {
    if (node === undefined) return;
    if (message.type === "RequestVote" || message.type === "TimeoutNow") {
      const known = this.#duties[id];
      if (known !== undefined) known.lost = true;
      return;
    }
    if (message.type !== "AppendEntries") return;
    const { raft } = node;
    const duty = this.#duty(id, Math.max(raft.currentTerm, message.term));
    const { term, prevLogIndex, entries, noReply, readRound } = message;
    // Who speaks of an older term is refused in any case.
    const isStale = term < duty.term;
    if (isStale || prevLogIndex > Math.max(raft.commitIndex, raft.logBase.index))
      this.#mayRefuse(id, duty.term, prevLogIndex);
    if (!isStale && entries.length === 0 && !noReply) duty.asked = Math.max(duty.asked, readRound);
  }

  effects({ id, node }: ServerView, { messages, write }: Effects): void {
    const duty = this.#duties[id];
    if (node === undefined || duty === undefined) return;
    const { raft } = node;
    if (duty.term !== raft.currentTerm || raft.role !== "follower" || raft.leader === undefined) {
      this.#duties[id] = undefined;
      return;
    }
    const wasFree = duty.free;
    for (const { to, message } of messages) {
      if (message.type !== "AppendEntriesReply" || message.term !== duty.term) continue;
      if (!message.success) this.#refuses(id, to, message);
      duty.answered = Math.max(duty.answered, message.readRound);
      if (message.success) duty.acknowledged = Math.max(duty.acknowledged, message.matchIndex);
      duty.free = true;
    }
    if (write?.hardState !== undefined) duty.free = false;
    if (wasFree && duty.free && duty.asked > duty.answered && !duty.lost)
      this.#break(id, raft, `has not answered round ${duty.asked}, of which a heartbeat has told it`);
    duty.asked = 0;
    const last = write?.entries.at(-1)?.index;
    if (last !== undefined) duty.written = duty.lost ? 0 : last;
    if (duty.written > duty.acknowledged && this.#isDurable(id, raft, duty.written))
      this.#break(id, raft, `has not acknowledged entry ${duty.written}, which is on its disk`);
  }

  #mayRefuse(id: ServerId, term: Term, place: Index): void {
    let known = this.#refusable[id];
    if (known?.term !== term) {
      known = { term, places: new Map() };
      this.#refusable[id] = known;
    }
    known.places.set(place, (known.places.get(place) ?? 0) + 1);
  }

  #refuses(id: ServerId, to: ServerId, { term, rejectedIndex }: AppendEntriesReply): void {
    const known = this.#refusable[id];
    const times = known?.term === term ? (known.places.get(rejectedIndex) ?? 0) : 0;
    if (times > 1) known?.places.set(rejectedIndex, times - 1);
    else if (times === 1) known?.places.delete(rejectedIndex);
    else
      throw new InvariantBroken(
        this.name,
        `n${id} refuses what n${to} sent behind entry ${rejectedIndex}, up to which it knows that all is committed`,
      );
  }

  /** Whether an entry is on its disk, and the server knows it. */
  #isDurable(id: ServerId, raft: RaftView, index: Index): boolean {
    return this.#durable.of(id).log.lastIndex >= index && raft.status().durableIndex >= index;
  }

  #duty(id: ServerId, term: Term): Duty {
    let duty = this.#duties[id];
    if (duty?.term !== term) {
      const none = { asked: 0, answered: 0, written: 0, acknowledged: 0 };
      duty = { term, ...none, free: false, lost: true };
      this.#duties[id] = duty;
    }
    return duty;
  }

  #break(id: ServerId, { leader }: RaftView, what: string): never {
    throw new InvariantBroken(this.name, `n${id}, which follows n${leader ?? 0}, ${what}`);
  }
}
