/** What servers say to each other: `PeerFrame` of proto/raft.proto. */

import type { AppendEntries, InstallSnapshot } from "../raft/messages.ts";
import { decodeCommand } from "./command-codec.ts";
import { boundOfPeerMessage, readPeerFrame, writePeerFrame } from "./generated/raft.ts";
import type { PeerMessage } from "./peer-messages.ts";
import { frameItemBytes, malformed } from "./wire.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

const writer = new WireWriter();

/** At most so many bytes does `message` take in a frame. */
export function peerMessageBytes(message: PeerMessage): number {
  return frameItemBytes + boundOfPeerMessage(message);
}

/** One frame with the messages, in order. */
export function encodePeerFrame(messages: readonly PeerMessage[]): Uint8Array {
  let bytes = 0;
  for (const message of messages) bytes += peerMessageBytes(message);
  writer.begin(bytes);
  writePeerFrame(writer, messages);
  return writer.finish();
}

/**
 * Reads a frame. Entries and commands are views on `bytes`. PROTOCOL_ERROR if anything in it is malformed: also
 * entries that do not follow on each other, and commands that no state machine could apply, since what has entered
 * the log can no more be refused.
 */
export function decodePeerFrame(bytes: Uint8Array): readonly PeerMessage[] {
  const messages = readPeerFrame(new WireReader(bytes));
  for (const message of messages) checkPeerMessage(message);
  return messages;
}

/** Sees that a message makes sense by itself. */
function checkPeerMessage(message: PeerMessage): void {
  if (message.type === "AppendEntries") checkSequence(message);
  else if (message.type === "InstallSnapshot") checkSnapshot(message);
  else if (message.type === "Forward") for (const command of message.commands) decodeCommand(command);
}

/** Indexes rise by one from `prevLogIndex`, terms never fall, and none is newer than the leader's. */
function checkSequence({ entries, prevLogIndex, prevLogTerm, term: leaderTerm }: AppendEntries): void {
  let index = prevLogIndex;
  let term = prevLogTerm;
  for (const entry of entries) {
    index++;
    if (entry.index !== index) throw malformed(`entry ${entry.index} stands in the place of entry ${index}`);
    if (entry.term < term) throw malformed(`entry ${index} of term ${entry.term} follows one of term ${term}`);
    term = entry.term;
  }
  if (term > leaderTerm) throw malformed(`an entry of term ${term} comes from a leader of term ${leaderTerm}`);
}

function checkSnapshot({ lastIncludedIndex, lastIncludedTerm, term }: InstallSnapshot): void {
  if (lastIncludedIndex === 0 || lastIncludedTerm === 0) throw malformed("a snapshot of nothing");
  if (lastIncludedTerm > term) throw malformed(`a snapshot of term ${lastIncludedTerm} comes in term ${term}`);
}
