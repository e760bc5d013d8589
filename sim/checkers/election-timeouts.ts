/**
 * For how long a server waits for a leader before it campaigns (§5.2). A timeout is drawn from one to two times the election
 * timeout when its leader is heard, its vote is given or it campaigns, and runs on otherwise. Where the stream of its leader
 * breaks, an election is due within the campaign delay; from there on timeouts double with each attempt until they are the usual
 * ones, and who could vote for somebody waits as well (`docs/divergences.md`).
 *
 * On the clock of the server's machine, after each input. What came during a pause is taken up all at once: what set the timer
 * then is not known.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { RequestVote } from "../../src/raft/messages.ts";
import type { ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { RaftView, ServerView } from "../world/view.ts";

/** What is lost in the sums of a clock whose rate has changed, ms. */
const roundingMs = 0.001;

/** What one process was seen to be after its last input. */
interface Seen {
  role: RaftView["role"];
  leader: ServerId | undefined;
  term: Term;
  /** When it campaigns, ms of its clock; undefined while it leads. */
  deadlineMs: number | undefined;
  /** Timeouts are drawn from one to two times as many ms; undefined: that is not known. */
  baseMs: number | undefined;
  /** A pause of it has just ended. */
  woke: boolean;
  /** The message that it is about to take, if any. */
  told: { readonly from: ServerId; readonly message: PeerMessage } | undefined;
}

/** A server whose process runs, and its timer. */
interface Waiting {
  readonly server: ServerView;
  readonly raft: RaftView;
  readonly deadlineMs: number;
  readonly nowMs: number;
  readonly seen: Seen;
}

export class ElectionTimeouts implements Observer {
  readonly name = "election-timeouts";
  readonly #seen: (Seen | undefined)[] = [];
  #world: World | undefined;
  #timeoutMs = 0;

  begin(world: World): void {
    this.#world = world;
    this.#timeoutMs = world.plan.config.electionTimeoutMs;
  }

  started(server: ServerView): void {
    const { id, node, clock } = server;
    if (node === undefined) return;
    const { role, leader, currentTerm: term, electionTimer } = node.raft;
    const deadlineMs = electionTimer?.deadline;
    const seen = { role, leader, term, deadlineMs, baseMs: this.#timeoutMs, woke: false, told: undefined };
    this.#seen[id] = seen;
    if (deadlineMs !== undefined)
      this.#drawn({ server, raft: node.raft, deadlineMs, nowMs: clock.now(), seen }, "it has started");
  }

  delivered(from: ServerId, { id }: ServerView, message: PeerMessage): void {
    const seen = this.#seen[id];
    if (seen !== undefined) seen.told = { from, message };
  }

  woke({ id }: ServerView): void {
    const seen = this.#seen[id];
    if (seen !== undefined) seen.woke = true;
  }

  step(server: ServerView): void {
    const { id, node, clock } = server;
    const seen = this.#seen[id];
    if (node === undefined || seen === undefined) return;
    const { raft } = node;
    const deadlineMs = raft.electionTimer?.deadline;
    // Most inputs concern neither.
    const concerned =
      deadlineMs !== seen.deadlineMs || seen.told !== undefined || this.#world?.event?.kind === "streamBroken";
    if (seen.woke) seen.baseMs = undefined;
    else if (concerned && deadlineMs !== undefined && node.admitted)
      this.#judge({ server, raft, deadlineMs, nowMs: clock.now(), seen });
    if (raft.leader !== undefined) seen.baseMs = this.#timeoutMs;
    seen.role = raft.role;
    seen.leader = raft.leader;
    seen.term = raft.currentTerm;
    seen.deadlineMs = deadlineMs;
    seen.woke = false;
    seen.told = undefined;
  }

  #judge(waiting: Waiting): void {
    const { server, raft, deadlineMs, nowMs, seen } = waiting;
    const { told } = seen;
    if (this.#isBroken(waiting)) {
      const delayMs = server.node?.options.campaignDelayMaxMs ?? 0;
      seen.baseMs = Math.min(Math.max(delayMs, 1), this.#timeoutMs);
      // Whoever is asked by its former leader may wait for what comes of that.
      const mostMs = told === undefined ? delayMs : 2 * seen.baseMs;
      if (deadlineMs - nowMs > mostMs + roundingMs)
        this.#break(waiting, `it waits ${(deadlineMs - nowMs).toFixed(1)} ms, though the stream of its leader broke`);
    } else if (told !== undefined && isLeaders(raft, told)) {
      seen.baseMs = this.#timeoutMs;
      this.#drawn(waiting, "it heard its leader");
    } else if (seen.deadlineMs === deadlineMs) {
      if (told !== undefined && raft.currentTerm > seen.term && this.#votedFor(waiting, told))
        this.#break(waiting, "it has given its vote, and its timeout runs on");
    } else this.#moved(waiting);
  }

  /** Whether its leader can be told to be gone: the stream broke, or it asks for votes for a later term itself. */
  #isBroken({ server: { id }, seen: { role, leader, term, told } }: Waiting): boolean {
    if (role !== "follower" || leader === undefined) return false;
    const event = this.#world?.event;
    if (event?.kind === "streamBroken") return event.server === id && event.peer === leader;
    return told?.from === leader && told.message.type === "RequestVote" && told.message.term > term;
  }

  /** Its timer was set anew. */
  #moved(waiting: Waiting): void {
    const { raft, nowMs, seen } = waiting;
    const { told, role, deadlineMs } = seen;
    if (role === "leader" || deadlineMs === undefined) {
      seen.baseMs = this.#timeoutMs;
      return this.#drawn(waiting, "it leads no more");
    }
    const rang = this.#world?.event?.kind === "tick" && nowMs >= deadlineMs - roundingMs;
    const enters = raft.role === "candidate" && raft.currentTerm > seen.term;
    if (rang || enters) return this.#attempted(waiting, rang, enters);
    const may = told !== undefined && this.#votedFor(waiting, told);
    if (!may) this.#break(waiting, "its timeout is not over, and it heard no leader and gave no vote");
    this.#drawn(waiting, "it could vote for another server");
  }

