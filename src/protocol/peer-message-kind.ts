/** What each message between servers is for. */
import type { PeerMessageKind } from "../base/message-kinds.ts";
import type { PeerMessage } from "./peer-messages.ts";

/** `append`: it carries entries, or asks that some be appended; an answer counts with the heartbeats. */
export function peerMessageKind(message: PeerMessage): PeerMessageKind {
  switch (message.type) {
    case "RequestVote":
    case "RequestVoteReply":
    case "TimeoutNow":
      return "vote";
    case "AppendEntries":
      return message.entries.length > 0 ? "append" : "heartbeat";
    case "AppendEntriesReply":
      return "heartbeat";
    case "Forward":
      return "append";
    case "ReadIndex":
    case "ReadIndexReply":
      return "read";
    case "InstallSnapshot":
    case "InstallSnapshotReply":
      return "snapshot";
    default:
      return "other";
  }
}
