/** What servers say to each other: `PeerFrame` of proto/raft.proto. */
import { unreachable } from "../base/assert.ts";
import { emptyBytes } from "../base/bytes.ts";
import type { PeerMessage } from "../node/ports.ts";
import type { Entry } from "../raft/types.ts";
import { decodeCommand } from "./command-codec.ts";
import { encodeEntry, readEntry } from "./entry-codec.ts";
import { readFrame } from "./frame.ts";
import { lengthTag, malformed, numberTag } from "./wire.ts";
import type { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

const MESSAGES = 1;
const REQUEST_VOTE = 1;
const REQUEST_VOTE_REPLY = 2;
const APPEND_ENTRIES = 3;
const APPEND_ENTRIES_REPLY = 4;
const READ_INDEX = 5;
const READ_INDEX_REPLY = 6;
const FORWARD = 7;
const TOUCH_SESSIONS = 8;
const TIMEOUT_NOW = 20;
const HELLO = 21;
const HELLO_REPLY = 22;
const INSTALL_SNAPSHOT = 9;
const INSTALL_SNAPSHOT_REPLY = 10;

/** More than the numbers, tags and lengths of any message take. */
const fixedBytes = 96;
/** Tag and length of an item. */
const itemBytes = 6;

const writer = new WireWriter();

/** At most so many bytes does `message` take in a frame. Encodes the entries that are not yet. */
export function peerMessageBytes(message: PeerMessage): number {
  let bytes = fixedBytes;
  switch (message.type) {
    case "AppendEntries":
      for (const entry of message.entries) bytes += itemBytes + encodeEntry(entry).length;
      return bytes;
    case "Forward":
      for (const command of message.commands) bytes += itemBytes + command.length;
      return bytes;
    case "TouchSessions":
      return bytes + 8 * message.sessionIds.length;
    case "InstallSnapshot":
      return bytes + message.data.length;
    default:
      return bytes;
  }
}

/** One frame with the messages, in order. */
export function encodePeerFrame(messages: readonly PeerMessage[]): Uint8Array {
  let bytes = 0;
  for (const message of messages) bytes += peerMessageBytes(message);
  writer.begin(bytes);
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (message === undefined) continue;
    const mark = writer.mark();
    writer.nest(writeMessage(message), mark);
    writer.nest(MESSAGES, mark);
  }
  return writer.finish();
}

/**
 * Reads a frame. Entries and commands are views on `bytes`. PROTOCOL_ERROR if anything in it is malformed: also
 * entries that do not follow on each other, and commands that no state machine could apply, since what has entered
 * the log can no more be refused.
 */
export function decodePeerFrame(bytes: Uint8Array): PeerMessage[] {
  return readFrame(bytes, readMessage);
}

/** Writes the fields of `message` and returns the number of its alternative. */
function writeMessage(message: PeerMessage): number {
  switch (message.type) {
    case "RequestVote":
      writer.bool(5, message.leadershipTransfer);
      writer.bool(4, message.preVote);
      writer.uint(3, message.lastLogTerm);
      writer.uint(2, message.lastLogIndex);
      writer.uint(1, message.term);
      return REQUEST_VOTE;
    case "RequestVoteReply":
      writer.bool(3, message.preVote);
      writer.bool(2, message.voteGranted);
      writer.uint(1, message.term);
      return REQUEST_VOTE_REPLY;
    case "AppendEntries":
      writer.uint(6, message.readRound);
      writer.uint(5, message.leaderCommit);
      for (let i = message.entries.length - 1; i >= 0; i--) {
        const entry = message.entries[i];
        if (entry !== undefined) writer.presentBytes(4, encodeEntry(entry));
      }
      writer.uint(3, message.prevLogTerm);
      writer.uint(2, message.prevLogIndex);
      writer.uint(1, message.term);
      return APPEND_ENTRIES;
    case "AppendEntriesReply":
      writer.uint(7, message.readRound);
      writer.uint(6, message.hintTerm);
      writer.uint(5, message.hintIndex);
      writer.uint(4, message.rejectedIndex);
      writer.uint(3, message.matchIndex);
      writer.bool(2, message.success);
      writer.uint(1, message.term);
      return APPEND_ENTRIES_REPLY;
    case "ReadIndex":
      writer.uint(2, message.readId);
      writer.uint(1, message.term);
      return READ_INDEX;
    case "ReadIndexReply":
      writer.uint(3, message.index);
      writer.uint(2, message.readId);
      writer.uint(1, message.term);
      return READ_INDEX_REPLY;
    case "InstallSnapshot":
      writer.bool(8, message.done);
      writer.bytes(7, message.data);
      writer.uint(6, message.position);
      writer.uint(5, message.previous);
      writer.uint(4, message.lastIncludedTerm);
      writer.uint(3, message.lastIncludedIndex);
      writer.uint(2, message.snapshotId);
      writer.uint(1, message.term);
      return INSTALL_SNAPSHOT;
    case "InstallSnapshotReply":
      writer.uint(3, message.position);
      writer.uint(2, message.snapshotId);
      writer.uint(1, message.term);
      return INSTALL_SNAPSHOT_REPLY;
    case "Forward":
      for (let i = message.commands.length - 1; i >= 0; i--) {
        const command = message.commands[i];
        if (command !== undefined) writer.presentBytes(1, command);
      }
      return FORWARD;
    case "TouchSessions":
      writer.uints(1, message.sessionIds);
      return TOUCH_SESSIONS;
    case "TimeoutNow":
      writer.uint(1, message.term);
      return TIMEOUT_NOW;
    case "Hello":
      writer.uint(1, message.incarnation);
      return HELLO;
    case "HelloReply":
      writer.bool(5, message.admitted);
      writer.uint(4, message.instance);
      writer.uint(3, message.incarnation);
      writer.uint(2, message.known);
      writer.uint(1, message.asker);
      return HELLO_REPLY;
    default:
      return unreachable(message);
  }
}

