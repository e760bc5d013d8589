/**
 * What is said on one connection: frames of ZooKeeper's protocol become messages for the node, and the node's messages
 * become frames. It knows of no socket.
 *
 * Each request becomes one request of the node, so that answers leave in order, limits count alike, and whoever asks is
 * heard. What is refused here already is asked for as a small read, whose answer the refusal takes the place of.
 */
import { aclBytes, type ClientIdentity } from "../base/acl.ts";
import { emptyBytes } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import type { Result, Success } from "../base/operations.ts";
import { configPath, pathProblem } from "../base/paths.ts";
import type { WatchKind, WatchSpec } from "../base/reads.ts";
import { Identities, userOf } from "../doors/identities.ts";
import type { AdmittedMessage, ServerMessage } from "../protocol/client-messages.ts";
import { Attendance } from "./attendance.ts";
import { noStat } from "./changes.ts";
import { zkError } from "./errors.ts";
import { Events } from "./events.ts";
import { type Ending, endingOf, type Given, noSession, readHandshake, writeResponse } from "./handshake.ts";
import { JuteReader, type JuteWriter, unlessMalformed } from "./jute.ts";
import { opcode } from "./opcodes.ts";
import { take } from "./operations.ts";
import { carrier, PendingRequests } from "./pending.ts";
import { type AskedMembers, askedMembersOf } from "./reconfig.ts";
import {
  pathsAnnounced,
  replies,
  replyHeader,
  requestHeader,
  requests,
  type SetWatches2Request,
  type SetWatchesRequest,
} from "./records.ts";
import { type AnswerBody, answerToRefused, headerOnly, type Taken } from "./taken.ts";
import { Traffic } from "./traffic.ts";

const pingXid = -2;

/** What a change of membership answers once it is made: the configuration, from a server that has applied it. */
const newConfiguration: Taken = {
  ask: { type: "read", read: { kind: "getData", path: configPath, watch: false, local: false } },
  answer: (writer, { data = emptyBytes, stat = noStat }) => replies.data.write(writer, { data, stat }),
};

/** What a frame comes to. */
export type Understood =
  | { readonly messages: readonly AdmittedMessage[] }
  | { readonly end: Ending }
  /**
   * A change of membership, or ZooKeeper's code for what is wrong with it: {@link Conversation.reconfigured} is to be told,
   * and nothing is heard before.
   */
  | { readonly reconfigure: AskedMembers | number };

/** What a conversation has to know of the server. */
export interface Facts {
  /** Newest zxid applied. */
  appliedIndex(): number;
  /** Whether who is one of these may set the data of a znode, by the list that this server has applied. Left out: nobody. */
  mayWrite?(path: string, identities: readonly ClientIdentity[]): boolean;
}

/** One connection's conversation. */
export class Conversation {
  readonly #facts: Facts;
  readonly #traffic: Traffic;
  #state: "new" | "connecting" | "open" | "closing" = "new";
  /** Whether the client sent the `readOnly` byte, and wants it in the answer. */
  #sendsReadOnly = false;
  readonly #pending: PendingRequests;
  readonly #events = new Events();
  readonly #attendance: Attendance;
  readonly #identities: Identities;
  #pings = 0;
  /** A change of membership is under way: who asked for it. */
  #reconfiguring: { readonly xid: number; readonly bytes: number } | undefined;
  /** The newest zxid that the client has from its attachment or an answer: of all changes up to there it was told. */
  #toldZxid = 0;

  /** `identities`: who the client is. */
  constructor(facts: Facts, attendance = new Attendance("", new Traffic()), identities = new Identities("")) {
    const { traffic } = attendance;
    this.#facts = facts;
    this.#attendance = attendance;
    this.#identities = identities;
    this.#traffic = traffic;
    this.#pending = new PendingRequests(traffic);
  }

