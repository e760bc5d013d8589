/** A log as a checker remembers it: of each entry the term, and a hash over it and everything before it. */
import { mix32 } from "../../src/base/random.ts";
import type { Configuration, Entry, Index, Term } from "../../src/raft/types.ts";

/** Two logs with the same hash at an index are the same up to there. */
export class ServerLog {
  /** By index; 0 stands for the point before the log. */
  readonly #terms: Term[] = [0];
  readonly #hashes: number[] = [0];
  /** Oldest first. */
  readonly #configurations: { readonly index: Index; readonly configuration: Configuration }[] = [];

  /** 0 when empty. */
  get lastIndex(): Index {
    return this.#terms.length - 1;
  }

  /** -1 behind the end of the log. */
  termAt(index: Index): Term {
    return this.#terms[index] ?? -1;
  }

  /** -1 behind the end of the log. */
  hashAt(index: Index): number {
    return this.#hashes[index] ?? -1;
  }

  /** The newest configuration in an entry before `index`. */
  configurationBefore(index: Index): { readonly index: Index; readonly configuration: Configuration } | undefined {
    for (let i = this.#configurations.length - 1; i >= 0; i--) {
      const found = this.#configurations[i];
      if (found !== undefined && found.index < index) return found;
    }
    return undefined;
  }

  /** Behind the end of the log if it has no entry of the term. */
  firstIndexOfTerm(term: Term): Index {
    let index = this.lastIndex + 1;
    while (index > 1 && this.termAt(index - 1) >= term) index--;
    return index;
  }

  /** Ends the log before `from`. */
  truncate(from: Index): void {
    if (from > this.lastIndex) return;
    this.#terms.length = Math.max(1, from);
    this.#hashes.length = Math.max(1, from);
    while ((this.#configurations.at(-1)?.index ?? 0) >= from) this.#configurations.pop();
  }

  /** Takes the place of its beginning, up to `index`: that of `other`, which reaches so far. */
  replaceBeginning(other: ServerLog, index: Index): void {
    for (let i = 1; i <= index; i++) {
      this.#terms[i] = other.termAt(i);
      this.#hashes[i] = other.hashAt(i);
    }
    const own = this.#configurations.filter((version) => version.index > index);
    this.#configurations.length = 0;
    this.#configurations.push(...other.#configurations.filter((version) => version.index <= index), ...own);
  }

  /** Appends an entry at `lastIndex + 1`. */
  append(entry: Entry): void {
    this.#hashes.push(hashEntry(this.#hashes[this.lastIndex] ?? 0, entry));
    this.#terms.push(entry.term);
    if (entry.kind === "configuration")
      this.#configurations.push({ index: entry.index, configuration: entry.configuration });
  }
}

/** The hash of a log that ends with `entry`, `before` being that of the log before it. */
export function hashEntry(before: number, entry: Entry): number {
  let hash = mix32(before ^ Math.imul(entry.term, 0x9e3779b9)) ^ entry.index;
  if (entry.kind === "command") {
    const { data } = entry;
    for (let i = 0; i < data.length; i++) hash = (Math.imul(hash, 0x01000193) ^ (data[i] ?? 0)) | 0;
  } else if (entry.kind === "configuration") {
    idLists(entry.configuration).forEach((ids, i) => {
      for (const id of ids) hash = Math.imul(hash ^ (id << (5 * i)), 0x01000193);
    });
    for (const { incarnation = 0 } of entry.configuration.members) hash = Math.imul(hash ^ incarnation, 0x01000193);
  }
  return mix32(hash ^ entry.kind.length);
}

/** Whether two configurations say the same. */
export function sameConfiguration(a: Configuration, b: Configuration): boolean {
  const other = idLists(b);
  return idLists(a).every((ids, i) => ids.join() === other[i]?.join());
}

function idLists(configuration: Configuration): readonly (readonly number[])[] {
  const { voters, oldVoters, learners, wantedVoters = [], retired = [] } = configuration;
  return [voters, oldVoters, learners, wantedVoters, retired];
}
