/**
 * Whether this server may take part. A server that was wiped has forgotten its votes and what it acknowledged; under its
 * old id it could elect a leader without what was committed. So a server with a fresh data directory takes no part, and
 * speaks no Raft, until it is *admitted*; that is then on its disk for good. Each directory draws a number when it is
 * made, its *incarnation*.
 *
 * - A first member is admitted when every other first member has said that it knows it under this incarnation, or does
 *   not know it. On its disk it then has the incarnations that it met, and knows them from then on.
 * - A joining server is admitted when a member's configuration names it with this incarnation.
 *
 * A server that hears that it is known under another incarnation was wiped: it stops. Why that is enough:
 * `docs/decisions/0005-a-wiped-server-is-another-server.md`.
 */
import type { ServerId } from "../raft/types.ts";
import type { Hello, HelloReply } from "./ports.ts";

/** What is known of a server's admission when it starts. */
export interface AdmissionStart {
  /** Of this server's data directory; 0 for data that need no admission (tests). */
  readonly incarnation: number;
  readonly joining: boolean;
  /** Undefined while it is not admitted. */
  readonly acquaintances: ReadonlyMap<ServerId, number> | undefined;
  /** The other members that the cluster begins with; not used when joining. */
  readonly firstMembers: readonly ServerId[];
  /** How often to ask those that have not answered, ms. */
  readonly retryMs: number;
}

/** What a reply changed. */
export type AdmissionNews = "nothing" | "complete" | "wiped";

export class Admission {
  readonly #start: AdmissionStart;
  readonly #met: Map<ServerId, number>;
  readonly #askedAt = new Map<ServerId, number>();
  #admitted: boolean;

  constructor(start: AdmissionStart) {
    this.#start = start;
    this.#admitted = start.acquaintances !== undefined || start.incarnation === 0;
    this.#met = new Map(start.acquaintances ?? []);
  }

  get admitted(): boolean {
    return this.#admitted;
  }

  get incarnation(): number {
    return this.#start.incarnation;
  }

  get joining(): boolean {
    return this.#start.joining;
  }

  /** What goes on disk with the admission: whom this server met, by id. */
  get met(): ReadonlyMap<ServerId, number> {
    return this.#met;
  }

  /** First members that have not answered; empty when joining. */
  get missing(): readonly ServerId[] {
    if (this.#admitted || this.#start.joining) return [];
    return this.#start.firstMembers.filter((id) => !this.#met.has(id));
  }

  /** Whether nobody is left to be asked. */
  get isComplete(): boolean {
    return !this.#admitted && !this.#start.joining && this.missing.length === 0;
  }

  /** The admission is on disk. */
  complete(): void {
    this.#admitted = true;
  }

  /** Monotonic ms at which somebody is to be asked again. */
  nextDeadline(): number {
    let deadline = Number.POSITIVE_INFINITY;
    for (const id of this.missing) deadline = Math.min(deadline, this.#nextAsking(id));
    return deadline;
  }

  /** Whom to send a Hello now. */
  due(now: number): readonly ServerId[] {
    return this.missing.filter((id) => this.#ask(id, now));
  }

  /** A member speaks to a server that is not admitted: whether to send it a Hello. */
  spokenTo(by: ServerId, now: number): boolean {
    return !this.#admitted && this.#start.joining && this.#ask(by, now);
  }

  /** The incarnation under which another server is known; `configured` is that in this server's configuration, or 0. */
  known(id: ServerId, configured: number): number {
    return (this.#admitted ? this.#met.get(id) : undefined) ?? configured;
  }

  /** The answer to another server's Hello; `configured` as in {@link known}. */
  answer(from: ServerId, hello: Hello, configured: number): HelloReply {
    const known = this.known(from, configured);
    return { type: "HelloReply", asker: hello.incarnation, known, incarnation: this.#start.incarnation };
  }

  /** An answer to this server's Hello. */
  answered(from: ServerId, reply: HelloReply): AdmissionNews {
    const { incarnation, joining, firstMembers } = this.#start;
    if (this.#admitted || reply.asker !== incarnation) return "nothing";
    if (reply.known !== 0 && reply.known !== incarnation) return "wiped";
    if (joining) return reply.known === incarnation ? "complete" : "nothing";
    if (!firstMembers.includes(from) || this.#met.has(from)) return "nothing";
    this.#met.set(from, reply.incarnation);
    return this.isComplete ? "complete" : "nothing";
  }

  #ask(id: ServerId, now: number): boolean {
    if (now < this.#nextAsking(id)) return false;
    this.#askedAt.set(id, now);
    return true;
  }

  #nextAsking(id: ServerId): number {
    return (this.#askedAt.get(id) ?? Number.NEGATIVE_INFINITY) + this.#start.retryMs;
  }
}
