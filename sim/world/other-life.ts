/** A server of an earlier life of the cluster: of the same names and numbers, with another history. */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Index } from "../../src/raft/types.ts";

/** The instance of that life; that of a simulated cluster is another with all but certainty. */
export const otherInstance = 4_242_424_242;

/** No term of a run comes near those of the other life: so it shows where one was heard of. */
export const otherTerm = 1_000_000_000;

/** What such a server says to one whose log ends at `lastIndex`. */
export function messageOfOtherLife(says: "vote" | "heartbeat", lastIndex: Index): PeerMessage {
  const term = otherTerm;
  return says === "vote"
    ? {
        type: "RequestVote",
        term,
        lastLogIndex: lastIndex + 1000,
        lastLogTerm: term - 1,
        preVote: false,
        leadershipTransfer: true,
      }
    : { type: "AppendEntries", term, prevLogIndex: 0, prevLogTerm: 0, entries: [], leaderCommit: 0, readRound: 0 };
}
