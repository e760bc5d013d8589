/** A log as a checker remembers it: of each entry the term, and a hash over it and everything before it. */
import { mix32 } from "../../src/base/random.ts";
import type { Entry, Index, Term } from "../../src/raft/types.ts";

/** Two logs with the same hash at an index are the same up to there. */
export class ServerLog {
  /** By index; 0 stands for the point before the log. */
  readonly #terms: Term[] = [0];
  readonly #hashes: number[] = [0];

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

  /** Ends the log before `from`. */
  truncate(from: Index): void {
    if (from > this.lastIndex) return;
    this.#terms.length = Math.max(1, from);
    this.#hashes.length = Math.max(1, from);
  }

  /** Takes the place of its beginning, up to `index`: that of `other`, which reaches so far. */
  replaceBeginning(other: ServerLog, index: Index): void {
    for (let i = 1; i <= index; i++) {
      this.#terms[i] = other.termAt(i);
      this.#hashes[i] = other.hashAt(i);
    }
  }

  /** Appends an entry at `lastIndex + 1`. */
  append(entry: Entry): void {
    this.#hashes.push(hashEntry(this.#hashes[this.lastIndex] ?? 0, entry));
    this.#terms.push(entry.term);
  }
}

/** The hash of a log that ends with `entry`, `before` being that of the log before it. */
export function hashEntry(before: number, entry: Entry): number {
  let hash = mix32(before ^ Math.imul(entry.term, 0x9e3779b9)) ^ entry.index;
  if (entry.kind === "command") {
    const { data } = entry;
    for (let i = 0; i < data.length; i++) hash = (Math.imul(hash, 0x01000193) ^ (data[i] ?? 0)) | 0;
  } else if (entry.kind === "configuration") {
    for (const id of entry.configuration.voters) hash = Math.imul(hash ^ id, 0x01000193);
    for (const id of entry.configuration.oldVoters) hash = Math.imul(hash ^ (id << 8), 0x01000193);
    for (const id of entry.configuration.learners) hash = Math.imul(hash ^ (id << 16), 0x01000193);
  }
  return mix32(hash ^ entry.kind.length);
}
