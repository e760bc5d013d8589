/**
 * Proposals of this server's clients on their way into the log.
 *
 * The server that a client is attached to (the *origin*) keeps each proposal until it sees the entry applied. It goes
 * to the leader at once, and again when the leader changes, when the stream to the leader was broken and is open again,
 * when the state machine found a gap before it, or when nothing was heard of it for a while. Repeating is harmless: the
 * state machine gives a (session, request) one effect. But where much that is committed is still on its way here, or
 * waits to be applied, the entry may be among that, and each repetition makes the log longer: so this is applied first.
 *
 * No more than a window of bytes is on its way to another server at a time; as entries come back applied, more follow. So a
 * burst does not overflow what the leader has room for, to be lost there and offered again in vain.
 */
import { present } from "../base/assert.ts";
import type { Index, ServerId, Term } from "../raft/types.ts";

/** A proposal to be sent. */
export interface Outgoing {
  readonly id: number;
  /** The encoded command, without a time. */
  readonly bytes: Uint8Array;
}

interface Proposal extends Outgoing {
  /** Monotonic ms of the last sending over the network; undefined if there was none. */
  sentAtMs: number | undefined;
  /** On its way over the network, as far as is known. */
  underway: boolean;
  /** Sendings since something was heard of the leader, which was `heard` times. */
  attempts: number;
  heard: number;
}

const retryFactorMax = 16;
const nothing: readonly Outgoing[] = [];

/** The proposals of one origin server. */
export class Proposals {
  /** In order of their ids, which is the order in which their requests arrived. */
  readonly #pending = new Map<number, Proposal>();
  /** In the order of their ids, unless they are mixed up. */
  readonly #unsent = new Set<number>();
  #lastUnsent = 0;
  #mixedUp = false;
  /** Of those that wait, together. */
  #bytes = 0;
  #nextId: number;
  #sentTo: { leader: ServerId; term: Term } | undefined;
  readonly #retryMs: number;
  readonly #windowBytes: number;
  /** Of those under way over the network, together. */
  #underwayBytes = 0;
  /** How often one of them was applied. */
  #heard = 0;
  #lastSentMs = Number.NEGATIVE_INFINITY;
  #retryAtMs = Number.POSITIVE_INFINITY;
  #committed: Index = 0;
  #done: Index = 0;
  /** What is overdue since then goes again once all up to `index` is done. */
  #overdue: { readonly sinceMs: number; readonly index: Index } | undefined;

  /**
   * `firstId` differs between starts of a server, so that entries of an earlier life are not taken for its own.
   * `windowBytes`: so much may be under way to another server; one proposal may exceed it alone.
   */
  constructor(firstId: number, retryMs: number, windowBytes: number) {
    this.#nextId = firstId;
    this.#retryMs = retryMs;
    this.#windowBytes = windowBytes;
  }

  /** Takes a proposal; `encode` makes its bytes for the id that it gets. Returns the id. */
  add(encode: (id: number) => Uint8Array): number {
    const id = this.#nextId++;
    const bytes = encode(id);
    this.#pending.set(id, { id, bytes, sentAtMs: undefined, underway: false, attempts: 0, heard: 0 });
    this.#bytes += bytes.length;
    this.#isUnsent(id);
    return id;
  }

  /** The proposal has been applied, or nobody waits for it any more. Returns its bytes. */
  settle(id: number): number {
    const proposal = this.#pending.get(id);
    if (proposal === undefined) return 0;
    this.#arrived(proposal);
    this.#bytes -= proposal.bytes.length;
    this.#pending.delete(id);
    this.#unsent.delete(id);
    return proposal.bytes.length;
  }

