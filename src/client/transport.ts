/** The client's gRPC: session streams and the status call. */
import {
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import type { AdminReply, AdminRequest } from "../base/admin.ts";
import { type ErrorCode, TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Failure } from "../base/operations.ts";
import { decodeAdminReply, encodeAdminRequest } from "../protocol/admin-codec.ts";
import { clientMessageBytes, decodeServerFrame, encodeClientFrame } from "../protocol/client-codec.ts";
import type { ClientMessage, ServerMessage } from "../protocol/client-messages.ts";
import {
  readBackupPart,
  readSessionsReply,
  readStatusReply,
  writeBackupRequest,
  writeSessionsRequest,
  writeStatusRequest,
} from "../protocol/generated/client.ts";
import { decodeMessage, encodeMessage } from "../protocol/message.ts";
import { onAbort } from "./abort.ts";
import { splitFrames } from "./frames.ts";
import { sessionLimits } from "./session-limits.ts";

const sessionMethod = "/terrarium.Client/Session";
const statusMethod = "/terrarium.Client/Status";
const sessionsMethod = "/terrarium.Client/Sessions";
const adminMethod = "/terrarium.Client/Admin";
const backupMethod = "/terrarium.Client/Backup";

/**
 * A channel lives as long as one stream. It shares nothing with others (local pool), so that a server that just came back
 * is tried at once instead of after gRPC's back-off; the session has its own.
 */
const channelOptions: ChannelOptions = {
  "grpc.max_receive_message_length": limits.frameBytesMax,
  "grpc.max_send_message_length": limits.frameBytesMax,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.min_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 500,
  "grpc.enable_retries": 0,
  "grpc.enable_channelz": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
};

/** The longest that a timer of the platform can wait, ms; it takes more for nothing. */
const timerMaxMs = 2 ** 31 - 1;

/** What comes from the streams. Never called from within a call of the transport. */
export interface TransportListener {
  /** A frame arrived. */
  received(stream: number, messages: readonly ServerMessage[]): void;
  /** A stream broke or could not be opened; the last word about it. */
  closed(stream: number, trouble: Failure): void;
}

interface Open {
  readonly stream: number;
  readonly channel: Client;
  readonly call: ClientDuplexStream<Buffer, Buffer>;
}

/** One session stream at a time. */
export class Transport {
  readonly #listener: TransportListener;
  #open: Open | undefined;

  constructor(listener: TransportListener) {
    this.#listener = listener;
  }

  /** Opens a stream to `host:port`; the former one must have been dropped or have closed. */
  open(stream: number, address: string): void {
    const channel = new Client(address, credentials.createInsecure(), channelOptions);
    const call = channel.makeBidiStreamRequest(sessionMethod, rawBytes, rawBytes, new Metadata());
    const open: Open = { stream, channel, call };
    this.#open = open;
    call.on("data", (frame: Buffer) => this.#received(open, address, frame));
    // An error is a status too, which follows; but without a listener it would end the process.
    call.on("error", () => undefined);
    // Frames that came before the status may still be in the stream's buffer: let them out first.
    call.on("status", (end: StatusObject) => {
      setImmediate(() => this.#closed(open, failureOf(address, end.code, end.details)));
    });
  }

  /**
   * Sends messages on the open stream. What the socket does not take at once waits in memory: the session bounds it by
   * what it lets be outstanding.
   */
  send(messages: readonly ClientMessage[]): void {
    const call = this.#open?.call;
    if (call === undefined) return;
    for (const frame of splitFrames(messages, sessionLimits.frameBytesTarget, clientMessageBytes)) {
      call.write(asBuffer(encodeClientFrame(frame)));
    }
  }

  /** Lets go of a stream, if it is still open; nothing more is heard of it. */
  drop(stream: number): void {
    const open = this.#open;
    if (open === undefined || open.stream !== stream) return;
    this.#open = undefined;
    open.call.cancel();
    open.channel.close();
  }

  #received(open: Open, address: string, frame: Buffer): void {
    if (this.#open !== open) return;
    let messages: readonly ServerMessage[];
    try {
      messages = decodeServerFrame(frame);
    } catch {
      this.drop(open.stream);
      const message = `${address} sent what is no frame of the session protocol`;
      setImmediate(() => this.#listener.closed(open.stream, { code: "PROTOCOL_ERROR", message }));
      return;
    }
    this.#listener.received(open.stream, messages);
  }

  #closed(open: Open, trouble: Failure): void {
    if (this.#open !== open) return;
    this.drop(open.stream);
    this.#listener.closed(open.stream, trouble);
  }
}

/** The JSON of a server's status. Rejects with NO_SERVER, PROTOCOL_ERROR, ABORTED. */
export async function fetchStatus(
  address: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const request = encodeMessage(writeStatusRequest, {});
  return statusJson(await unary(address, statusMethod, request, timeoutMs, signal));
}

/** The JSON of live sessions behind `after`. Rejects with NO_SERVER, PROTOCOL_ERROR, OVERLOADED, ABORTED. */
export async function fetchSessions(
  address: string,
  after: number,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const request = encodeMessage(writeSessionsRequest, { after });
  const reply = await unary(address, sessionsMethod, request, timeoutMs, signal);
  return decodeMessage(readSessionsReply, reply).json;
}

/** A server's answer to an operator's request. Rejects with NO_SERVER, PROTOCOL_ERROR, ABORTED. */
export async function requestAdmin(
  address: string,
  request: AdminRequest,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<AdminReply> {
  return decodeAdminReply(await unary(address, adminMethod, encodeAdminRequest(request), timeoutMs, signal));
}

/** One call over a channel of its own. */
function unary(
  address: string,
  method: string,
  request: Uint8Array,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new TerrariumError("ABORTED"));
      return;
    }
    const channel = new Client(address, credentials.createInsecure(), channelOptions);
    let late = false;
    const done = (error: ServiceError | null, reply?: Buffer): void => {
      release();
      clearTimeout(timer);
      channel.close();
      if (signal?.aborted) reject(new TerrariumError("ABORTED"));
      else if (error !== null && late)
        reject(errorOf(failureOf(address, status.DEADLINE_EXCEEDED, "no answer in time")));
      else if (error !== null) reject(errorOf(failureOf(address, error.code, error.details)));
      else resolve(reply ?? new Uint8Array(0));
    };
    const metadata = new Metadata();
    const call = channel.makeUnaryRequest(method, rawBytes, rawBytes, asBuffer(request), metadata, {}, done);
    const release = onAbort(signal, () => call.cancel());
    // gRPC's own deadlines are by the wall clock, which may jump.
    const expire = (): void => {
      late = true;
      call.cancel();
    };
    const timer = timeoutMs > timerMaxMs ? undefined : setTimeout(expire, Math.max(0, timeoutMs));
  });
}

/**
 * Has the server at `address` send a backup; `take` is given its bytes in order, and the next ones not before it has
 * taken them. Rejects with NO_SERVER (also when nothing comes for `idleMs`), PROTOCOL_ERROR, OVERLOADED, ABORTED, and
 * with what `take` throws.
 */
export async function fetchBackup(
  address: string,
  idleMs: number,
  signal: AbortSignal | undefined,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  if (signal?.aborted) throw new TerrariumError("ABORTED");
  const channel = new Client(address, credentials.createInsecure(), channelOptions);
  const request = asBuffer(encodeMessage(writeBackupRequest, {}));
  const call = channel.makeServerStreamRequest(backupMethod, rawBytes, rawBytes, request, new Metadata());
  const release = onAbort(signal, () => call.cancel());
  let idle = false;
  const giveUp = (): void => {
    idle = true;
    call.cancel();
  };
  const patienceMs = Math.min(idleMs, timerMaxMs);
  let timer = setTimeout(giveUp, patienceMs);
  try {
    for await (const part of call) {
      clearTimeout(timer);
      await take(partBytes(part));
      timer = setTimeout(giveUp, patienceMs);
    }
  } catch (error) {
    if (signal?.aborted) throw new TerrariumError("ABORTED");
    if (idle) throw new TerrariumError("NO_SERVER", `${address}: nothing came for ${idleMs} ms`);
    if (isServiceError(error)) throw backupError(address, error);
    throw error;
  } finally {
    clearTimeout(timer);
    release();
    call.cancel();
    channel.close();
  }
}

function partBytes(part: unknown): Uint8Array {
  if (!(part instanceof Uint8Array)) throw new TerrariumError("PROTOCOL_ERROR");
  try {
    return decodeMessage(readBackupPart, part).data;
  } catch {
    throw new TerrariumError("PROTOCOL_ERROR", "what came is no part of a backup");
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && "code" in error && "details" in error;
}

function backupError(address: string, { code, details }: ServiceError): TerrariumError {
  if (code === status.RESOURCE_EXHAUSTED) return new TerrariumError("OVERLOADED", `${address}: ${details}`);
  return errorOf(failureOf(address, code, details));
}

/** The text of a StatusReply, or nothing if it is none. */
function statusJson(reply: Uint8Array): string {
  try {
    return decodeMessage(readStatusReply, reply).json;
  } catch {
    return "";
  }
}

/** What a gRPC status says about the endpoint. */
function failureOf(address: string, code: status, details: string): Failure {
  const [line = ""] = (lastError.exec(details)?.[1] ?? details).split("\n", 1);
  return { code: errorCodeOf(code, line), message: `${address}: ${reasonOf(code, line)}` };
}

/** The cause, in the words with which grpc-js wraps it when a connection cannot be made. */
const lastError = /Last error: (?:Error: )?(.*?)\.? Resolution note/s;

function errorCodeOf(code: status, details: string): ErrorCode {
  switch (code) {
    case status.OK:
    case status.CANCELLED:
    case status.DEADLINE_EXCEEDED:
      return "NO_SERVER";
    case status.UNAVAILABLE:
      return notHttp2.test(details) ? "PROTOCOL_ERROR" : "NO_SERVER";
    case status.INTERNAL:
      return brokenStream.test(details) ? "NO_SERVER" : "PROTOCOL_ERROR";
    default:
      return "PROTOCOL_ERROR";
  }
}

/** How grpc-js names a stream that broke before the server had answered: INTERNAL, like what a server itself complains of. */
const brokenStream = /^Received RST_STREAM with code [02]\b/;

/** How Node's HTTP/2 names an answer that is not HTTP/2. */
const notHttp2 = /protocol error|parse error|ERR_HTTP2|NGHTTP2/i;

function reasonOf(code: status, details: string): string {
  switch (code) {
    case status.OK:
    case status.CANCELLED:
      return "the server ended the stream";
    case status.DEADLINE_EXCEEDED:
      return "no answer in time";
    case status.UNIMPLEMENTED:
      return `not a Terrarium client port (${details})`;
    default:
      return systemReason(details);
  }
}

/** What the system says, in words: the address is named already. */
function systemReason(details: string): string {
  const [, code = ""] = /\b(E[A-Z]{3,}|EAI_[A-Z]+|Name resolution failed)\b/.exec(details) ?? [];
  if (notHttp2.test(details)) return "what answers there is no Terrarium client port (it does not speak HTTP/2)";
  if (details.startsWith("Failed to connect")) return "the connection is closed as soon as it is open";
  return systemReasons[code] ?? (details === "" ? "no reason is given" : details);
}

const systemReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
  ETIMEDOUT: "nobody answers",
  EHOSTUNREACH: "no way leads to the host",
  ENETUNREACH: "no way leads to the network",
  ENOTFOUND: "no such host",
  "Name resolution failed": "no such host",
  EAI_AGAIN: "the host's name cannot be looked up now",
};

function errorOf(failure: Failure): TerrariumError {
  return new TerrariumError(failure.code, failure.message);
}

/** Messages cross gRPC as bytes; `protocol/client-codec.ts` gives them meaning. */
function rawBytes(bytes: Buffer): Buffer {
  return bytes;
}

/** The same bytes as a `Buffer`, which gRPC wants; nothing is copied. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
