/** Mixes an event and what it carries into the kernel's hash: two runs that differ anywhere get different hashes. */

import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { SimEvent, SimEventKind } from "./events.ts";
import type { Kernel } from "./kernel.ts";

const kindCodes: Readonly<Record<SimEventKind, number>> = {
  message: 1,
  streamBroken: 2,
  tick: 3,
  flush: 4,
  written: 5,
  scanned: 6,
  restart: 7,
  resume: 8,
  connect: 9,
  toServer: 10,
  toClient: 11,
  brokenToServer: 12,
  brokenToClient: 13,
  clientTimer: 14,
  operation: 15,
  fault: 16,
  faultEnd: 17,
  calm: 18,
  poll: 19,
  drained: 20,
};

/** Mixes the event that the kernel has just taken from its queue. */
export function mixEvent(kernel: Kernel, event: SimEvent): void {
  kernel.mix(kindCodes[event.kind]);
  kernel.mix(kernel.now % 4294967296);
  switch (event.kind) {
    case "message":
      kernel.mix(event.from * 256 + event.to);
      return mixPeerMessage(kernel, event.message);
    case "written":
      kernel.mix(event.server);
      return kernel.mix(event.write.batch.length);
    case "scanned":
      kernel.mix(event.server);
      return kernel.mix(event.scan.rows.length);
    case "streamBroken":
    case "tick":
    case "flush":
    case "restart":
    case "resume":
      return kernel.mix(event.server);
    case "toServer":
      kernel.mix(event.connection);
      for (const message of event.messages) mixClientMessage(kernel, message);
      return;
    case "toClient":
      kernel.mix(event.connection);
      for (const message of event.messages) mixServerMessage(kernel, message);
      return;
    case "connect":
    case "drained":
    case "brokenToServer":
    case "brokenToClient":
      return kernel.mix(event.connection);
    case "clientTimer":
    case "operation":
      return kernel.mix(event.client);
    case "fault":
    case "faultEnd":
      return kernel.mix(event.fault);
    case "calm":
    case "poll":
      return;
  }
}

function mixPeerMessage(kernel: Kernel, message: PeerMessage): void {
  mixName(kernel, message.type);
  switch (message.type) {
    case "AppendEntries": {
      kernel.mix(message.term);
      kernel.mix(message.prevLogIndex);
      kernel.mix(message.prevLogTerm);
      kernel.mix(message.leaderCommit);
      kernel.mix(message.readRound);
      kernel.mix(message.noReply ? 1 : 0);
      kernel.mix(message.entries.length);
      for (const entry of message.entries) {
        kernel.mix(entry.term);
        if (entry.kind === "command") mixBytes(kernel, entry.data);
      }
      return;
    }
    case "AppendEntriesReply":
      kernel.mix(message.term);
      kernel.mix(message.success ? message.matchIndex : -1 - message.rejectedIndex);
      return kernel.mix(message.readRound);
    case "RequestVote":
      kernel.mix(message.term);
      kernel.mix(message.lastLogIndex);
      return kernel.mix(message.preVote ? 1 : 0);
    case "RequestVoteReply":
      kernel.mix(message.term);
      return kernel.mix((message.voteGranted ? 2 : 0) + (message.preVote ? 1 : 0));
    case "Forward":
      for (const command of message.commands) mixBytes(kernel, command);
      return;
    case "SessionsHeard":
      return kernel.mix(message.round);
    case "TouchSessions":
      for (const session of message.sessionIds) kernel.mix(session);
      return;
    case "WallClock":
      kernel.mix(message.wallClockMs);
      if (message.diskLow) kernel.mix(1);
      return;
    default:
      if ("term" in message) kernel.mix(message.term);
  }
}

function mixClientMessage(kernel: Kernel, message: ClientMessage): void {
  mixName(kernel, message.type);
  if (message.type === "request") {
    kernel.mix(message.xid);
    kernel.mix(message.requestId);
    if (message.body.type === "auth") mixBytes(kernel, message.body.credential.auth);
  } else if (message.type === "connect") {
    kernel.mix(message.sessionId);
    kernel.mix(message.lastZxid);
  }
}

function mixServerMessage(kernel: Kernel, message: ServerMessage): void {
  mixName(kernel, message.type);
  if (message.type === "reply") {
    kernel.mix(message.xid);
    kernel.mix(message.zxid);
    const { result } = message;
    kernel.mix(result.failure === undefined ? (result.stat?.version ?? 0) : -1);
  } else if (message.type === "event") {
    kernel.mix(message.event.zxid);
    mixName(kernel, message.event.path);
  } else if (message.type === "connected") {
    kernel.mix(message.sessionId);
    kernel.mix(message.zxid);
  }
}

function mixName(kernel: Kernel, name: string): void {
  kernel.mix(name.length * 65536 + name.charCodeAt(name.length - 1) * 256 + name.charCodeAt(0));
}

/** The length and some of the bytes: enough to tell runs apart, cheap for large data. */
function mixBytes(kernel: Kernel, bytes: Uint8Array): void {
  kernel.mix(bytes.length);
  const step = Math.max(1, bytes.length >> 4);
  for (let i = 0; i < bytes.length; i += step) kernel.mix(bytes[i] ?? 0);
}
