/**
 * Whether this server may take part, and in which life of the cluster. A server that was wiped has forgotten its votes
 * and what it acknowledged; under its old id it could elect a leader without what was committed. So a server with a
 * fresh data directory takes no part, and speaks no Raft, until it is *admitted*; that is then on its disk for good. Each
 * directory draws a number when it is made, its *incarnation*.
 *
 * - A first member is admitted in two steps. When it has met every other first member, it has on its disk, once and for
 *   all, the incarnations that it met, and the *instance* that they make (`instance.ts`). When all others have confirmed
 *   that theirs is the same, or one that takes part has, it takes part. So all first members that ever take part agree.
 *   It meets none that began with other data, nothing here and a backup there: their logs have the same numbers and
 *   another history, so they make no cluster (*origin*).
 * - A joining server is admitted when a member's configuration names it with its incarnation; it is told the instance.
 *
 * A server that hears that it is known under another incarnation was wiped: it stops. Why that is enough:
 * `docs/decisions/0005-a-wiped-server-is-another-server.md`.
 */

import type { Hello, HelloReply } from "../../protocol/peer-messages.ts";
import type { ServerId } from "../../raft/types.ts";
import type { AdmissionRecord } from "../../storage/records.ts";
import { instanceOf } from "./instance.ts";

/** What is known of a server's admission when it starts. */
export interface AdmissionStart {
  readonly id: ServerId;
  /** Of this server's data directory; 0 for data that need no admission (tests). */
  readonly incarnation: number;
  /** What its data began with: 0 with nothing, else a number of the backup that they were restored from. */
  readonly origin: number;
  readonly joining: boolean;
  /** Whether there is more in its log, or its state, than a directory begins with. */
  readonly hasData: boolean;
  /** What is on its disk of it; undefined before anything is. */
  readonly record: AdmissionRecord | undefined;
  /** The other members that the cluster begins with; not used when joining. */
  readonly firstMembers: readonly ServerId[];
  /** How often to ask those that have not answered, ms. */
  readonly retryMs: number;
}

/**
 * The origin of data of which it is not known: before origins were written down, a backup was restored into the directory.
 * They are not nothing, whatever they are. No number of a backup is this one, as good as certainly.
 */
const unknownOrigin = 1;

/** What a reply changed: "write" asks for what {@link Admission.beginWrite} gives to be written. */
export type AdmissionNews = "nothing" | "write" | "wiped";

export class Admission {
  readonly #start: AdmissionStart;
  readonly #met: Map<ServerId, number>;
  /** First members that have confirmed the instance. */
  readonly #confirmed = new Set<ServerId>();
  readonly #askedAt = new Map<ServerId, number>();
  /** First members that began with other data when they answered last. */
  readonly #strangers = new Set<ServerId>();
  /** On disk; 0 before. */
  #instance: number;
  #admitted: boolean;
  /** The instance that another member has told this joining server. */
  #told: number | undefined;
  #conflict: ServerId | undefined;
  /** A record is on its way to the disk: until it is there nothing changes. */
  #writing = false;

