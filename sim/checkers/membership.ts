/**
 * Changes of membership (Raft paper §6, thesis ch. 4): only voters are elected; a server uses the newest configuration in
 * its log; a leader appends one only when the one before is committed, and an entry of its own term too; any quorum of
 * one configuration shares a server with any quorum of the next; a learner gets what is committed, and no more.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Configuration, Entry, Index, ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";
import type { DurableState } from "./durable-state.ts";
import type { RaftChecker, RaftHistory } from "./raft-history.ts";
import { sameConfiguration } from "./server-log.ts";

export class MembershipRules implements Observer, RaftChecker {
  readonly name = "membership";
  readonly #history: RaftHistory;
  readonly #durable: DurableState;
  /** By server id: what was compared last, so that each is compared once. */
  readonly #checked: { readonly configuration: Configuration; readonly index: Index; readonly newest: Index }[] = [];

  constructor(history: RaftHistory, durable: DurableState) {
    this.#history = history;
    this.#durable = durable;
  }

  appended(id: ServerId, entry: Entry, leading: Term): void {
    if (entry.kind !== "configuration" || entry.index === 1) return;
    const log = this.#history.log(id);
    const before = log.configurationBefore(entry.index);
    if (before === undefined) return;
    if (!quorumsIntersect(before.configuration, entry.configuration))
      this.#broken(id, entry.index, "of which a quorum shares no server with a quorum of the configuration before");
    // Only its own leader appends it first; others copy.
    if (leading !== entry.term) return;
    if (!this.#isCommitted(id, before.index, before.configuration))
      this.#broken(id, entry.index, `while that of entry ${before.index} is not committed`);
    const { voters, learners } = before.configuration;
    const stranger = entry.configuration.voters.find((voter) => !voters.includes(voter) && !learners.includes(voter));
    if (stranger !== undefined)
      this.#broken(id, entry.index, `in which n${stranger} votes, that was no learner before`);
    const ownTerm = log.firstIndexOfTerm(entry.term);
    if (ownTerm >= entry.index || !this.#isCommitted(id, ownTerm, before.configuration))
      this.#broken(id, entry.index, "before an entry of its own term is committed");
  }

  led(id: ServerId, term: Term): void {
    const log = this.#history.log(id);
    const newest = log.configurationBefore(Number.POSITIVE_INFINITY);
    // One that the newest leaves out may still be needed (thesis §4.2.2).
    const before = newest === undefined ? undefined : log.configurationBefore(newest.index);
    for (const voters of [newest, before].flatMap((v) => [v?.configuration.voters, v?.configuration.oldVoters]))
      if (voters?.includes(id) === true) return;
    throw new InvariantBroken(this.name, `n${id} leads term ${term} and is no voter`);
  }

  sent(from: ServerView, to: ServerId, message: PeerMessage): void {
    if (message.type !== "AppendEntries" || message.entries.length === 0) return;
    if (from.node?.raft.configuration.learners.includes(to) !== true) return;
    const last = message.prevLogIndex + message.entries.length;
    if (last > message.leaderCommit)
      throw new InvariantBroken(
        this.name,
        `n${from.id} sends entry ${last} to n${to}, a learner, and knows only those up to ${message.leaderCommit} to be committed`,
      );
  }

  step(server: ServerView): void {
    const raft = server.node?.raft;
    // In the middle of a turn the core is ahead of what has left it.
    if (raft === undefined || server.hasUnflushedInput) return;
    const newest = this.#history.log(server.id).configurationBefore(Number.POSITIVE_INFINITY);
    if (newest === undefined) return;
    const checked = this.#checked[server.id];
    if (
      checked?.configuration === raft.configuration &&
      checked.index === raft.configurationIndex &&
      checked.newest === newest.index
    )
      return;
    this.#checked[server.id] = {
      configuration: raft.configuration,
      index: raft.configurationIndex,
      newest: newest.index,
    };
    // Of a configuration that lies before the beginning of its log, a server knows only that.
    const compacted = newest.index < raft.configurationIndex && raft.configurationIndex <= raft.logBase.index;
    const same = sameConfiguration(raft.configuration, newest.configuration);
    if (same && (compacted || raft.configurationIndex === newest.index)) return;
    throw new InvariantBroken(
      this.name,
      `n${server.id} uses the configuration of entry ${raft.configurationIndex}, but the newest in its log is that of entry ${newest.index}`,
    );
  }

  #isCommitted(id: ServerId, index: Index, { voters, oldVoters }: Configuration): boolean {
    if (index <= this.#history.committed.lastIndex) return true;
    const hash = this.#history.log(id).hashAt(index);
    return [voters, oldVoters].every((group) => {
      if (group.length === 0) return true;
      const holders = group.filter((voter) => this.#durable.of(voter).log.hashAt(index) === hash);
      return holders.length * 2 > group.length;
    });
  }

  #broken(id: ServerId, index: Index, what: string): never {
    throw new InvariantBroken(this.name, `n${id} appends a configuration at entry ${index} ${what}`);
  }
}

/** Whether any quorum of `a` shares a server with any quorum of `b`. */
export function quorumsIntersect(a: Configuration, b: Configuration): boolean {
  const groups = (configuration: Configuration) =>
    [configuration.voters, configuration.oldVoters].filter((group) => group.length > 0);
  return groups(a).some((one) =>
    groups(b).some((other) => {
      const union = new Set([...one, ...other]).size;
      return Math.floor(one.length / 2) + 1 + Math.floor(other.length / 2) + 1 > union;
    }),
  );
}