  /** Each attempt to become leader, a round of questions and an election alike, doubles what the next timeout is drawn from. */
  #attempted(waiting: Waiting, asks: boolean, enters: boolean): void {
    const { raft, seen } = waiting;
    // Whoever may not campaign only forgets its leader.
    const attempts = raft.role === "follower" ? 0 : Number(asks) + Number(enters);
    if (seen.baseMs !== undefined) seen.baseMs = Math.min(seen.baseMs * 2 ** attempts, this.#timeoutMs);
    this.#drawn(waiting, "it campaigns");
  }

  /** Whether a request for a vote was one that may make it wait. */
  #votedFor({ raft, seen }: Waiting, { from, message }: NonNullable<Seen["told"]>): boolean {
    if (message.type !== "RequestVote") return false;
    if (message.preVote) return this.#couldVote(raft, message, seen);
    return message.term === raft.currentTerm && raft.status().votedFor === from;
  }

  #couldVote(raft: RaftView, message: RequestVote, { baseMs }: Seen): boolean {
    return message.term >= raft.currentTerm && (baseMs === undefined || baseMs < this.#timeoutMs);
  }

  #drawn(waiting: Waiting, since: string): void {
    const { deadlineMs, nowMs, seen } = waiting;
    const waitMs = deadlineMs - nowMs;
    const leastMs = seen.baseMs ?? 0;
    const mostMs = 2 * (seen.baseMs ?? this.#timeoutMs);
    if (waitMs >= leastMs - roundingMs && waitMs <= mostMs + roundingMs) return;
    this.#break(waiting, `${since}, and waits ${waitMs.toFixed(3)} ms, not from ${leastMs} to ${mostMs}`);
  }

  #break({ server: { id }, raft }: Waiting, why: string): never {
    throw new InvariantBroken(this.name, `n${id}, a ${raft.role} in term ${raft.currentTerm}: ${why}`);
  }
}

/** Whether a message came from the leader whom it now follows. */
function isLeaders(raft: RaftView, { from, message }: NonNullable<Seen["told"]>): boolean {
  const speaks = message.type === "AppendEntries" || message.type === "InstallSnapshot";
  return speaks && raft.role === "follower" && raft.leader === from && raft.currentTerm === message.term;
}