  /** Whether another frame can be taken up. Once false, true again after a {@link tell}, if at all. */
  get hears(): boolean {
    if (this.#reconfiguring !== undefined) return false;
    return this.#state === "new" || (this.#state === "open" && this.#pending.hasRoom);
  }

  /** The connection is no more. */
  over(): void {
    this.#pending.over();
  }

  /** What a frame that was heard before comes to by now, if it had to wait for answers. */
  heardBefore(): AdmittedMessage | undefined {
    return this.#pending.takeHeld();
  }

  /** Takes up a frame; only while {@link hears}. */
  hear(frame: Uint8Array): Understood {
    this.#traffic.frameCame();
    const reader = new JuteReader(frame);
    if (this.#state === "new") return unlessMalformed(() => this.#connect(reader)) ?? { end: "malformed" };
    const header = unlessMalformed(() => requestHeader.read(reader));
    if (header === undefined) return { end: "malformed" };
    const { xid, opcode: operation } = header;
    this.#attendance.asked(operation, xid);
    switch (operation) {
      case opcode.ping:
        this.#pings += 1;
        this.#pending.pinged();
        return { messages: [{ type: "ping", number: this.#pings }] };
      case opcode.setWatches:
      case opcode.setWatches2:
        return this.#setWatches(xid, operation, reader, frame.length);
      case opcode.auth:
        return unlessMalformed(() => this.#auth(xid, reader, frame.length)) ?? { end: "malformed" };
      case opcode.whoAmI:
        return this.#request(xid, this.#whoAmI(), frame.length);
      case opcode.reconfig:
        return this.#reconfigure(xid, reader, frame.length);
      case opcode.closeSession:
        return this.#lastRequest(xid, { ask: { type: "close" }, answer: () => {} }, 0);
      default:
        return this.#ask(xid, operation, reader, frame.length);
    }
  }

  /** How a change of membership has ended, by ZooKeeper's code: what the node is asked, so that the client is answered. */
  reconfigured(code: number): readonly AdmittedMessage[] {
    const asked = this.#reconfiguring;
    this.#reconfiguring = undefined;
    if (asked === undefined) return [];
    return this.#request(asked.xid, code === zkError.OK ? newConfiguration : headerOnly(code), asked.bytes).messages;
  }

  /** Writes what the node says. Returns why the connection is to end behind it, if it is. */
  tell(messages: readonly ServerMessage[], writer: JuteWriter): Ending | undefined {
    for (const message of messages) {
      const end = this.#tellOne(message, writer);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #connect(reader: JuteReader): Understood {
    const { connect, sendsReadOnly } = readHandshake(reader);
    this.#sendsReadOnly = sendsReadOnly;
    if (connect.lastZxid > this.#facts.appliedIndex()) return { end: "clientIsAhead" };
    this.#state = "connecting";
    this.#toldZxid = connect.lastZxid;
    return { messages: [{ ...connect, identities: this.#identities.all }] };
  }

  #ask(xid: number, operation: number, reader: JuteReader, bytes: number): Understood {
    const taken = take(operation, reader);
    if (taken !== undefined) return this.#request(xid, taken, bytes);
    return this.#lastRequest(xid, { ...headerOnly(zkError.UNIMPLEMENTED), zxid: -1, end: "unknownOperation" }, bytes);
  }

  /** Nothing is heard behind it. */
  #lastRequest(xid: number, taken: Taken, bytes: number): Understood {
    this.#state = "closing";
    return this.#request(xid, taken, bytes);
  }

  #request(xid: number, taken: Taken, bytes: number): { readonly messages: readonly AdmittedMessage[] } {
    return { messages: this.#pending.add({ xid, taken }, bytes) };
  }

  /** Whoever the client shows to be, it is from here on; the answer comes in its turn. */
  #auth(xid: number, reader: JuteReader, bytes: number): Understood {
    const problem = this.#identities.add(requests.auth.read(reader));
    const ask = { type: "shown", identities: this.#identities.all } as const;
    if (problem === undefined) return this.#request(xid, { ask, answer: () => {}, zxid: 0 }, bytes);
    return this.#lastRequest(xid, { ...headerOnly(zkError.AUTHFAILED), zxid: 0, end: "authFailed" }, bytes);
  }

  #reconfigure(xid: number, reader: JuteReader, bytes: number): Understood {
    this.#reconfiguring = { xid, bytes };
    const request = unlessMalformed(() => requests.reconfig.read(reader));
    const asked = request === undefined ? zkError.MARSHALLINGERROR : askedMembersOf(request);
    const allowed = this.#facts.mayWrite?.(configPath, this.#identities.all) === true;
    return { reconfigure: typeof asked === "number" || allowed ? asked : zkError.NOAUTH };
  }

  #whoAmI(): Taken {
    const clientInfos = this.#identities.all.map(({ scheme, id }) => ({
      scheme,
      user: scheme === "digest" ? userOf(id) : id,
    }));
    return { ask: carrier, answer: (writer) => replies.clientInfos.write(writer, { clientInfos }) };
  }

  #setWatches(xid: number, operation: number, reader: JuteReader, bytes: number): Understood {
    const second = operation === opcode.setWatches2;
    const paths = unlessMalformed(() => pathsAnnounced(reader.fork(), second ? 5 : 3, limits.setWatchesMax));
    // An error would not do: clients pass over it, and wait for watches that nobody has.
    if (paths !== undefined && paths > limits.setWatchesMax) return { end: "overloaded" };
    const request = unlessMalformed(() => (second ? requests.setWatches2 : requests.setWatches).read(reader));
    if (request === undefined) return this.#request(xid, headerOnly(zkError.MARSHALLINGERROR), bytes);
    const {
      relativeZxid,
      data,
      exist,
      child,
      persistent = [],
      recursive = [],
    }: Partial<SetWatches2Request> & SetWatchesRequest = request;
    // At what is no path of a znode nothing ever comes to be; a read there found nothing, and armed nothing.
    const specs = (kind: WatchKind, paths: readonly string[]): WatchSpec[] =>
      paths.filter((path) => pathProblem(path) === undefined).map((path) => ({ kind, path }));
    const watches = [...specs("data", data), ...specs("exist", exist), ...specs("children", child)];
    const standing = [...specs("persistent", persistent), ...specs("recursive", recursive)];
    // The node begins no request behind them until they are armed, and all that they missed is told; clients want the
    // answer in its turn.
    const answered = this.#request(xid, headerOnly(zkError.OK), bytes);
    const messages: AdmittedMessage[] = [{ type: "setWatches", relativeZxid: Math.max(0, relativeZxid), watches }];
    // Of what those that stay armed have missed, clients of ZooKeeper are told nothing.
    if (standing.length > 0)
      messages.push({ type: "setWatches", relativeZxid: Number.MAX_SAFE_INTEGER, watches: standing });
    return { messages: [...messages, ...answered.messages] };
  }

  #tellOne(message: ServerMessage, writer: JuteWriter): Ending | undefined {
    switch (message.type) {
      case "connected": {
        this.#state = "open";
        this.#pending.startBehind(message.lastRequestId);
        this.#attendance.sessionId = message.sessionId;
        this.#attendance.timeoutMs = message.timeoutMs;
        this.#respond(writer, message);
        return undefined;
      }
      case "refused":
        return this.#refused(message.failure.code, writer);
      case "reply":
        return this.#reply(message.zxid, message.result, writer);
      case "event":
        this.#frame(writer, this.#events.tell(message.event));
        return undefined;
      case "pong":
        return this.#pong(message.number, message.quorum, writer);
      case "heard":
      case "members":
        return undefined;
    }
  }

  /** Writes a frame, if there is anything to write. */
  #frame(writer: JuteWriter, body: AnswerBody | undefined): void {
    if (body === undefined) return;
    const start = writer.beginFrame();
    body(writer);
    writer.endFrame(start);
    this.#traffic.frameLeft();
  }

  #respond(writer: JuteWriter, given: Given): void {
    this.#frame(writer, () => writeResponse(writer, given, this.#sendsReadOnly));
  }