/** Reads the alternative with `tag`; undefined when there is none such. */
function readMessage(reader: WireReader, tag: number): PeerMessage | undefined {
  switch (tag) {
    case lengthTag(REQUEST_VOTE):
      return readRequestVote(reader);
    case lengthTag(REQUEST_VOTE_REPLY):
      return readRequestVoteReply(reader);
    case lengthTag(APPEND_ENTRIES):
      return readAppendEntries(reader);
    case lengthTag(APPEND_ENTRIES_REPLY):
      return readAppendEntriesReply(reader);
    case lengthTag(READ_INDEX):
      return readReadIndex(reader);
    case lengthTag(READ_INDEX_REPLY):
      return readReadIndexReply(reader);
    case lengthTag(FORWARD):
      return readForward(reader);
    case lengthTag(TOUCH_SESSIONS):
      return readTouchSessions(reader);
    case lengthTag(TIMEOUT_NOW):
      return { type: "TimeoutNow", term: readNumbers(reader, 1)[0] ?? 0 };
    case lengthTag(HELLO):
      return { type: "Hello", incarnation: readNumbers(reader, 1)[0] ?? 0 };
    case lengthTag(HELLO_REPLY):
      return readHelloReply(reader);
    case lengthTag(INSTALL_SNAPSHOT):
      return readInstallSnapshot(reader);
    case lengthTag(INSTALL_SNAPSHOT_REPLY):
      return readInstallSnapshotReply(reader);
    default:
      return undefined;
  }
}

function readRequestVote(reader: WireReader): PeerMessage {
  let term = 0;
  let lastLogIndex = 0;
  let lastLogTerm = 0;
  let preVote = false;
  let leadershipTransfer = false;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) term = reader.uint();
    else if (tag === numberTag(2)) lastLogIndex = reader.uint();
    else if (tag === numberTag(3)) lastLogTerm = reader.uint();
    else if (tag === numberTag(4)) preVote = reader.bool();
    else if (tag === numberTag(5)) leadershipTransfer = reader.bool();
    else reader.skip(tag);
  }
  return { type: "RequestVote", term, lastLogIndex, lastLogTerm, preVote, leadershipTransfer };
}

function readRequestVoteReply(reader: WireReader): PeerMessage {
  let term = 0;
  let voteGranted = false;
  let preVote = false;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) term = reader.uint();
    else if (tag === numberTag(2)) voteGranted = reader.bool();
    else if (tag === numberTag(3)) preVote = reader.bool();
    else reader.skip(tag);
  }
  return { type: "RequestVoteReply", term, voteGranted, preVote };
}

function readAppendEntries(reader: WireReader): PeerMessage {
  let term = 0;
  let prevLogIndex = 0;
  let prevLogTerm = 0;
  let leaderCommit = 0;
  let readRound = 0;
  const entries: Entry[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(4)) {
      const outer = reader.enter();
      entries.push(readEntry(reader));
      reader.leave(outer);
    } else if (tag === numberTag(1)) term = reader.uint();
    else if (tag === numberTag(2)) prevLogIndex = reader.uint();
    else if (tag === numberTag(3)) prevLogTerm = reader.uint();
    else if (tag === numberTag(5)) leaderCommit = reader.uint();
    else if (tag === numberTag(6)) readRound = reader.uint();
    else reader.skip(tag);
  }
  checkSequence(entries, prevLogIndex, prevLogTerm, term);
  return { type: "AppendEntries", term, prevLogIndex, prevLogTerm, entries, leaderCommit, readRound };
}

