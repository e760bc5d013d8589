/**
 * Proposals of this server's clients on their way into the log.
 *
 * The server that a client is attached to (the *origin*) keeps each proposal until it sees the entry applied. It goes
 * to the leader at once, and again when the leader changes, when the state machine found a gap before it, or when
 * nothing was heard of it for a while. Repeating is harmless: the state machine gives a (session, request) one effect.
 */
import { assert } from "../base/assert.ts";
import type { ServerId, Term } from "../raft/types.ts";

interface Proposal {
  readonly id: number;
  /** The encoded command, without a time. */
  readonly bytes: Uint8Array;
  /** Monotonic ms of the last sending; undefined while it waits to be sent. */
  sentAtMs: number | undefined;
  attempts: number;
}

const retryFactorMax = 16;

/** The proposals of one origin server. */
export class Proposals {
  /** In order of their ids, which is the order in which their requests arrived. */
  readonly #pending = new Map<number, Proposal>();
  #unsent = new Set<number>();
  #nextId: number;
  #sentTo: { leader: ServerId; term: Term } | undefined;
  readonly #retryMs: number;
  #retryAtMs = Number.POSITIVE_INFINITY;

  /** `firstId` differs between starts of a server, so that entries of an earlier life are not taken for its own. */
  constructor(firstId: number, retryMs: number) {
    this.#nextId = firstId;
    this.#retryMs = retryMs;
  }

  /** Takes a proposal; `encode` makes its bytes for the id that it gets. Returns the id. */
  add(encode: (id: number) => Uint8Array): number {
    const id = this.#nextId++;
    this.#pending.set(id, { id, bytes: encode(id), sentAtMs: undefined, attempts: 0 });
    this.#unsent.add(id);
    return id;
  }

  /** The proposal has been applied, or nobody waits for it any more. */
  settle(id: number): void {
    if (this.#pending.delete(id)) this.#unsent.delete(id);
  }

  /** The proposal had no effect yet and must be sent again. */
  again(id: number): void {
    if (this.#pending.has(id)) this.#unsent.add(id);
  }

  /** How many wait for their entry to be applied. */
  get size(): number {
    return this.#pending.size;
  }

  /** When {@link take} should be called although nothing happened, monotonic ms. */
  nextDeadline(): number {
    return this.#retryAtMs;
  }

  /**
   * The commands to send to `leader` of `term` now, in order. Call {@link sent} if they were accepted; otherwise they
   * are offered again.
   */
  take(leader: ServerId, term: Term, nowMs: number): readonly Uint8Array[] {
    if (this.#sentTo?.leader !== leader || this.#sentTo.term !== term) {
      for (const id of this.#pending.keys()) this.#unsent.add(id);
      this.#sentTo = { leader, term };
    } else if (nowMs >= this.#retryAtMs) this.#takeOverdue(nowMs);
    if (this.#unsent.size === 0) return [];
    const commands: Uint8Array[] = [];
    for (const id of this.#inOrder()) {
      const proposal = this.#pending.get(id);
      assert(proposal !== undefined, "an unsent proposal is pending");
      commands.push(proposal.bytes);
    }
    return commands;
  }

  /** The commands of the last {@link take} are on their way. */
  sent(nowMs: number): void {
    for (const id of this.#unsent) {
      const proposal = this.#pending.get(id);
      if (proposal === undefined) continue;
      proposal.sentAtMs = nowMs;
      proposal.attempts++;
      this.#retryAtMs = Math.min(this.#retryAtMs, nowMs + this.#waitMs(proposal));
    }
    this.#unsent = new Set();
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
    return this.#retryMs * Math.min(2 ** (proposal.attempts - 1), retryFactorMax);
  }
}
