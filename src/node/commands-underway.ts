/**
 * The commands of other servers that this leader has taken and not applied yet. A server that does not see its proposal
 * applied for a while sends it again; but where the disk is slow it may only wait here, or in the log, and each copy
 * would make everybody wait longer. A copy of what has been applied is taken: it may have come before its time.
 */
import { Queue } from "../base/queue.ts";
import type { Index, ServerId, Term } from "../raft/types.ts";

/** Which command it is. */
export interface ProposalId {
  /** The server that proposed it. */
  readonly origin: ServerId;
  /** Its number there. */
  readonly proposal: number;
}

interface Appended {
  /** None of the commands is behind this entry. */
  readonly upTo: Index;
  readonly commands: readonly ProposalId[];
}

/** Of one term of leadership: what an earlier one took may be lost. */
export class CommandsUnderway {
  #term: Term = 0;
  /** By origin: its proposals. */
  readonly #taken = new Map<ServerId, Set<number>>();
  readonly #appended = new Queue<Appended>();

  /** How many there are. */
  get size(): number {
    let size = 0;
    for (const taken of this.#taken.values()) size += taken.size;
    return size;
  }

  /** Whether the command is new in `term`; it counts as taken from now on. */
  take({ origin, proposal }: ProposalId, term: Term): boolean {
    if (term !== this.#term) this.clear();
    this.#term = term;
    const taken = this.#taken.get(origin);
    if (taken === undefined) this.#taken.set(origin, new Set([proposal]));
    else if (taken.has(proposal)) return false;
    else taken.add(proposal);
    return true;
  }

  /** These are in the log, up to this entry. */
  appended(commands: readonly ProposalId[], upTo: Index): void {
    this.#appended.push({ upTo, commands });
  }

  /** Entries up to `index` are applied: nothing is known any more of what was in them. */
  applied(index: Index): void {
    for (;;) {
      const first = this.#appended.at(0);
      if (first === undefined || first.upTo > index) return;
      this.#appended.shift();
      for (const { origin, proposal } of first.commands) {
        const taken = this.#taken.get(origin);
        taken?.delete(proposal);
        if (taken?.size === 0) this.#taken.delete(origin);
      }
    }
  }

  /** This server does not lead any more. */
  clear(): void {
    if (this.#taken.size === 0) return;
    this.#taken.clear();
    while (this.#appended.shift() !== undefined);
  }
}
