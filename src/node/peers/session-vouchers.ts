/**
 * The leader's word that it has heard of sessions: given once a majority has confirmed, after it had heard, that it still
 * leads (as for a linearizable read, thesis §6.4).
 *
 * Without that, a leader that was deposed and does not know it yet would vouch for sessions that its successor, who has
 * not heard of them, may end. With it, the successor is elected later, and gives every session its full timeout from
 * then on.
 */
import type { ServerId, Term } from "../../raft/types.ts";

/** A round of touches and the server that told of it. */
interface Heard {
  readonly from: ServerId;
  readonly round: number;
}

/** Ids of the reads with which the leader confirms that it leads: above those of clients' reads. */
const firstId = 2 ** 52;

export class SessionVouchers {
  #heard: Heard[] = [];
  readonly #asked = new Map<number, { readonly term: Term; readonly heard: readonly Heard[] }>();
  #lastId = firstId;

  /** Rounds, and questions for several of them, that wait for a word on who leads. */
  get size(): number {
    return this.#heard.length + this.#asked.size;
  }

  /** This server leads and has heard of all sessions of a round. */
  add(from: ServerId, round: number): void {
    this.#heard.push({ from, round });
  }

  /** Ends the turn: asks for one read index for all rounds, if this server leads; else nobody is vouched for. */
  ask(term: Term | undefined, requestRead: (id: number) => void): void {
    if (this.#heard.length === 0) return;
    const heard = this.#heard;
    this.#heard = [];
    if (term === undefined) return;
    this.#asked.set(++this.#lastId, { term, heard });
    requestRead(this.#lastId);
  }

  /** Whether a read is one of these. */
  owns(id: number): boolean {
    return id > firstId;
  }

  /** A read index has come: the rounds to answer. None if another term has begun: then another leader has answered. */
  answered(id: number, term: Term | undefined): readonly Heard[] {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked !== undefined && asked.term === term ? asked.heard : [];
  }
}
