/**
 * What of the persistent state (Figure 2) is on disk, and what has still to go there. A turn makes at most one write,
 * with the hard state, the truncation and the new entries together, so that no crash can separate them. Writes are
 * under way one behind the other and complete in order.
 */
import { assert } from "../base/assert.ts";
import type { Log } from "./log.ts";
import type { HardState, Index, LogBase, LogWrite } from "./types.ts";

export class Durability {
  /** The log as it now is in memory is on disk up to here. */
  #durableIndex: Index;
  /** The log as it now is in memory was handed out for writing up to here. */
  #writtenIndex: Index;
  /** The next write has to cut the log on disk before this index. */
  #truncateFrom: Index | undefined;
  /** The next write has to put this in the place of the log on disk. */
  #snapshot: LogBase | undefined;
  #hardStateChanged = false;
  /** Token of the newest write that holds a hard state. */
  #hardStateToken = 0;
  #lastToken = 0;
  #persistedToken = 0;
  readonly #underway: WriteUnderway[] = [];
  /** Since when the disk has owed a completion, monotonic milliseconds; Infinity while it owes none. */
  #owesSince = Number.POSITIVE_INFINITY;

  constructor(recoveredLastIndex: Index) {
    this.#durableIndex = recoveredLastIndex;
    this.#writtenIndex = recoveredLastIndex;
  }

  get durableIndex(): Index {
    return this.#durableIndex;
  }

  /** Whether `currentTerm` and `votedFor`, as they now are, are on disk. */
  get hardStateIsDurable(): boolean {
    return !this.#hardStateChanged && this.#hardStateToken <= this.#persistedToken;
  }

  /** Takes note that `currentTerm` or `votedFor` changed. */
  hardStateChanged(): void {
    this.#hardStateChanged = true;
  }

  /**
   * Takes note that the log in memory now ends before `index`. A write under way no longer makes durable what it
   * holds from there on: entries with the same indexes, appended later, are others (the ABA problem of asynchronous
   * appends).
   */
  truncated(index: Index): void {
    if (index <= this.#writtenIndex) {
      this.#truncateFrom = Math.min(this.#truncateFrom ?? index, index);
      this.#writtenIndex = index - 1;
    }
    this.#durableIndex = Math.min(this.#durableIndex, index - 1);
    for (const write of this.#underway) write.lastIndex = Math.min(write.lastIndex, index - 1);
  }

  /**
   * Takes note that a snapshot has taken the place of the log in memory. Of the old log nothing counts any more but
   * what is applied, which the snapshot contains.
   */
  installed(base: LogBase, lastApplied: Index): void {
    this.#snapshot = base;
    this.#truncateFrom = undefined;
    this.#writtenIndex = base.index;
    this.#durableIndex = lastApplied;
    for (const write of this.#underway) write.lastIndex = Math.min(write.lastIndex, lastApplied);
  }

  /** What this turn has to write, if anything; `now` in monotonic milliseconds. */
  takeWrite(log: Log, { currentTerm, votedFor }: HardState, now: number): LogWrite | undefined {
    const cut = this.#truncateFrom !== undefined || this.#snapshot !== undefined;
    if (!cut && this.#writtenIndex === log.lastIndex && !this.#hardStateChanged) return undefined;
    const token = ++this.#lastToken;
    const write: LogWrite = {
      token,
      ...(this.#hardStateChanged ? { hardState: { currentTerm, votedFor } } : {}),
      ...(this.#snapshot !== undefined ? { snapshot: this.#snapshot } : {}),
      ...(this.#truncateFrom !== undefined ? { truncateFrom: this.#truncateFrom } : {}),
      entries: log.slice(this.#writtenIndex + 1, log.lastIndex),
    };
    if (this.#hardStateChanged) this.#hardStateToken = token;
    this.#hardStateChanged = false;
    this.#snapshot = undefined;
    this.#truncateFrom = undefined;
    this.#writtenIndex = log.lastIndex;
    // A write that takes the log no further tells no more of it than the one before.
    if ((this.#underway.at(-1)?.lastIndex ?? 0) < log.lastIndex)
      this.#underway.push({ token, lastIndex: log.lastIndex });
    this.#owesSince = Math.min(this.#owesSince, now);
    return write;
  }

  /** All writes up to `token` are durable, as this server learns at `now`. */
  persisted(token: number, now: number): void {
    assert(token <= this.#lastToken, "only a write that was handed out can be durable");
    if (token > this.#persistedToken) this.#persistedToken = token;
    this.#owesSince = this.#persistedToken === this.#lastToken ? Number.POSITIVE_INFINITY : now;
    for (let first = this.#underway[0]; first !== undefined && first.token <= token; first = this.#underway[0]) {
      this.#durableIndex = Math.max(this.#durableIndex, first.lastIndex);
      this.#underway.shift();
    }
  }

  /**
   * For how long the disk has stood still, milliseconds: something is to be written and nothing has become durable. 0
   * while nothing is.
   */
  stalledMs(now: number): number {
    return Math.max(0, now - this.#owesSince);
  }

  /** Whether all writes up to `token` are durable. */
  isPersisted(token: number): boolean {
    return token <= this.#persistedToken;
  }

  /** The write that makes the hard state durable; to be asked after {@link takeWrite}. */
  get hardStateToken(): number {
    return this.#hardStateToken;
  }

  /** The write that makes the log durable up to `index`; to be asked after {@link takeWrite}. */
  tokenOf(index: Index): number {
    if (index <= this.#durableIndex) return this.#persistedToken;
    for (const write of this.#underway) if (write.lastIndex >= index) return write.token;
    return this.#lastToken;
  }
}

interface WriteUnderway {
  readonly token: number;
  /** Once it is durable, the log as it now is in memory is on disk up to here. */
  lastIndex: Index;
}
