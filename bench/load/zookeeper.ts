/** Loads whoever speaks ZooKeeper's protocol by a bare client: requests are sent one behind the other, nothing is retried. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { utf8 } from "../../src/base/bytes.ts";
import { type Codec, encode, JuteReader, JuteWriter } from "../../src/zookeeper/jute.ts";
import { opcode } from "../../src/zookeeper/opcodes.ts";
import {
  connectRequest,
  connectResponse,
  replies,
  replyHeader,
  requestHeader,
  requests,
} from "../../src/zookeeper/records.ts";
import { type Driver, inTurn, type Keys, type LoadOperation } from "./driver.ts";

const acls = [{ perms: 31, scheme: "world", id: "anyone" }];
const sequential = 2;
const sessionTimeoutMs = 30_000;
/** How long a server may take until it gives a session. Milliseconds. */
const patienceMs = 30_000;
/** What a client says of itself between two requests is a ping with this number. */
const pingXid = -2;

interface Waiting {
  readonly answered: (body: JuteReader) => void;
  readonly failed: (error: Error) => void;
}

/** One session. */
class RawSession {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  /** Of `waiting`, how many were answered and stand there still. */
  #answered = 0;
  #left: Buffer = Buffer.alloc(0);
  #frames: Uint8Array[] = [];
  #xid = 0;
  readonly #pings: NodeJS.Timeout;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(this.#pings);
      for (const { failed } of this.#waiting.splice(0).slice(this.#answered))
        failed(new Error("the connection is closed"));
    });
    this.#pings = setInterval(() => {
      const writer = new JuteWriter();
      requestHeader.write(writer, { xid: pingXid, opcode: opcode.ping });
      this.#send(writer.finish());
    }, sessionTimeoutMs / 3);
  }

  /** A server that has only just started may hang up: then it is asked again. */
  static async open(endpoint: string): Promise<RawSession> {
    return await retried(() => RawSession.#openOnce(endpoint));
  }

  static async #openOnce(endpoint: string): Promise<RawSession> {
    const colon = endpoint.lastIndexOf(":");
    const socket = connect({ host: endpoint.slice(0, colon), port: Number(endpoint.slice(colon + 1)), noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve();
      });
    });
    const session = new RawSession(socket);
    const hello = { protocolVersion: 0, lastZxidSeen: 0, timeOut: sessionTimeoutMs, sessionId: 0n };
    const answer = session.#awaited((body) => connectResponse.read(body).timeOut);
    session.#send(encode(connectRequest, { ...hello, passwd: new Uint8Array(16) }));
    if ((await answer) === 0) throw new Error(`${endpoint} gives no session`);
    return session;
  }

  /** Sends a request; rejects if the answer is an error. */
  ask<T, R>(operation: number, codec: Codec<T>, request: T, answer: Codec<R>): Promise<R> {
    const writer = new JuteWriter();
    requestHeader.write(writer, { xid: ++this.#xid, opcode: operation });
    codec.write(writer, request);
    this.#send(writer.finish());
    return this.#awaited((body) => {
      const { err } = replyHeader.read(body);
      if (err !== 0) throw new Error(`ZooKeeper's error ${err}`);
      return answer.read(body);
    });
  }

  /** Whether the server has hung up. */
  get closed(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.#socket.once("close", resolve));
    await this.ask(opcode.closeSession, requests.nothing, {}, requests.nothing);
    this.#socket.destroy();
    await gone;
  }

  #awaited<R>(read: (body: JuteReader) => R): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        answered: (body) => {
          try {
            resolve(read(body));
          } catch (error) {
            reject(error);
          }
        },
        failed: reject,
      });
    });
  }

  /** What one turn of the event loop has to say leaves together. */
  #send(frame: Uint8Array): void {
    if (this.#frames.length === 0) setImmediate(() => this.#flush());
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(frame.length);
    this.#frames.push(length, frame);
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = [];
    this.#socket.write(Buffer.concat(frames));
  }

  #take(chunk: Buffer): void {
    const bytes = this.#left.length === 0 ? chunk : Buffer.concat([this.#left, chunk]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const length = bytes.readInt32BE(at);
      if (bytes.length - at - 4 < length) break;
      this.#answer(bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.#left = bytes.subarray(at);
    this.#waiting.splice(0, this.#answered);
    this.#answered = 0;
  }

  #answer(frame: Buffer): void {
    // The first answer is that to the handshake, and has no number.
    if (this.#xid > 0 && frame.readInt32BE(0) === pingXid) return;
    this.#waiting[this.#answered++]?.answered(new JuteReader(frame));
  }
}

