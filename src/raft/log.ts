/** The replicated log in memory (§5.3). What of it is on disk is the concern of `durability.ts`. */
import { assert, present } from "../base/assert.ts";
import { ConfigurationHistory } from "./configuration.ts";
import type { Configuration, Entry, Index, LogBase, RecoveredLog, Term } from "./types.ts";

/**
 * Entries from `base.index + 1` to `lastIndex`, contiguous, their terms never falling. What lies up to the base is in
 * the state machine's checkpoint, hence committed; of it only the last index and term are known.
 */
export class Log {
  #base: { readonly index: Index; readonly term: Term };
  #entries: Entry[];
  /** Bytes of all entries from the start of this process up to each entry, so that those between two are a difference. */
  #bytesTo: number[] = [];
  #bytesToBase = 0;
  #configurations: ConfigurationHistory;

  constructor(recovered: RecoveredLog) {
    this.#base = { index: recovered.base.index, term: recovered.base.term };
    this.#entries = [];
    this.#configurations = new ConfigurationHistory(recovered.base.index, recovered.base.configuration);
    for (const entry of recovered.entries) this.append(entry);
  }

  /** The last entry that is no more in the log: of it, index and term are known. */
  get base(): { readonly index: Index; readonly term: Term } {
    return this.#base;
  }

  get lastIndex(): Index {
    return this.base.index + this.#entries.length;
  }

  get lastTerm(): Term {
    return this.#entries.at(-1)?.term ?? this.base.term;
  }

  /** The newest configuration in the log, committed or not (§6). */
  get configuration(): Configuration {
    return this.#configurations.current;
  }

  /** Index of the entry with {@link configuration}. */
  get configurationIndex(): Index {
    return this.#configurations.index;
  }

  /** The configuration before {@link configuration}. */
  get previousConfiguration(): Configuration {
    return this.#configurations.previous;
  }

  /** The newest configuration up to `index`, which must not lie before the base. */
  configurationAt(index: Index): Configuration {
    assert(index >= this.base.index && index <= this.lastIndex, "a configuration is asked for within the log");
    return this.#configurations.at(index);
  }

  /** Forgets the entries up to `index` (§7): a checkpoint holds what they did. */
  compact(index: Index): void {
    assert(index >= this.base.index && index <= this.lastIndex, "a log is compacted up to one of its entries");
    const base = { index, term: this.termAt(index) };
    this.#bytesToBase = this.#bytesUpTo(index);
    this.#entries = this.#entries.slice(index - this.base.index);
    this.#bytesTo = this.#bytesTo.slice(index - this.base.index);
    this.#base = base;
    this.#configurations.compacted(index);
  }

  /** Begins anew behind a snapshot, without entries (§7). */
  reset(base: LogBase): void {
    this.#base = { index: base.index, term: base.term };
    this.#entries = [];
    this.#bytesTo = [];
    this.#configurations = new ConfigurationHistory(base.index, base.configuration);
  }

  /** The entry at `index`, which must be behind the base and not behind the end. */
  entryAt(index: Index): Entry {
    return present(this.#entries[index - this.base.index - 1], `entry ${index} of the log`);
  }

  /** The term at `index`, from the base to the end of the log. */
  termAt(index: Index): Term {
    return index === this.base.index ? this.base.term : this.entryAt(index).term;
  }

  /** Adds one entry behind the last. */
  append(entry: Entry): void {
    assert(entry.index === this.lastIndex + 1, "an entry is appended right behind the last");
    assert(entry.term >= this.lastTerm, "terms never fall along the log");
    this.#bytesTo.push(this.#bytesUpTo(this.lastIndex) + entrySize(entry));
    this.#entries.push(entry);
    this.#configurations.appended(entry);
  }

  /** Removes the entries from `index` on. */
  truncateFrom(index: Index): void {
    assert(index > this.base.index && index <= this.lastIndex, "only entries of the log are truncated");
    this.#entries.length = index - this.base.index - 1;
    this.#bytesTo.length = this.#entries.length;
    this.#configurations.truncated(index);
  }

  /** The entries from `first` to `last`, both included; empty if `last < first`. */
  slice(first: Index, last: Index): Entry[] {
    if (last < first) return [];
    assert(first > this.base.index && last <= this.lastIndex, "only entries of the log are read");
    return this.#entries.slice(first - this.base.index - 1, last - this.base.index);
  }

  /** As many entries from `first` to `end` as `bytesMax` allows, but at least one unless `first` is behind `end`, an entry of the log. */
  sliceOfBytes(first: Index, end: Index, bytesMax: number): Entry[] {
    let last = first - 1;
    let bytes = 0;
    while (last < end) {
      bytes += entrySize(this.entryAt(last + 1));
      if (bytes > bytesMax && last >= first) break;
      last++;
    }
    return this.slice(first, last);
  }

  /** Bytes of the entries behind `index`, which is the base or an entry; see {@link entrySize}. */
  bytesBehind(index: Index): number {
    return this.#bytesUpTo(this.lastIndex) - this.#bytesUpTo(index);
  }

  #bytesUpTo(index: Index): number {
    return index === this.base.index
      ? this.#bytesToBase
      : present(this.#bytesTo[index - this.base.index - 1], `entry ${index} of the log`);
  }

  /**
   * The newest index, at most `index`, whose term is at most `term`; `undefined` if it would be before the base. Terms
   * never fall, so a binary search finds it however long the log is.
   */
  newestIndexOfTermAtMost(term: Term, index: Index): Index | undefined {
    let low = this.base.index;
    let high = Math.min(index, this.lastIndex);
    if (high < low || this.base.term > term) return undefined;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.termAt(middle) <= term) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The last entries of the log by their terms: at most `max` stretches, oldest first. */
  lastTerms(max: number): TermStretch[] {
    const stretches: TermStretch[] = [];
    for (let last = this.lastIndex; last > this.base.index && stretches.length < max; ) {
      const term = this.termAt(last);
      const before = this.newestIndexOfTermAtMost(term - 1, last) ?? this.base.index;
      stretches.unshift({ term, first: before + 1, last });
      last = before;
    }
    return stretches;
  }
}

/** Neighbouring entries of one term. */
export interface TermStretch {
  readonly term: Term;
  readonly first: Index;
  readonly last: Index;
}

/** What an entry counts for in limits, in bytes: its data and roughly what surrounds it. */
export function entrySize(entry: Entry): number {
  if (entry.kind === "command") return commandSize(entry.data);
  return entry.kind === "noop" ? 32 : 32 + 128 * entry.configuration.members.length;
}

/** {@link entrySize} of all. */
export function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entrySize(entry);
  return bytes;
}

/** {@link entrySize} of the entry that a command will become. */
export function commandSize(command: Uint8Array): number {
  return 32 + command.length;
}
