/**
 * The Log Matching Property (§5.3): if two logs have an entry with the same index and term, they are equal up to it.
 * AppendEntries upholds it, and uses it to find where two logs part.
 */
import { assert } from "../base/assert.ts";
import type { Log } from "./log.ts";
import type { AppendEntries } from "./messages.ts";
import type { RaftState } from "./state.ts";
import type { Index, Term } from "./types.ts";

/** Where two logs may still agree: an index and the term there. */
export interface Hint {
  readonly index: Index;
  readonly term: Term;
}

/** Whether the entries follow each other and `prevLogIndex`, with terms that never fall: anything else is no log. */
export function isContiguous(message: AppendEntries): boolean {
  let index = message.prevLogIndex;
  let term = message.prevLogTerm;
  for (const entry of message.entries) {
    if (entry.index !== index + 1 || entry.term < term) return false;
    index = entry.index;
    term = entry.term;
  }
  return term <= message.term;
}

/**
 * AppendEntries rule 2 (Figure 2), the consistency check. What lies before the base of the log is committed, and a
 * leader has every committed entry (§5.4): there the logs are equal without looking.
 */
export function prevMatches(log: Log, prevLogIndex: Index, prevLogTerm: Term): boolean {
  if (prevLogIndex < log.base.index) return true;
  return prevLogIndex <= log.lastIndex && log.termAt(prevLogIndex) === prevLogTerm;
}

/**
 * AppendEntries rules 3 and 4 (Figure 2), after the consistency check: the log is cut only where an entry really
 * conflicts, never because a late message ends earlier than the log. Returns up to where the logs are now known to be
 * equal: the end of the message, not of the log, whose tail may be another leader's.
 */
export function mergeEntries(state: RaftState, message: AppendEntries): Index {
  const { log } = state;
  for (const entry of message.entries) {
    if (entry.index === log.base.index) assert(entry.term === log.base.term, "what is compacted is committed (§5.4)");
    if (entry.index <= log.base.index) continue;
    if (entry.index <= log.lastIndex) {
      if (log.termAt(entry.index) === entry.term) continue;
      truncateFrom(state, entry.index);
    }
    log.append(entry);
  }
  return message.prevLogIndex + message.entries.length;
}

/**
 * The follower's side of the fast back-up (§5.3): the newest place at or before `prevLogIndex` whose term is not above
 * `prevLogTerm`. Behind it the logs cannot agree: the leader's terms there are at most `prevLogTerm`, this log's above.
 *
 *     index     1  2  3  4  5  6  7  8
 *     leader    1  1  1  4  4  5  5  5     asks with prevLogIndex 8, prevLogTerm 5 …
 *     follower  1  1  1  2  2  2  6  6     … which this log has as term 6: the hint is (6, term 2)
 *
 * The leader then looks for its newest entry up to 6 whose term is at most 2: that is 3, where the logs do agree. Two
 * terms of one log and one of the other were skipped in one round.
 */
export function hintFor(log: Log, prevLogIndex: Index, prevLogTerm: Term): Hint {
  const index = log.newestIndexOfTermAtMost(prevLogTerm, prevLogIndex) ?? log.base.index;
  return { index, term: log.termAt(index) };
}

/**
 * The leader's side: the newest place before the refused one, and at or before the hint, whose term is not above the
 * hint's. Each round skips a whole term of one log or the other, so the search takes as many rounds as there are terms.
 * `undefined` if it lies before the base of the leader's log: only a snapshot helps then (§7).
 */
export function newestPossibleAgreement(log: Log, rejectedIndex: Index, hint: Hint): Index | undefined {
  return log.newestIndexOfTermAtMost(hint.term, Math.min(hint.index, rejectedIndex - 1));
}

function truncateFrom(state: RaftState, index: Index): void {
  assert(index > state.commitIndex, "a committed entry is never removed (§5.4)");
  state.log.truncateFrom(index);
  state.durability.truncated(index);
}