  /** Sessions that are not there are answered with zeros, of which clients learn that theirs is lost. */
  #refused(code: string, writer: JuteWriter): Ending {
    const ending = endingOf(code);
    if (ending === "noSession" && this.#state === "connecting") this.#respond(writer, noSession);
    return ending;
  }

  #reply(zxid: number, result: Result, writer: JuteWriter): Ending | undefined {
    const pending = this.#pending.answered();
    if (pending === undefined) return "refused";
    const { xid, taken } = pending;
    this.#toldZxid = Math.max(this.#toldZxid, zxid);
    this.#attendance.answered(zxid);
    const answer = answerOf(taken, result);
    this.#frame(writer, () => {
      const err = typeof answer === "number" ? answer : zkError.OK;
      replyHeader.write(writer, { xid, zxid: taken.zxid ?? zxid, err });
      if (typeof answer !== "number") answer(writer);
    });
    return taken.end;
  }

  #pong(number: number, quorum: boolean, writer: JuteWriter): Ending | undefined {
    // Nobody can keep the session alive from here: the client has to learn of it, as from a ZooKeeper server that has
    // lost its leader, or it would go on to hold locks that are given to others.
    if (!quorum) return "noQuorum";
    if (number === 0 || !this.#pending.ponged()) return undefined;
    // Clients count the zxid of any frame as seen, and are not told again what was missed up to there. A pong leaves
    // before events of what is applied already, even of the entry whose first events were told.
    this.#frame(writer, () => replyHeader.write(writer, { xid: pingXid, zxid: this.#toldZxid, err: 0 }));
    return undefined;
  }
}

/** What an answer consists of: an error, or what follows the header. */
function answerOf(taken: Taken, result: Result): number | AnswerBody {
  if ("error" in taken.ask) return taken.ask.error;
  if (result.failure !== undefined) return answerToRefused(taken, result.failure);
  return (writer) => taken.answer(writer, result);
}

/** About how many bytes a message takes on the wire. */
export function bytesOf(message: ServerMessage): number {
  const fixed = 128;
  if (message.type === "event") return fixed + message.event.path.length;
  if (message.type !== "reply" || message.result.failure !== undefined) return fixed;
  const { results = [] } = message.result;
  let bytes = fixed + bytesOfPart(message.result);
  for (const { failure, ...result } of results) bytes += fixed + (failure === undefined ? bytesOfPart(result) : 0);
  return bytes;
}

function bytesOfPart({ data = emptyBytes, children = [], path = "", acl = [] }: Success): number {
  let bytes = data.length + path.length + aclBytes(acl);
  for (const name of children) bytes += 4 + name.length;
  return bytes;
}
