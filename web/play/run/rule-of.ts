/** Which rule of the code handles an event: the ids are those of rules.json, where file and function stand. */
import type { PeerMessage } from "../../../src/protocol/peer-messages.ts";
import type { LastEvent } from "./memory.ts";

/** The id of the rule; "" if none of the code's is worth showing. */
export function ruleOf({ event, role }: LastEvent): string {
  switch (event.kind) {
    case "message":
      return ruleOfMessage(event.message);
    case "tick":
      return role === "leader" ? "heartbeat" : "campaign";
    case "written":
      if (role === "leader") return "commit";
      return role === "candidate" ? "own-vote" : "reply-to-leader";
    case "flush":
      return "flush";
    case "streamBroken":
      return "lose-leader";
    case "scanned":
    case "restart":
      return "recover";
    case "toServer":
      return "client-messages";
    case "brokenToServer":
      return "client-gone";
    case "toClient":
      return "session-receive";
    case "brokenToClient":
      return "session-lost";
    case "clientTimer":
      return "session-advance";
    case "operation":
      return "session-submit";
    case "drained":
    case "resume":
    case "connect":
    case "fault":
    case "faultEnd":
    case "calm":
    case "poll":
      return "";
  }
}

function ruleOfMessage(message: PeerMessage): string {
  switch (message.type) {
    case "RequestVote":
      return "request-vote";
    case "RequestVoteReply":
      return "vote-reply";
    case "AppendEntries":
      return "append-entries";
    case "AppendEntriesReply":
      return "append-reply";
    case "InstallSnapshot":
      return "install-snapshot";
    case "InstallSnapshotReply":
      return "snapshot-reply";
    case "ReadIndex":
      return "read-index";
    case "ReadIndexReply":
      return "read-index-reply";
    case "TimeoutNow":
      return "timeout-now";
    case "Forward":
      return "propose";
    case "TouchSessions":
      return "touched";
    case "SessionsHeard":
      return "heard";
    case "WallClock":
    case "DiskFull":
      return "reported";
    case "Hello":
    case "HelloReply":
      return "hello";
  }
}
