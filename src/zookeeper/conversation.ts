/**
 * What is said on one connection: frames of ZooKeeper's protocol become messages for the node, and the node's messages
 * become frames. It knows of no socket.
 *
 * Each request becomes one request of the node, so that answers leave in order, limits count alike, and whoever asks is
 * heard. What is refused here already is asked for as a small read, whose answer the refusal takes the place of.
 */
import { emptyBytes } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import type { Result, WatchEvent, WatchKind, WatchSpec } from "../base/operations.ts";
import { pathProblem } from "../base/paths.ts";
import type { ClientMessage, RequestBody, ServerMessage } from "../protocol/client-messages.ts";
import { zkError, zkErrorOf } from "./errors.ts";
import { bool, JuteReader, type JuteWriter, unlessMalformed } from "./jute.ts";
import { failing, opcode, type Taken, take } from "./opcodes.ts";
import {
  connectRequest,
  connectResponse,
  pathsAnnounced,
  replyHeader,
  requestHeader,
  requests,
  watcherEvent,
} from "./records.ts";
import { Traffic } from "./traffic.ts";

/** Requests and pings without an answer beyond which no more are heard; half of what the node takes. */
const pendingMax = limits.outstandingRequestsMax / 2;
/** Their bytes, likewise. */
const pendingBytesMax = limits.outstandingBytesMax / 2;

/** The version of the node's session protocol that the messages are of. */
const protocol = 1;
/** All clients of this door are one holder of a session: in ZooKeeper the newest connection has it. */
const holder = 1;

/** Numbers of ZooKeeper's protocol. */
const notificationXid = -1;
const pingXid = -2;
const syncConnected = 3;

/** Why a connection was ended by this server, or is to be. */
export type Ending =
  | "malformed"
  | "clientIsAhead"
  | "noSession"
  | "noQuorum"
  | "overloaded"
  | "moved"
  | "unknownOperation"
  | "refused";

/** What a frame comes to. */
export type Heard = { readonly messages: readonly ClientMessage[] } | { readonly end: Ending };

interface Pending {
  readonly xid: number;
  /** Of a write, the node's number for it; of others 0. */
  readonly requestId: number;
  readonly taken: Taken;
  readonly bytes: number;
  /** Monotonic ms at which it came. */
  readonly sinceMs: number;
  /** Its answer is the last. */
  readonly last: boolean;
}

/** What a conversation has to know of the server. */
export interface Facts {
  /** Newest zxid applied. */
  appliedIndex(): number;
}

/** A request that answers nothing but comes in its turn. */
const carrier: RequestBody = { type: "read", read: { kind: "exists", path: "/", watch: false, local: true } };

/** One connection's conversation. */
export class Conversation {
  readonly #facts: Facts;
  readonly #traffic: Traffic;
  #state: "new" | "connecting" | "open" | "closing" = "new";
  /** Whether the client sent the `readOnly` byte, and wants it in the answer. */
  #sendsReadOnly = false;
  #pending: Pending[] = [];
  #pendingBytes = 0;
  #nodeXid = 0;
  #requestId = 0;
  #acked = 0;
  #pings = 0;
  /** Pings without an answer, which wait while watches are armed. */
  #pinged = 0;
  /** The newest zxid that the client has from its attachment or an answer: of all changes up to there it was told. */
  #toldZxid = 0;
  /** The newest event that was told: one change is told once, however many watches it fires. */
  #told: { readonly number: number; readonly path: string; readonly zxid: number } | undefined;

  constructor(facts: Facts, traffic = new Traffic()) {
    this.#facts = facts;
    this.#traffic = traffic;
  }

