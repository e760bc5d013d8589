/** A bare client of ZooKeeper's protocol, for tests: it says what it is told to, and remembers all that it hears. */
import { connect, type Socket } from "node:net";
import { type Codec, encode, JuteReader, JuteWriter } from "../../src/zookeeper/jute.ts";
import {
  type ConnectResponse,
  connectRequest,
  connectResponse,
  replyHeader,
  requestHeader,
  watcherEvent,
} from "../../src/zookeeper/records.ts";
import { splitFrames } from "./zookeeper-frames.ts";

export interface ZkReply {
  readonly xid: number;
  readonly zxid: number;
  readonly err: number;
  /** What follows the header. */
  readonly body: Uint8Array;
}

export interface ZkEvent {
  readonly type: number;
  readonly state: number;
  readonly path: string;
  readonly zxid: number;
}

/** What the server said, in order. */
export type ZkHeard = { readonly reply: ZkReply } | { readonly event: ZkEvent };

export interface ZkHandshake {
  readonly lastZxidSeen?: number;
  readonly timeOut?: number;
  readonly sessionId?: bigint;
  readonly passwd?: Uint8Array;
  /** Left out: the byte is not sent. */
  readonly readOnly?: boolean;
}

/** One connection. */
export class ZkClient {
  readonly #socket: Socket;
  #left: Uint8Array = new Uint8Array();
  /** All that was heard behind the handshake, in order. */
  readonly heard: ZkHeard[] = [];
  /** The bytes of the first frame; undefined until it has come. */
  handshake: Uint8Array | undefined;
  /** Whether the connection is no more. */
  closed = false;
  #xid = 0;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      const { frames, rest } = splitFrames(this.#left.length === 0 ? chunk : Buffer.concat([this.#left, chunk]));
      this.#left = rest;
      for (const frame of frames) this.#take(frame);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  /** Connects to host:port, and says nothing yet. */
  static open(address: string): Promise<ZkClient> {
    const colon = address.lastIndexOf(":");
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new ZkClient(socket));
      });
    });
  }

  /** Opens a session, or the one that `handshake` names. Undefined: the server hung up without a word. */
  async connect(handshake: ZkHandshake = {}): Promise<ConnectResponse | undefined> {
    const { lastZxidSeen = 0, timeOut = 10_000, sessionId = 0n, passwd = new Uint8Array(16), readOnly } = handshake;
    const request = encode(connectRequest, { protocolVersion: 0, lastZxidSeen, timeOut, sessionId, passwd });
    this.sendFrame(readOnly === undefined ? request : Buffer.concat([request, Buffer.of(readOnly ? 1 : 0)]));
    await this.until(() => this.handshake !== undefined);
    return this.handshake === undefined ? undefined : connectResponse.read(new JuteReader(this.handshake));
  }

  /** Sends a request; returns its xid. */
  send<T>(opcode: number, codec: Codec<T>, body: T, xid = ++this.#xid): number {
    const writer = new JuteWriter();
    requestHeader.write(writer, { xid, opcode });
    codec.write(writer, body);
    this.sendFrame(writer.finish());
    return xid;
  }

  /** Sends a request and waits for its answer, or the end of the connection. */
  async ask<T>(opcode: number, codec: Codec<T>, body: T, xid?: number): Promise<ZkReply | undefined> {
    const sent = this.send(opcode, codec, body, xid);
    const from = this.heard.length;
    const answer = (): ZkReply | undefined => {
      for (const one of this.heard.slice(from)) if ("reply" in one && one.reply.xid === sent) return one.reply;
      return undefined;
    };
    await this.until(() => answer() !== undefined);
    return answer();
  }

  /** Sends one frame. */
  sendFrame(payload: Uint8Array): void {
    const length = Buffer.alloc(4);
    length.writeInt32BE(payload.length);
    this.sendBytes(Buffer.concat([length, payload]));
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Resolves once `condition` holds, or the connection is no more; rejects after `timeoutMs`. */
  async until(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!condition() && !this.closed) {
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`nothing came in ${timeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The events so far. */
  get events(): readonly ZkEvent[] {
    return this.heard.flatMap((one) => ("event" in one ? [one.event] : []));
  }

  /** Reads nothing any more, like a client that hangs; {@link resume} ends that. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  #take(frame: Uint8Array): void {
    if (this.handshake === undefined) {
      this.handshake = frame;
      return;
    }
    const reader = new JuteReader(frame);
    const header = replyHeader.read(reader);
    if (header.xid === -1) this.heard.push({ event: { ...watcherEvent.read(reader), zxid: header.zxid } });
    else this.heard.push({ reply: { ...header, body: reader.take(reader.left) } });
  }
}