/** Indexes rise by one from `prevLogIndex`, terms never fall, and none is newer than the leader's. */
function checkSequence(entries: readonly Entry[], prevLogIndex: number, prevLogTerm: number, leaderTerm: number): void {
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

function readAppendEntriesReply(reader: WireReader): PeerMessage {
  let term = 0;
  let success = false;
  let matchIndex = 0;
  let rejectedIndex = 0;
  let hintIndex = 0;
  let hintTerm = 0;
  let readRound = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) term = reader.uint();
    else if (tag === numberTag(2)) success = reader.bool();
    else if (tag === numberTag(3)) matchIndex = reader.uint();
    else if (tag === numberTag(4)) rejectedIndex = reader.uint();
    else if (tag === numberTag(5)) hintIndex = reader.uint();
    else if (tag === numberTag(6)) hintTerm = reader.uint();
    else if (tag === numberTag(7)) readRound = reader.uint();
    else reader.skip(tag);
  }
  return { type: "AppendEntriesReply", term, success, matchIndex, rejectedIndex, hintIndex, hintTerm, readRound };
}

function readReadIndex(reader: WireReader): PeerMessage {
  let term = 0;
  let readId = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) term = reader.uint();
    else if (tag === numberTag(2)) readId = reader.uint();
    else reader.skip(tag);
  }
  return { type: "ReadIndex", term, readId };
}

function readReadIndexReply(reader: WireReader): PeerMessage {
  let term = 0;
  let readId = 0;
  let index = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) term = reader.uint();
    else if (tag === numberTag(2)) readId = reader.uint();
    else if (tag === numberTag(3)) index = reader.uint();
    else reader.skip(tag);
  }
  return { type: "ReadIndexReply", term, readId, index };
}

function readInstallSnapshot(reader: WireReader): PeerMessage {
  let term = 0;
  let snapshotId = 0;
  let lastIncludedIndex = 0;
  let lastIncludedTerm = 0;
  let previous = 0;
  let position = 0;
  let data = emptyBytes;
  let done = false;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) term = reader.uint();
    else if (tag === numberTag(2)) snapshotId = reader.uint();
    else if (tag === numberTag(3)) lastIncludedIndex = reader.uint();
    else if (tag === numberTag(4)) lastIncludedTerm = reader.uint();
    else if (tag === numberTag(5)) previous = reader.uint();
    else if (tag === numberTag(6)) position = reader.uint();
    else if (tag === lengthTag(7)) data = reader.bytes();
    else if (tag === numberTag(8)) done = reader.bool();
    else reader.skip(tag);
  }
  if (lastIncludedIndex === 0 || lastIncludedTerm === 0) throw malformed("a snapshot of nothing");
  if (lastIncludedTerm > term) throw malformed(`a snapshot of term ${lastIncludedTerm} comes in term ${term}`);
  const included = { lastIncludedIndex, lastIncludedTerm };
  return { type: "InstallSnapshot", term, snapshotId, ...included, previous, position, data, done };
}

function readInstallSnapshotReply(reader: WireReader): PeerMessage {
  let term = 0;
  let snapshotId = 0;
  let position = 0;
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === numberTag(1)) term = reader.uint();
    else if (tag === numberTag(2)) snapshotId = reader.uint();
    else if (tag === numberTag(3)) position = reader.uint();
    else reader.skip(tag);
  }
  return { type: "InstallSnapshotReply", term, snapshotId, position };
}

function readForward(reader: WireReader): PeerMessage {
  const commands: Uint8Array[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) {
      const command = reader.bytes();
      decodeCommand(command);
      commands.push(command);
    } else reader.skip(tag);
  }
  return { type: "Forward", commands };
}

function readTouchSessions(reader: WireReader): PeerMessage {
  const sessionIds: number[] = [];
  while (reader.more()) {
    const tag = reader.tag();
    if (tag === lengthTag(1)) {
      const outer = reader.enter();
      while (reader.more()) sessionIds.push(reader.uint());
      reader.leave(outer);
    } else if (tag === numberTag(1)) sessionIds.push(reader.uint());
    else reader.skip(tag);
  }
  return { type: "TouchSessions", sessionIds };
}

function readHelloReply(reader: WireReader): PeerMessage {
  const [asker = 0, known = 0, incarnation = 0, instance = 0, admitted = 0] = readNumbers(reader, 5);
  return { type: "HelloReply", asker, known, incarnation, instance, admitted: admitted !== 0 };
}

/** The numbers with the tags 1 to `count` of a rare message that has nothing else. */
function readNumbers(reader: WireReader, count: number): number[] {
  const numbers = new Array<number>(count).fill(0);
  while (reader.more()) {
    const tag = reader.tag();
    const at = numbers.findIndex((_, i) => tag === numberTag(i + 1));
    if (at < 0) reader.skip(tag);
    else numbers[at] = reader.uint();
  }
  return numbers;
}