  constructor(start: AdmissionStart) {
    const { record, incarnation } = start;
    this.#start = start;
    this.#met = new Map(record?.acquaintances ?? []);
    this.#instance = record?.instance ?? 0;
    this.#admitted = incarnation === 0 || record?.pending === false;
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

  /** Which life of the cluster this server belongs to; 0 before it takes part, and for data that know none. */
  get instance(): number {
    return this.#admitted ? this.#instance : 0;
  }

  /** First members that have not answered, or not confirmed the instance; empty when joining. */
  get missing(): readonly ServerId[] {
    if (this.#admitted || this.#start.joining) return [];
    const done = (id: ServerId): boolean => (this.#sealed ? this.#confirmed.has(id) : this.#met.has(id));
    return this.#start.firstMembers.filter((id) => !done(id));
  }

  /** A first member that has met other data of some member than this server has: then they never agree. */
  get conflict(): ServerId | undefined {
    return this.#admitted ? undefined : this.#conflict;
  }

  /** First members whose data began with something else than this server's: they have to be emptied, or this one. */
  get strangers(): readonly ServerId[] {
    return this.#admitted ? [] : [...this.#strangers].sort((a, b) => a - b);
  }

  /** The record to be written now, if it is time: whom this server met; then, that it takes part. */
  beginWrite(): AdmissionRecord | undefined {
    const record = this.#writing || this.#admitted ? undefined : this.#nextRecord();
    this.#writing ||= record !== undefined;
    return record;
  }

  #nextRecord(): AdmissionRecord | undefined {
    const { joining, firstMembers, id, incarnation, origin } = this.#start;
    const acquaintances = new Map(this.#met);
    if (joining) return this.#told === undefined ? undefined : { acquaintances, instance: this.#told, pending: false };
    if (this.missing.length > 0) return undefined;
    if (this.#sealed) return { acquaintances, instance: this.#instance, pending: false };
    const instance = instanceOf(new Map([...acquaintances, [id, incarnation]]), origin);
    return { acquaintances, instance, pending: firstMembers.length > 0 };
  }

  /** This record is on disk. */
  written({ instance, pending }: AdmissionRecord): void {
    this.#writing = false;
    this.#instance = instance;
    this.#admitted = !pending;
    // The others are asked once more, at once.
    this.#askedAt.clear();
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
    return (this.#admitted || this.#sealed ? this.#met.get(id) : undefined) ?? configured;
  }

  /** Whether what a server of that instance says counts here; that a server is met is another matter. */
  hears(instance: number): boolean {
    return this.#admitted && (this.#instance === 0 || instance === this.#instance);
  }

  /** The answer to another server's Hello; `configured` as in {@link known}. */
  answer(from: ServerId, hello: Hello, configured: number): HelloReply {
    return {
      type: "HelloReply",
      asker: hello.incarnation,
      known: this.known(from, configured),
      incarnation: this.#start.incarnation,
      instance: this.#instance,
      admitted: this.#admitted,
      origin: this.#origin,
    };
  }

  /** An answer to this server's Hello. */
  answered(from: ServerId, reply: HelloReply): AdmissionNews {
    const { incarnation, joining, firstMembers } = this.#start;
    if (this.#admitted || reply.asker !== incarnation) return "nothing";
    if (reply.known !== 0 && reply.known !== incarnation) return "wiped";
    if (this.#writing) return "nothing";
    if (joining) {
      if (reply.known !== incarnation || !reply.admitted) return "nothing";
      this.#told = reply.instance;
      return "write";
    }
    if (!firstMembers.includes(from)) return "nothing";
    return this.#sealed ? this.#confirms(from, reply) : this.#meets(from, reply);
  }

  /** What this server's data began with, as others are told. The instance is made of what is written down of it. */
  get #origin(): number {
    const { origin, hasData, joining, record } = this.#start;
    // Until it takes part, others may still have to meet it, and it has to say the same as before it started again.
    const isOpen = record === undefined || record.pending;
    return origin === 0 && hasData && !joining && isOpen ? unknownOrigin : origin;
  }

  /** Whom this server met, and the instance, are on its disk, and stay: others may count on it. */
  get #sealed(): boolean {
    return this.#instance !== 0;
  }

  /** The newest answer counts: a first member may be emptied and started anew before anybody takes part. */
  #meets(from: ServerId, { incarnation, origin }: HelloReply): AdmissionNews {
    if (origin !== this.#origin) {
      this.#strangers.add(from);
      this.#met.delete(from);
      return "nothing";
    }
    this.#strangers.delete(from);
    this.#met.set(from, incarnation);
    return this.missing.length === 0 ? "write" : "nothing";
  }

  #confirms(from: ServerId, { instance, admitted }: HelloReply): AdmissionNews {
    if (instance === 0) return "nothing";
    if (instance !== this.#instance) {
      this.#conflict = from;
      return "nothing";
    }
    // One that takes part has had it confirmed by all.
    for (const id of admitted ? this.#start.firstMembers : [from]) this.#confirmed.add(id);
    return this.missing.length === 0 ? "write" : "nothing";
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
