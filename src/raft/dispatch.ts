/** What a server does with a message of a peer: first the rule of terms (§5.1), then the handler of its kind. */
import { unreachable } from "../base/assert.ts";
import { handleRequestVoteReply, handleTimeoutNow } from "./candidate.ts";
import { handleAppendEntries } from "./follower.ts";
import { handleAppendEntriesReply } from "./leader.ts";
import type { RaftMessage } from "./messages.ts";
import { handleReadIndex, handleReadIndexReply } from "./read-index.ts";
import { handleInstallSnapshot, handleInstallSnapshotReply } from "./snapshot.ts";
import type { RaftState } from "./state.ts";
import { takeTerm } from "./term.ts";
import type { ServerId } from "./types.ts";
import { handleRequestVote } from "./vote.ts";

/**
 * Takes a message. Requests of a past term are answered, so that the sender learns of the present one; what else is of a
 * past term, or for a role that this server does not have any more, is nothing to it.
 */
export function handleMessage(state: RaftState, from: ServerId, message: RaftMessage): void {
  takeTerm(state, from, message);
  const { role, currentTerm } = state;
  const isPresent = message.term === currentTerm;
  switch (message.type) {
    case "RequestVote":
      return handleRequestVote(state, from, message);
    case "RequestVoteReply":
      return handleRequestVoteReply(state, from, message);
    case "AppendEntries":
      return handleAppendEntries(state, from, message);
    case "AppendEntriesReply":
      if (isPresent && role.name === "leader") handleAppendEntriesReply(state, role, from, message);
      return;
    case "InstallSnapshot":
      // Answered, not staged: whoever stages calls receiveSnapshot.
      handleInstallSnapshot(state, from, message);
      return;
    case "InstallSnapshotReply":
      if (isPresent && role.name === "leader") handleInstallSnapshotReply(state, role, from);
      return;
    case "ReadIndex":
      if (isPresent && role.name === "leader") handleReadIndex(role, from, message);
      return;
    case "ReadIndexReply":
      if (role.name === "follower") handleReadIndexReply(state, role, message); // stale or not: see there
      return;
    case "TimeoutNow":
      if (isPresent) handleTimeoutNow(state);
      return;
    default:
      return unreachable(message);
  }
}
