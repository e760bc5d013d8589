/** A bare client of ZooKeeper's protocol, for tests: it says what it is told to, and remembers all that it hears. */
import { type Codec, encode, JuteReader } from "../../src/zookeeper/jute.ts";
import {
  type ConnectResponse,
  connectRequest,
  connectResponse,
  replyHeader,
  requestHeader,
  watcherEvent,
} from "../../src/zookeeper/records.ts";
import { ZooKeeperWire } from "../../src/zookeeper-client/wire.ts";

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
  readonly #wire: ZooKeeperWire;
  /** All that was heard behind the handshake, in order. */
  readonly heard: ZkHeard[] = [];
  /** The bytes of the first frame; undefined until it has come. */
  handshake: Uint8Array | undefined;
  /** Whether the connection is no more. */
  closed = false;
  #xid = 0;
  #wake: () => void = () => {};

  private constructor(wire: ZooKeeperWire) {
    this.#wire = wire;
    // What was heard outlives what the network gave.
    wire.onFrame = (frame) => this.#take(Buffer.from(frame));
    wire.onPause = () => this.#wake();
    wire.onClose = () => {
      this.closed = true;
      this.#wake();
    };
  }

  /** Connects to host:port, and says nothing yet. */
  static async open(address: string): Promise<ZkClient> {
    return new ZkClient(await ZooKeeperWire.open(address));
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
    this.#wire.send((to) => {
      requestHeader.write(to, { xid, opcode });
      codec.write(to, body);
    });
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
    this.#wire.send((to) => to.bytes(payload));
  }

  /** Sends bytes as they are. */
  sendBytes(bytes: Uint8Array): void {
    this.#wire.sendBytes(bytes);
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
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#wire.destroy();
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
