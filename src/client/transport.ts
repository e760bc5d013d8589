/** The streams of a client's session, over gRPC. */
import { type Client, type ClientDuplexStream, Metadata, type StatusObject } from "@grpc/grpc-js";
import type { Failure } from "../base/operations.ts";
import { clientMessageBytes, decodeServerFrame, encodeClientFrame } from "../protocol/client-codec.ts";
import type { ClientMessage, ServerMessage } from "../protocol/client-messages.ts";
import { asBuffer, openChannel, rawBytes } from "./channel.ts";
import { failureOf } from "./channel-failures.ts";
import { splitFrames } from "./frames.ts";
import { sessionLimits } from "./session-limits.ts";

const sessionMethod = "/terrarium.Client/Session";

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
    const channel = openChannel(address);
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