/** Tries until it succeeds, for a while. */
async function retried<T>(attempt: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(100))
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
}

/** A session, and after its server has hung up, which fails what is under way, another one. */
class Link {
  readonly #endpoint: string;
  #session: RawSession;
  #opening: Promise<RawSession> | undefined;

  private constructor(endpoint: string, session: RawSession) {
    this.#endpoint = endpoint;
    this.#session = session;
  }

  static async open(endpoint: string): Promise<Link> {
    return new Link(endpoint, await RawSession.open(endpoint));
  }

  ask<T, R>(operation: number, codec: Codec<T>, request: T, answer: Codec<R>): Promise<R> {
    if (!this.#session.closed) return this.#session.ask(operation, codec, request, answer);
    return this.#again().then((session) => session.ask(operation, codec, request, answer));
  }

  close(): Promise<void> {
    return this.#session.closed ? Promise.resolve() : this.#session.close();
  }

  async #again(): Promise<RawSession> {
    this.#opening ??= RawSession.open(this.#endpoint);
    this.#session = await this.#opening;
    this.#opening = undefined;
    return this.#session;
  }
}

/** Each session is with another endpoint, in turn. There is no linearizable read. */
export async function openZooKeeper(endpoints: readonly string[], sessions: number, keys: Keys): Promise<Driver> {
  const all = await Promise.all(Array.from({ length: sessions }, (_, i) => Link.open(inTurn(endpoints, i))));
  const create = (session: number, path: string, data: Uint8Array, flags: number) =>
    inTurn(all, session).ask(opcode.create, requests.create, { path, data, acls, flags }, replies.path);
  const read = (link: Link, path: string) =>
    link.ask(opcode.getData, requests.read, { path, watch: false }, replies.data);
  const { path: root } = await retried(() => create(0, "/bench-", utf8(""), sequential));
  const value = new Uint8Array(keys.valueBytes).fill(120);
  const paths = Array.from({ length: keys.count }, (_, i) => `${root}/k${i}`);
  return {
    prepare: async () => {
      // In portions: a ZooKeeper server reads no more from one that has very many requests open.
      for (let from = 0; from < paths.length; from += 1000)
        await Promise.all(
          paths.slice(from, from + 1000).map((path, i) =>
            retried(async () => {
              // It may be there, though nobody said so.
              await create(i, path, value, 0).catch(() => read(inTurn(all, i), path));
            }),
          ),
        );
      // A server may be behind what the others have told.
      const path = inTurn(paths, paths.length - 1);
      await Promise.all(all.map((one) => retried(() => read(one, path))));
    },
    operate: (operation: LoadOperation, session, key) => {
      const path = inTurn(paths, key);
      const one = inTurn(all, session);
      switch (operation) {
        case "set":
          return one.ask(opcode.setData, requests.setData, { path, data: value, version: -1 }, replies.stat);
        case "get-local":
          return read(one, path);
        case "create":
          return create(session, `${root}/n-`, value, sequential);
        case "get":
          return Promise.reject(new Error("ZooKeeper has no linearizable read"));
      }
    },
    close: async () => {
      await Promise.all(all.map((one) => one.close()));
    },
  };
}