  /**
   * One of them was applied: so the leader takes them, and what it had no room for is offered again without the patience
   * that one shows to a leader of whom nothing is heard.
   */
  applied(): void {
    this.#heard++;
    if (this.#underwayBytes > 0) this.#retryAtMs = Math.min(this.#retryAtMs, this.#lastSentMs + this.#retryMs);
  }

  /** Whether one that is to be sent had to wait for others to arrive, and need not any more. */
  get mayFollow(): boolean {
    return this.#unsent.size > 0 && this.#underwayBytes < this.#windowBytes;
  }

  /** Bytes of a proposal that waits. */
  bytesOf(id: number): number {
    return present(this.#pending.get(id), "a proposal that waits").bytes.length;
  }

  /** The proposal had no effect yet and must be sent again. */
  again(id: number): void {
    const proposal = this.#pending.get(id);
    if (proposal !== undefined) this.#offer(proposal);
  }

  /** How many wait for their entry to be applied. */
  get size(): number {
    return this.#pending.size;
  }

  /** How many are to be sent, for the first time or again. */
  get unsent(): number {
    return this.#unsent.size;
  }

  /** Bytes of all that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A new stream to `server` is open. If what waits was sent there, it may be lost, and is offered again at once. */
  linkOpened(server: ServerId): void {
    if (this.#sentTo?.leader === server) this.#sentTo = undefined;
  }

  /** So far the log is committed, though not all of it may be here, and so far it is done: applied here, and told. */
  progress(committed: Index, done: Index): void {
    this.#committed = committed;
    this.#done = done;
  }

  /** When {@link take} should be called although nothing happened, monotonic ms. */
  nextDeadline(): number {
    return this.#retryAtMs;
  }

  /**
   * The proposals to send to `leader` of `term` now, in order, and over the network no more than there is room for. Those
   * that went out are to be named to {@link sent}; the others are offered again.
   */
  take(leader: ServerId, term: Term, nowMs: number, own = false): readonly Outgoing[] {
    if (this.#sentTo?.leader !== leader || this.#sentTo.term !== term) {
      for (const proposal of this.#pending.values()) {
        // What others did not answer says nothing of this one.
        proposal.attempts = 0;
        this.#offer(proposal);
      }
      this.#sentTo = { leader, term };
    } else if (nowMs >= this.#retryAtMs) {
      this.#overdue ??= { sinceMs: nowMs, index: this.#committed };
      if (this.#done < this.#overdue.index) this.#retryAtMs = nowMs + this.#retryMs;
      else {
        this.#takeOverdue(this.#overdue.sinceMs);
        this.#overdue = undefined;
      }
    }
    if (this.#unsent.size === 0) return nothing;
    if (this.#mixedUp) this.#sort();
    const room = own ? Number.POSITIVE_INFINITY : this.#windowBytes;
    let bytes = own ? 0 : this.#underwayBytes;
    const taken: Outgoing[] = [];
    for (const id of this.#unsent) {
      const proposal = present(this.#pending.get(id), "an unsent proposal");
      if (bytes > 0 && bytes + proposal.bytes.length > room) break;
      bytes += proposal.bytes.length;
      taken.push(proposal);
    }
    return taken;
  }

  /**
   * These proposals of the last {@link take} are on their way. Over the network they may be lost, and are offered again
   * after a while; in the server's `own` log they cannot be, unless it is deposed.
   */
  sent(proposals: readonly Outgoing[], nowMs: number, own: boolean): void {
    for (const { id } of proposals) {
      const proposal = present(this.#pending.get(id), "a proposal that was taken");
      this.#unsent.delete(id);
      proposal.sentAtMs = own ? undefined : nowMs;
      if (own) continue;
      proposal.underway = true;
      this.#underwayBytes += proposal.bytes.length;
      proposal.attempts = this.#attempts(proposal) + 1;
      proposal.heard = this.#heard;
      this.#lastSentMs = nowMs;
      this.#retryAtMs = Math.min(this.#retryAtMs, nowMs + this.#waitMs(proposal));
    }
  }

  /** It is not on its way any more. */
  #arrived(proposal: Proposal): void {
    if (!proposal.underway) return;
    proposal.underway = false;
    this.#underwayBytes -= proposal.bytes.length;
  }

  #offer(proposal: Proposal): void {
    this.#arrived(proposal);
    this.#isUnsent(proposal.id);
  }

  #isUnsent(id: number): void {
    if (this.#unsent.size === 0) this.#mixedUp = false;
    else if (id < this.#lastUnsent) this.#mixedUp = true;
    this.#unsent.add(id);
    this.#lastUnsent = id;
  }

  #sort(): void {
    const ids = [...this.#unsent].sort((a, b) => a - b);
    this.#unsent.clear();
    for (const id of ids) this.#isUnsent(id);
  }

  #takeOverdue(nowMs: number): void {
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    for (const proposal of this.#pending.values()) {
      if (proposal.sentAtMs === undefined || !proposal.underway) continue;
      const dueMs = proposal.sentAtMs + this.#waitMs(proposal);
      if (dueMs <= nowMs) this.#offer(proposal);
      else this.#retryAtMs = Math.min(this.#retryAtMs, dueMs);
    }
  }

  #waitMs(proposal: Proposal): number {
    return this.#retryMs * Math.min(2 ** Math.max(0, this.#attempts(proposal) - 1), retryFactorMax);
  }

  #attempts({ attempts, heard }: Proposal): number {
    return heard === this.#heard ? attempts : 0;
  }
}