  /** Whether another frame can be taken up. Once false, true again after a {@link tell}, if at all. */
  get hears(): boolean {
    if (this.#state !== "open") return this.#state === "new";
    return this.#pending.length + this.#pinged < pendingMax && this.#pendingBytes < pendingBytesMax;
  }

  /** The connection is no more. */
  over(): void {
    this.#traffic.dropped(this.#pending.length);
    this.#pending = [];
  }

  /** Takes up a frame; only while {@link hears}. */
  hear(frame: Uint8Array): Heard {
    this.#traffic.received += 1;
    const reader = new JuteReader(frame);
    if (this.#state === "new") return unlessMalformed(() => this.#connect(reader)) ?? { end: "malformed" };
    const header = unlessMalformed(() => requestHeader.read(reader));
    if (header === undefined) return { end: "malformed" };
    const { xid, opcode: operation } = header;
    switch (operation) {
      case opcode.ping:
        this.#pings += 1;
        this.#pinged += 1;
        return { messages: [{ type: "ping", number: this.#pings }] };
      case opcode.setWatches:
        return this.#setWatches(xid, reader, frame.length);
      case opcode.closeSession:
        this.#state = "closing";
        return this.#request(xid, { ask: { type: "close" }, answer: () => {} }, 0);
      default:
        return this.#ask(xid, operation, reader, frame.length);
    }
  }

  /** Writes what the node says. Returns why the connection is to end behind it, if it is. */
  tell(messages: readonly ServerMessage[], writer: JuteWriter): Ending | undefined {
    for (const message of messages) {
      const end = this.#tellOne(message, writer);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #connect(reader: JuteReader): Heard {
    const { lastZxidSeen, timeOut, sessionId, passwd } = connectRequest.read(reader);
    this.#sendsReadOnly = reader.left > 0;
    if (lastZxidSeen > this.#facts.appliedIndex()) return { end: "clientIsAhead" };
    this.#state = "connecting";
    this.#toldZxid = Math.max(0, lastZxidSeen);
    return {
      messages: [
        {
          type: "connect",
          protocol,
          // None has a negative id, or one beyond 2^53: it is answered like any other session that is not there.
          sessionId: BigInt.asUintN(53, sessionId) === sessionId ? Number(sessionId) : Number.MAX_SAFE_INTEGER,
          password: passwd,
          timeoutMs: timeOut,
          lastZxid: this.#toldZxid,
          holder,
          takeover: true,
          instance: 0,
        },
      ],
    };
  }

  #ask(xid: number, operation: number, reader: JuteReader, bytes: number): Heard {
    const taken = take(operation, reader);
    if (taken !== undefined) return this.#request(xid, taken, bytes);
    this.#state = "closing";
    return this.#request(xid, failing(zkError.UNIMPLEMENTED), bytes);
  }

  #request(xid: number, taken: Taken, bytes: number): { readonly messages: readonly ClientMessage[] } {
    const body = "error" in taken.ask ? carrier : taken.ask;
    const requestId = body.type === "read" ? 0 : ++this.#requestId;
    const last = this.#state === "closing";
    this.#pending.push({ xid, requestId, taken, bytes, sinceMs: performance.now(), last });
    this.#traffic.asked();
    this.#pendingBytes += bytes;
    this.#nodeXid += 1;
    return { messages: [{ type: "request", xid: this.#nodeXid, requestId, ackedRequestId: this.#acked, body }] };
  }

  #setWatches(xid: number, reader: JuteReader, bytes: number): Heard {
    const paths = unlessMalformed(() => pathsAnnounced(reader.fork(), limits.setWatchesMax));
    // An error would not do: clients pass over it, and wait for watches that nobody has.
    if (paths !== undefined && paths > limits.setWatchesMax) return { end: "overloaded" };
    const request = unlessMalformed(() => requests.setWatches.read(reader));
    if (request === undefined) return this.#request(xid, failing(zkError.MARSHALLINGERROR), bytes);
    const { relativeZxid, data, exist, child } = request;
    // At what is no path of a znode nothing ever comes to be; a read there found nothing, and armed nothing.
    const specs = (kind: WatchKind, paths: readonly string[]): WatchSpec[] =>
      paths.filter((path) => pathProblem(path) === undefined).map((path) => ({ kind, path }));
    const watches = [...specs("data", data), ...specs("exist", exist), ...specs("children", child)];
    // The node begins no request behind them until they are armed, and all that they missed is told; clients want the
    // answer in its turn.
    const answered = this.#request(xid, { ask: carrier, answer: () => {} }, bytes);
    return {
      messages: [{ type: "setWatches", relativeZxid: Math.max(0, relativeZxid), watches }, ...answered.messages],
    };
  }

  #tellOne(message: ServerMessage, writer: JuteWriter): Ending | undefined {
    switch (message.type) {
      case "connected": {
        const { sessionId, password, timeoutMs, lastRequestId } = message;
        this.#state = "open";
        this.#requestId = lastRequestId;
        this.#acked = lastRequestId;
        this.#respond(writer, sessionId, timeoutMs, password);
        return undefined;
      }
      case "refused":
        return this.#refused(message.failure.code, writer);
      case "reply":
        return this.#reply(message.zxid, message.result, writer);
      case "event":
        this.#event(message.event, writer);
        return undefined;
      case "pong":
        return this.#pong(message.number, message.quorum, writer);
      case "heard":
      case "members":
        return undefined;
    }
  }

  #endFrame(writer: JuteWriter, start: number): void {
    writer.endFrame(start);
    this.#traffic.sent += 1;
  }

  #respond(writer: JuteWriter, sessionId: number, timeOut: number, passwd: Uint8Array): void {
    const start = writer.beginFrame();
    connectResponse.write(writer, { protocolVersion: 0, timeOut, sessionId: BigInt(sessionId), passwd });
    if (this.#sendsReadOnly) bool.write(writer, false);
    this.#endFrame(writer, start);
  }

  /** Sessions that are not there are answered with zeros, of which clients learn that theirs is lost. */
  #refused(code: string, writer: JuteWriter): Ending {
    switch (code) {
      case "SESSION_EXPIRED":
      case "AUTH_FAILED":
      case "WRONG_CLUSTER":
      case "SESSION_TAKEN":
        if (this.#state === "connecting") this.#respond(writer, 0, 0, new Uint8Array(16));
        return "noSession";
      case "SESSION_MOVED":
        return "moved";
      case "NO_QUORUM":
        return "noQuorum";
      case "OVERLOADED":
      case "TOO_MANY_REQUESTS":
        return "overloaded";
      default:
        return "refused";
    }
  }

  #reply(zxid: number, result: Result, writer: JuteWriter): Ending | undefined {
    const pending = this.#pending.shift();
    if (pending === undefined) return "refused";
    const { xid, requestId, taken, bytes, sinceMs, last } = pending;
    this.#traffic.answered(performance.now() - sinceMs);
    this.#pendingBytes -= bytes;
    // A ZooKeeper client never asks for an answer again.
    if (requestId > 0) this.#acked = requestId;
    this.#toldZxid = Math.max(this.#toldZxid, zxid);
    const err = errorOf(taken, result);
    const unknown = last && "error" in taken.ask;
    const start = writer.beginFrame();
    replyHeader.write(writer, { xid, zxid: unknown ? -1 : zxid, err });
    if (err === zkError.OK && result.failure === undefined) taken.answer(writer, result);
    this.#endFrame(writer, start);
    return unknown ? "unknownOperation" : undefined;
  }

  #event({ type, path, zxid, kind }: WatchEvent, writer: JuteWriter): void {
    const number = eventNumber(type, kind);
    const told = this.#told;
    // By number: of one znode both kinds of watches may want a resync, and each stands for another event here.
    if (told?.number === number && told.path === path && told.zxid === zxid) return;
    this.#told = { number, path, zxid };
    const start = writer.beginFrame();
    replyHeader.write(writer, { xid: notificationXid, zxid: -1, err: 0 });
    watcherEvent.write(writer, { type: number, state: syncConnected, path });
    this.#endFrame(writer, start);
  }

  #pong(number: number, quorum: boolean, writer: JuteWriter): Ending | undefined {
    // Nobody can keep the session alive from here: the client has to learn of it, as from a ZooKeeper server that has
    // lost its leader, or it would go on to hold locks that are given to others.
    if (!quorum) return "noQuorum";
    if (number === 0 || this.#pinged === 0) return undefined;
    this.#pinged -= 1;
    // Clients count the zxid of any frame as seen, and are not told again what was missed up to there. A pong leaves
    // before events of what is applied already, even of the entry whose first events were told.
    const start = writer.beginFrame();
    replyHeader.write(writer, { xid: pingXid, zxid: this.#toldZxid, err: 0 });
    this.#endFrame(writer, start);
    return undefined;
  }
}

function errorOf({ ask }: Taken, { failure }: Result): number {
  if ("error" in ask) return ask.error;
  if (failure === undefined) return zkError.OK;
  // Reads do not look at paths: there is nothing at one that is none.
  if (ask.type === "read" && failure.code === "BAD_ARGUMENTS") return zkError.NONODE;
  return zkErrorOf(failure.code);
}

/** ZooKeeper's number of an event. Where it is not known what happened, one that has its client read again. */
function eventNumber(type: WatchEvent["type"], kind: WatchKind): number {
  switch (type) {
    case "created":
      return 1;
    case "deleted":
      return 2;
    case "dataChanged":
      return 3;
    case "childrenChanged":
      return 4;
    case "resync":
      return { data: 3, exist: 1, children: 4 }[kind];
  }
}

/** About how many bytes a message takes on the wire. */
export function bytesOf(message: ServerMessage): number {
  const fixed = 128;
  if (message.type === "event") return fixed + message.event.path.length;
  if (message.type !== "reply" || message.result.failure !== undefined) return fixed;
  const { data = emptyBytes, children = [], path = "" } = message.result;
  let bytes = fixed + data.length + path.length;
  for (const name of children) bytes += 4 + name.length;
  return bytes;
}
