/** One session on one connection: it asks, one request behind the other, and is over when the connection is. */
import type { Credential } from "../base/acl.ts";
import { Queue } from "../base/queue.ts";
import { bool, type Codec, JuteReader, unlessMalformed } from "../zookeeper/jute.ts";
import { opcode } from "../zookeeper/opcodes.ts";
import {
  type ConnectRequest,
  type ConnectResponse,
  connectRequest,
  connectResponse,
  replyHeader,
  requestHeader,
  requests,
} from "../zookeeper/records.ts";
import { ConnectionError, ZooKeeperError } from "./failures.ts";
import { ZooKeeperWire } from "./wire.ts";

/** What goes by these numbers is not answered in the order of the requests. */
const xids = { event: -1, ping: -2, auth: -4 } as const;
/** Numbers of requests end there, as in kazoo, and begin with 1 again. */
const xidMax = 2 ** 31 - 1;
/** How long the end of a session may take, milliseconds: a server ends it by itself in time. */
const closePatienceMs = 1_000;

export interface ZooKeeperSessionOptions {
  /** Wanted, milliseconds. */
  readonly sessionTimeoutMs: number;
  /** How long a server may take until it gives a session, milliseconds. */
  readonly connectTimeoutMs: number;
  readonly credentials?: readonly Credential[];
}

interface Waiting {
  readonly xid: number;
  readonly answered: (frame: JuteReader) => void;
  readonly failed: (error: Error) => void;
}

/** A session that nobody resumes: it says who it is only once. */
export class ZooKeeperSession {
  readonly #wire: ZooKeeperWire;
  readonly #waiting = new Queue<Waiting>();
  #xid = 0;
  #pings: NodeJS.Timeout | undefined;
  /** Why the connection is to end. */
  #end: ConnectionError | undefined;

  private constructor(wire: ZooKeeperWire) {
    this.#wire = wire;
    wire.onClose = (why) => {
      clearInterval(this.#pings);
      this.#end ??= new ConnectionError("lost", wire.address, why ?? "the connection is closed");
      for (let one = this.#waiting.shift(); one !== undefined; one = this.#waiting.shift()) one.failed(this.#end);
    };
  }

  /** Opens a session at `host:port`. Rejects with a {@link ConnectionError}. */
  static async open(address: string, options: ZooKeeperSessionOptions): Promise<ZooKeeperSession> {
    const { connectTimeoutMs: timeoutMs, sessionTimeoutMs, credentials = [] } = options;
    const wire = await ZooKeeperWire.open(address, { timeoutMs });
    const { timeOut } = await handshake(wire, sessionTimeoutMs, timeoutMs);
    const session = new ZooKeeperSession(wire);
    session.#live(timeOut);
    for (const credential of credentials) await session.#show(credential);
    return session;
  }

  /** Whether it can be asked no more. */
  get closed(): boolean {
    return this.#wire.closed;
  }

  /** Sends a request. Rejects with a {@link ZooKeeperError} or a {@link ConnectionError}. */
  ask<T, R>(operation: number, codec: Codec<T>, request: T, answer: Codec<R>): Promise<R> {
    this.#xid = this.#xid === xidMax ? 1 : this.#xid + 1;
    return this.#asked(this.#xid, operation, codec, request, answer);
  }

  /** Ends the session, in good order if that does not take long; never rejects. */
  async close(): Promise<void> {
    const cut = setTimeout(() => this.#wire.destroy(), closePatienceMs);
    await this.ask(opcode.closeSession, requests.nothing, {}, requests.nothing).catch(() => {});
    clearTimeout(cut);
    this.#wire.destroy();
  }

  #asked<T, R>(xid: number, operation: number, codec: Codec<T>, request: T, answer: Codec<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(this.#end ?? new ConnectionError("lost", this.#wire.address, "it is closed"));
      this.#wire.send((to) => {
        requestHeader.write(to, { xid, opcode: operation });
        codec.write(to, request);
      });
      this.#waiting.push({
        xid,
        answered: (frame) => {
          const { err } = replyHeader.read(frame);
          if (err === 0) resolve(answer.read(frame));
          else reject(new ZooKeeperError(err));
        },
        failed: reject,
      });
    });
  }

  /** Says three times in a session's timeout that it lives. A server that has said nothing for so long is given up. */
  #live(timeoutMs: number): void {
    let heardAt = performance.now();
    this.#wire.onFrame = (frame) => {
      heardAt = performance.now();
      this.#take(frame);
    };
    this.#pings = setInterval(() => {
      if (performance.now() - heardAt > timeoutMs) return this.#wire.destroy("it has fallen silent");
      this.#wire.send((to) => requestHeader.write(to, { xid: xids.ping, opcode: opcode.ping }));
    }, timeoutMs / 3);
  }

  async #show({ scheme, auth }: Credential): Promise<void> {
    try {
      await this.#asked(xids.auth, opcode.auth, requests.auth, { type: 0, scheme, auth }, requests.nothing);
    } catch (error) {
      this.#wire.destroy();
      if (!(error instanceof ZooKeeperError)) throw error;
      throw new ConnectionError("authFailed", this.#wire.address, `a credential of scheme ${scheme} is refused`);
    }
  }

  #take(frame: Uint8Array): void {
    const reader = new JuteReader(frame);
    const xid = unlessMalformed(() => reader.fork().int());
    if (xid === xids.event || xid === xids.ping) return;
    const next = this.#waiting.at(0);
    const malformed = "it answers in what is not ZooKeeper's protocol";
    if (next === undefined || next.xid !== xid) return this.#wire.destroy(malformed);
    const read = unlessMalformed(() => {
      next.answered(reader);
      return true;
    });
    if (read) this.#waiting.shift();
    else this.#wire.destroy(malformed);
  }
}

/** What a server answers has this many bytes, with the byte `readOnly` that we send, or without. */
const responseBytes: readonly number[] = [36, 37];

/** Asks for a session, with the wire's next frame for an answer. Where there is none, the wire is cut. */
async function handshake(wire: ZooKeeperWire, timeOut: number, patienceMs: number): Promise<ConnectResponse> {
  const hello: ConnectRequest = {
    protocolVersion: 0,
    lastZxidSeen: 0,
    timeOut,
    sessionId: 0n,
    passwd: new Uint8Array(16),
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const failed = (trouble: "stranger" | "notServing", why: string): void =>
        reject(new ConnectionError(trouble, wire.address, why));
      timer = setTimeout(() => failed("notServing", "it gives no session in time"), patienceMs);
      wire.onClose = (why) =>
        failed(why === undefined ? "notServing" : "stranger", why ?? "it hangs up without giving a session");
      wire.onFrame = (frame) => {
        if (!responseBytes.includes(frame.length))
          return failed("stranger", "what it says is no answer of ZooKeeper's");
        const response = connectResponse.read(new JuteReader(frame.slice()));
        if (response.timeOut > 0) resolve(response);
        else failed("notServing", "it gives no session");
      };
      wire.send((to) => {
        connectRequest.write(to, hello);
        bool.write(to, false);
      });
    });
  } catch (error) {
    wire.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
