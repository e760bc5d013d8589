/**
 * Proposals of this server's clients on their way into the log.
 *
 * The server that a client is attached to (the *origin*) keeps each proposal until it sees the entry applied. It goes
 * to the leader at once, and again when the leader changes, when the stream to the leader was broken and is open again,
 * when the state machine found a gap before it, or when nothing was heard of it for a while. Repeating is harmless: the
 * state machine gives a (session, request) one effect. But where much that is committed waits here to be applied, the
 * entry may be among that, and each repetition makes the log longer: so this is applied first.
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
  attempts: number;
}

const retryFactorMax = 16;
const nothing: readonly Outgoing[] = [];

/** The proposals of one origin server. */
export class Proposals {
  /** In order of their ids, which is the order in which their requests arrived. */
  readonly #pending = new Map<number, Proposal>();
  readonly #unsent = new Set<number>();
  /** Of those that wait, together. */
  #bytes = 0;
  #nextId: number;
  #sentTo: { leader: ServerId; term: Term } | undefined;
  readonly #retryMs: number;
  #retryAtMs = Number.POSITIVE_INFINITY;
  #committed: Index = 0;
  #done: Index = 0;
  /** What is overdue since then goes again once all up to `index` is done. */
  #overdue: { readonly sinceMs: number; readonly index: Index } | undefined;

  /** `firstId` differs between starts of a server, so that entries of an earlier life are not taken for its own. */
  constructor(firstId: number, retryMs: number) {
    this.#nextId = firstId;
    this.#retryMs = retryMs;
  }

  /** Takes a proposal; `encode` makes its bytes for the id that it gets. Returns the id. */
  add(encode: (id: number) => Uint8Array): number {
    const id = this.#nextId++;
    const bytes = encode(id);
    this.#pending.set(id, { id, bytes, sentAtMs: undefined, attempts: 0 });
    this.#bytes += bytes.length;
    this.#unsent.add(id);
    return id;
  }

  /** The proposal has been applied, or nobody waits for it any more. Returns its bytes. */
  settle(id: number): number {
    const bytes = this.bytesOf(id);
    this.#bytes -= bytes;
    if (this.#pending.delete(id)) this.#unsent.delete(id);
    return bytes;
  }

  /** Bytes of a proposal; 0 if it is settled. */
  bytesOf(id: number): number {
    return this.#pending.get(id)?.bytes.length ?? 0;
  }

  /** The proposal had no effect yet and must be sent again. */
  again(id: number): void {
    if (this.#pending.has(id)) this.#unsent.add(id);
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

  /** So far the log is committed, and so far it is done: applied here, and told. */
  progress(committed: Index, done: Index): void {
    this.#committed = committed;
    this.#done = done;
  }

  /** When {@link take} should be called although nothing happened, monotonic ms. */
  nextDeadline(): number {
    return this.#retryAtMs;
  }

  /**
   * The proposals to send to `leader` of `term` now, in order. Those that went out are to be named to {@link sent};
   * the others are offered again.
   */
  take(leader: ServerId, term: Term, nowMs: number): readonly Outgoing[] {
    if (this.#sentTo?.leader !== leader || this.#sentTo.term !== term) {
      for (const [id, proposal] of this.#pending) {
        // What others did not answer says nothing of this one.
        proposal.attempts = 0;
        this.#unsent.add(id);
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
    return this.#inOrder().map((id) => present(this.#pending.get(id), "an unsent proposal"));
  }

  /**
   * These proposals of the last {@link take} are on their way. Over the network they may be lost, and are offered again
   * after a while; in the server's `own` log they cannot be, unless it is deposed.
   */
  sent(proposals: readonly Outgoing[], nowMs: number, own: boolean): void {
    for (const { id } of proposals) {
      const proposal = this.#pending.get(id);
      if (proposal === undefined) continue;
      this.#unsent.delete(id);
      proposal.sentAtMs = own ? undefined : nowMs;
      proposal.attempts++;
      if (!own) this.#retryAtMs = Math.min(this.#retryAtMs, nowMs + this.#waitMs(proposal));
    }
  }

  #inOrder(): readonly number[] {
    const ids = [...this.#unsent];
    let sorted = true;
    for (let i = 1; i < ids.length; i++) if ((ids[i] ?? 0) < (ids[i - 1] ?? 0)) sorted = false;
    return sorted ? ids : ids.sort((a, b) => a - b);
  }

  #takeOverdue(nowMs: number): void {
    this.#retryAtMs = Number.POSITIVE_INFINITY;
    for (const proposal of this.#pending.values()) {
      if (proposal.sentAtMs === undefined) continue;
      const dueMs = proposal.sentAtMs + this.#waitMs(proposal);
      if (dueMs <= nowMs) this.#unsent.add(proposal.id);
      else this.#retryAtMs = Math.min(this.#retryAtMs, dueMs);
    }
  }

  #waitMs(proposal: Proposal): number {
    return this.#retryMs * Math.min(2 ** Math.max(0, proposal.attempts - 1), retryFactorMax);
  }
}
