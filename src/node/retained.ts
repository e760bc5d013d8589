/** What a node keeps for others and has to let go of: how much of it there is, for checkers of leaks. */
import type { RetainedForClients } from "./clients/retained.ts";
import type { NodeParts } from "./parts.ts";

/** What a node keeps; numbers of things. */
export interface Retained extends RetainedForClients {
  /** Proposals that are not applied yet, and those to be sent. */
  readonly proposals: number;
  readonly unsentProposals: number;
  /** At a leader: commands of others that it took and has not applied. */
  readonly commandsUnderway: number;
  /** At a leader: sessions of which it remembers when it heard of them, and rounds of touches that it has not vouched for. */
  readonly heardSessions: number;
  readonly vouching: number;
  /** Reads that Raft has not answered. */
  readonly raftReads: number;
}

/** Counts what the parts keep. */
export function retainedBy({ clients, feed, liveness, proposals, raft }: NodeParts): Retained {
  const { sessions, vouching } = liveness.retained();
  return {
    ...clients.retained(),
    proposals: proposals.size,
    unsentProposals: proposals.unsent,
    commandsUnderway: feed.underway,
    heardSessions: sessions,
    vouching,
    raftReads: raft.status().readsWaiting,
  };
}
