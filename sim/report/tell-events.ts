/** What happens in a run, in a line that a person reads: messages, events, requests. For plans and faults: tell.ts. */
import { fromUtf8 } from "../../src/base/bytes.ts";
import { inShort } from "../../src/base/operation-traits.ts";
import type { ClientMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { SimEvent } from "../world/events.ts";
import type { HistoryOperation } from "../world/history.ts";

/** `2, "row"` → "2 rows". */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** A message between servers. */
export function tellMessage(message: PeerMessage): string {
  switch (message.type) {
    case "AppendEntries": {
      const { term, prevLogIndex, prevLogTerm, entries, leaderCommit } = message;
      const [first, last] = [prevLogIndex + 1, prevLogIndex + entries.length];
      const what = last < first ? "heartbeat" : last === first ? `entry ${first}` : `entries ${first}–${last}`;
      return `AppendEntries t${term} ${what} after (${prevLogIndex}, t${prevLogTerm}), commit ${leaderCommit}`;
    }
    case "AppendEntriesReply":
      return message.success
        ? `AppendEntriesReply t${message.term} ok up to ${message.matchIndex}`
        : `AppendEntriesReply t${message.term} no to ${message.rejectedIndex}, try ${message.hintIndex}`;
    case "RequestVote":
      return `${message.preVote ? "PreVote" : "RequestVote"} t${message.term} last (${message.lastLogIndex}, t${message.lastLogTerm})`;
    case "RequestVoteReply":
      return `${message.preVote ? "PreVote" : "RequestVote"}Reply t${message.term} ${message.voteGranted ? "granted" : "refused"}`;
    case "InstallSnapshot": {
      const { term, lastIncludedIndex, position, done } = message;
      return `InstallSnapshot t${term} of ${lastIncludedIndex} ${done ? "ends" : "chunk"} at ${position}`;
    }
    case "InstallSnapshotReply":
      return `InstallSnapshotReply t${message.term} up to ${message.position}`;
    case "ReadIndex":
      return `ReadIndex t${message.term} #${message.readId}`;
    case "ReadIndexReply":
      return `ReadIndexReply t${message.term} #${message.readId}: ${message.index}`;
    case "Forward":
      return `Forward ${count(message.commands.length, "command")}`;
    case "TouchSessions":
      return `TouchSessions of ${count(message.sessionIds.length, "session")}`;
    case "SessionsHeard":
      return `SessionsHeard, round ${message.round}`;
    case "WallClock":
      return `WallClock ${message.wallClockMs} ms${message.diskLow ? ", its disk almost full" : ""}`;
    case "DiskFull":
      return "DiskFull";
    case "TimeoutNow":
      return `TimeoutNow t${message.term}`;
    case "Hello":
      return `Hello, incarnation ${message.incarnation}`;
    case "HelloReply":
      return `HelloReply to ${message.asker}, known as ${message.known}`;
  }
}

/** An event as it is handled. */
export function tellEvent(event: SimEvent): string {
  switch (event.kind) {
    case "message":
      return `n${event.from} → n${event.to} ${tellMessage(event.message)}`;
    case "streamBroken":
      return `n${event.server} loses its stream with n${event.peer}`;
    case "tick":
      return `n${event.server} wakes up`;
    case "flush":
      return `n${event.server} ends its turn`;
    case "written":
      return `n${event.server} disk: ${event.write.error === undefined ? "batch durable" : event.write.error.message}`;
    case "scanned":
      return `n${event.server} disk: ${count(event.scan.rows.length, "row")} read`;
    case "restart":
      return `n${event.server} starts again`;
    case "resume":
      return `n${event.server} resumes`;
    case "connect":
      return `connection ${event.connection} reaches its server`;
    case "toServer":
      return `connection ${event.connection} ↑ ${event.messages.map((m) => m.type).join(", ")}`;
    case "toClient":
      return `connection ${event.connection} ↓ ${event.messages.map((m) => m.type).join(", ")}`;
    case "drained":
      return `connection ${event.connection}: the client has taken what kept its reads waiting`;
    case "brokenToServer":
    case "brokenToClient":
      return `connection ${event.connection} broke`;
    case "clientTimer":
      return `client ${event.client} wakes up`;
    case "operation":
      return `client ${event.client} begins an operation`;
    case "fault":
      return `fault ${event.fault} strikes`;
    case "faultEnd":
      return `fault ${event.fault} ${event.phase === 0 ? "ends" : "turns"}`;
    case "calm":
      return "faults stop";
    case "poll":
      return "is all well?";
  }
}

/** What a client asks for. */
export function tellInvocation(invocation: HistoryOperation["invocation"]): string {
  if (invocation.type === "write") return inShort(invocation.operation);
  if (invocation.type === "close") return "close";
  if (invocation.type === "auth") return `auth ${fromUtf8(invocation.credential.auth)}`;
  const { kind, path, local } = invocation.read;
  return kind === "sync" ? "sync" : `${local ? "local " : ""}${kind} ${path}`;
}

/** More requests of one frame are counted and not told. */
const toldMax = 20;

/** What a frame of a client asks for: how to tell each request. */
export function askedIn(messages: readonly ClientMessage[]): readonly (() => string)[] {
  const requests = messages.filter((message) => message.type === "request");
  const told = requests.slice(0, toldMax).map(
    ({ body }) =>
      () =>
        tellInvocation(body),
  );
  const more = requests.length - told.length;
  return more > 0 ? [...told, () => `${more} more of the same frame`] : told;
}
