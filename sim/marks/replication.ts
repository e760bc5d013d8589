/** Marks of how logs grow, part and agree again, and of what is committed. */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { AppendEntries, AppendEntriesReply } from "../../src/raft/messages.ts";
import type { Entry, Index, ServerId, Term } from "../../src/raft/types.ts";
import type { DurableState } from "../checkers/durable-state.ts";
import type { RaftChecker, RaftHistory } from "../checkers/raft-history.ts";
import type { Observer, World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { Marks } from "./marks.ts";

export class ReplicationMarks implements Observer, RaftChecker {
  readonly name = "replication marks";
  readonly #marks: Marks;
  readonly #history: RaftHistory;
  readonly #durable: DurableState;
  #world: World | undefined;
  #servers: readonly ServerView[] = [];
  #majority = 1;
  /** By server and index: terms of the entries that it appended. */
  readonly #terms: Term[][] = [];
  /** By server: indexes of the configurations in its log. */
  readonly #configurations: Index[][] = [];
  /** By leader and follower: what the follower has acknowledged to it. */
  readonly #acknowledged = new Map<number, Index>();

  constructor(marks: Marks, history: RaftHistory, durable: DurableState) {
    this.#marks = marks;
    this.#history = history;
    this.#durable = durable;
  }

  begin(world: World): void {
    this.#world = world;
    this.#servers = world.allServers;
    this.#majority = Math.floor(world.plan.config.servers / 2) + 1;
    for (const { id } of world.allServers) {
      this.#terms[id] = [];
      this.#configurations[id] = [];
    }
  }

  appended(id: ServerId, entry: Entry): void {
    const terms = this.#terms[id];
    if (terms !== undefined) terms[entry.index] = entry.term;
    if (entry.kind === "configuration") this.#configurations[id]?.push(entry.index);
  }

  truncated(id: ServerId, from: Index): void {
    const terms = this.#terms[id] ?? [];
    this.#marks.hit("follower-truncates");
    for (let index = from; index < terms.length; index++) {
      const term = terms[index];
      if (term === undefined) continue;
      if (this.#history.leaders.get(term) === id) this.#marks.hit("old-leader-truncates");
      const others = this.#servers.filter((other) => other.id !== id && this.#hasEntry(other.id, index, term));
      if (others.length + 1 >= this.#majority) this.#marks.hit("majority-entry-lost");
    }
    terms.length = Math.min(terms.length, from);
    const configurations = this.#configurations[id] ?? [];
    if ((configurations.at(-1) ?? 0) >= from) this.#marks.hit("configuration-truncated");
    this.#configurations[id] = configurations.filter((index) => index < from);
  }

  restarted(id: ServerId): void {
    const { lastIndex } = this.#history.log(id);
    const terms = this.#terms[id] ?? [];
    terms.length = Math.min(terms.length, lastIndex + 1);
    this.#configurations[id] = (this.#configurations[id] ?? []).filter((index) => index <= lastIndex);
  }

  committed(id: ServerId, entry: Entry): void {
    if (entry.index !== this.#history.committed.lastIndex + 1) return;
    const raft = this.#servers[id - 1]?.node?.raft;
    // The first configuration is older than every leader.
    if (entry.index > 1 && raft !== undefined && raft.currentTerm > entry.term)
      this.#marks.hit("old-term-entry-committed");
    // In the end some are broken for good in any case.
    if (!this.#world?.calm && this.#servers.some(({ state }) => state === "down"))
      this.#marks.hit("commits-with-server-down");
  }

  step({ id, node }: ServerView): void {
    const raft = node?.raft;
    if (raft?.isLeader && raft.commitIndex > this.#durable.of(id).log.lastIndex)
      this.#marks.hit("leader-commits-before-its-disk");
  }

  sent(from: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type !== "AppendEntries" || message.entries.length === 0) return;
    const acknowledged = this.#acknowledged.get(pair(from.id, to));
    if (acknowledged !== undefined && message.prevLogIndex > acknowledged) this.#marks.hit("append-pipelined");
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    const raft = to.node?.raft;
    if (raft === undefined) return;
    if (message.type === "AppendEntries") {
      if (message.term < raft.currentTerm && raft.leader === from) this.#marks.hit("append-of-earlier-reign");
      this.#appendArrives(to.id, raft.currentTerm, message);
    } else if (message.type === "AppendEntriesReply") this.#replyArrives(from, to.id, message);
    else if (message.type === "Forward" && !raft.isLeader) this.#marks.hit("forward-to-no-leader");
  }

  #appendArrives(id: ServerId, currentTerm: Term, { term, prevLogIndex, entries }: AppendEntries): void {
    if (term < currentTerm) this.#marks.hit("append-of-old-term");
    const last = entries.at(-1);
    if (term !== currentTerm || last === undefined) return;
    const log = this.#history.log(id);
    if (prevLogIndex > log.lastIndex) this.#marks.hit("append-out-of-order");
    else if (last.index <= log.lastIndex && log.termAt(last.index) === last.term)
      this.#marks.hit("append-known-already");
  }

  #replyArrives(from: ServerId, to: ServerId, reply: AppendEntriesReply): void {
    if (reply.success) this.#acknowledged.set(pair(to, from), reply.matchIndex);
    else {
      this.#marks.hit("append-refused");
      if (reply.hintIndex < reply.rejectedIndex - 1) this.#marks.hit("backs-up-far");
    }
  }

  #hasEntry(id: ServerId, index: Index, term: Term): boolean {
    const log = this.#history.log(id);
    return index <= log.lastIndex && log.termAt(index) === term;
  }
}

function pair(leader: ServerId, follower: ServerId): number {
  return leader * 1000 + follower;
}
