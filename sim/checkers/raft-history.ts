/**
 * What the Raft checkers have in common: their own record of every server's log, of who led which term, of what was
 * committed when. It is kept from what leaves the Raft core, never by asking the core.
 */
import type { Effects } from "../../src/raft/effects.ts";
import type { Entry, Index, LogBase, ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, toAll, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import { ServerLog } from "./server-log.ts";

/** A checker over the record. All hooks see the record as it is after the change. */
export interface RaftChecker {
  /** The invariant's name. */
  readonly name: string;
  /** The server cut its log before `from`, which was not behind its end. `leading`: the term that it leads, or 0. */
  truncated?(id: ServerId, from: Index, leading: Term): void;
  /** The server appended an entry. `leading`: the term that it leads at the end of the turn, or 0. */
  appended?(id: ServerId, entry: Entry, leading: Term): void;
  /** For the first time, the server leaves effects as the leader of `term`. */
  led?(id: ServerId, term: Term): void;
  /** The server takes an entry as committed, which it found in this term, and applies it. */
  committed?(id: ServerId, entry: Entry, foundIn: Term): void;
  /** The server runs again with what its disk had. */
  restarted?(id: ServerId): void;
}

/** All checkers as one, as {@link joinObservers} makes one of observers. */
function joinCheckers(checkers: readonly RaftChecker[]): Required<Omit<RaftChecker, "name">> {
  return {
    truncated: toAll(checkers.map((one) => one.truncated?.bind(one))),
    appended: toAll(checkers.map((one) => one.appended?.bind(one))),
    led: toAll(checkers.map((one) => one.led?.bind(one))),
    committed: toAll(checkers.map((one) => one.committed?.bind(one))),
    restarted: toAll(checkers.map((one) => one.restarted?.bind(one))),
  };
}

/** The record. */
export class RaftHistory implements Observer {
  readonly name = "raft history";
  /** By server id: the log in memory. */
  readonly logs: ServerLog[] = [];
  /** Who led a term. */
  readonly leaders = new Map<Term, ServerId>();
  /** The newest term that had a leader. */
  newestTerm: Term = 0;
  /** By server id: the term that it leads, or 0. */
  readonly leading: Term[] = [];
  /** By server id: what it has applied up to. */
  readonly applied: Index[] = [];
  /** The one log that was committed, whoever found out. */
  readonly committed = new ServerLog();
  /** By index: term of the server that took the entry as committed first. */
  readonly committedIn: Term[] = [0];
  #told = joinCheckers([]);

  /** Sets who is told. */
  watch(checkers: readonly RaftChecker[]): void {
    this.#told = joinCheckers(checkers);
  }

  begin(world: World): void {
    for (let id = 0; id < world.servers.length; id++) {
      this.logs[id] = new ServerLog();
      this.leading[id] = 0;
      this.applied[id] = 0;
    }
  }

  log(id: ServerId): ServerLog {
    const log = this.logs[id];
    if (log === undefined) throw new RangeError(`no server ${id}`);
    return log;
  }

  started(server: ServerView): void {
    const log = new ServerLog();
    this.logs[server.id] = log;
    this.leading[server.id] = 0;
    const recovered = server.recovered?.log;
    const base = recovered?.base.index ?? 0;
    // What a checkpoint covers was committed.
    log.replaceBeginning(this.committed, base);
    this.applied[server.id] = Math.max(base, recovered?.appliedIndex ?? 0);
    for (const entry of recovered?.entries ?? []) log.append(entry);
    this.#told.restarted(server.id);
  }

  effects(server: ServerView, effects: Effects): void {
    const { id } = server;
    const raft = server.node?.raft;
    if (raft === undefined) return;
    const leads = raft.isLeader ? raft.currentTerm : 0;
    const led = this.leading[id] ?? 0;
    // What a server truncated and appended before it was elected may leave in the same turn.
    const before = led === leads ? leads : 0;
    const { snapshot } = effects.write ?? {};
    if (snapshot !== undefined) this.#replaced(id, snapshot, before);
    if (effects.write !== undefined)
      this.#written(id, effects.write.truncateFrom, effects.write.entries, before, leads);
    if (leads !== led) {
      this.leading[id] = leads;
      if (leads > 0) {
        this.#told.led(id, leads);
        this.leaders.set(leads, id);
        this.newestTerm = Math.max(this.newestTerm, leads);
      }
    }
    if (effects.installed !== undefined) this.applied[id] = effects.installed;
    // Who leads and is deposed in the same turn has found it in the term that it led.
    const foundIn = led > 0 ? led : raft.currentTerm;
    for (const entry of effects.committed) this.#committed(id, entry, foundIn);
  }

  /** A snapshot takes the place of the log: of the committed one up to where it reaches. */
  #replaced(id: ServerId, { index, term }: LogBase, leading: Term): void {
    if (this.committed.termAt(index) !== term)
      throw new InvariantBroken(
        "snapshot",
        `n${id} installs a snapshot up to entry ${index} of term ${term}, which was never committed`,
      );
    if (leading > 0) throw new InvariantBroken("snapshot", `n${id} installs a snapshot while it leads term ${leading}`);
    if (index <= (this.applied[id] ?? 0))
      throw new InvariantBroken(
        "snapshot",
        `n${id} goes back from entry ${this.applied[id]} to a snapshot up to ${index}`,
      );
    const log = this.log(id);
    if (log.lastIndex >= index && log.termAt(index) === term)
      throw new InvariantBroken("snapshot", `n${id} installs a snapshot up to entry ${index}, which its log has`);
    log.truncate(1);
    log.replaceBeginning(this.committed, index);
  }

  #written(id: ServerId, truncateFrom: Index | undefined, entries: readonly Entry[], before: Term, leads: Term): void {
    const log = this.log(id);
    if (truncateFrom !== undefined && truncateFrom <= log.lastIndex) {
      log.truncate(truncateFrom);
      this.#told.truncated(id, truncateFrom, before);
    }
    for (const entry of entries) {
      log.append(entry);
      this.#told.appended(id, entry, leads);
    }
  }

  #committed(id: ServerId, entry: Entry, foundIn: Term): void {
    this.#told.committed(id, entry, foundIn);
    this.applied[id] = entry.index;
    if (entry.index !== this.committed.lastIndex + 1) return;
    this.committed.append(entry);
    this.committedIn.push(foundIn);
  }
}
