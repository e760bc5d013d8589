/** A session stream without the client library, which sends only what it finds right. */
import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { emptyBytes } from "../../src/base/bytes.ts";
import type { Operation, Result } from "../../src/base/operations.ts";
import type { ReadKind } from "../../src/base/reads.ts";
import { decodeServerFrame, encodeClientFrame } from "../../src/protocol/client-codec.ts";
import { type ClientMessage, protocolVersion, type RequestBody } from "../../src/protocol/client-messages.ts";

interface Waiting {
  resolve(result: Result): void;
  reject(error: Error): void;
}

export class RawSession {
  readonly #channel: Client;
  readonly #stream: ClientDuplexStream<Buffer, Buffer>;
  /** Who waits for a reply, by xid; 0 for the session itself. */
  readonly #waiting = new Map<number, Waiting>();
  #xid = 0;
  #writes = 0;

  private constructor(endpoint: string) {
    this.#channel = new Client(endpoint, credentials.createInsecure(), { "grpc.max_send_message_length": -1 });
    const bytes = (frame: Buffer) => frame;
    this.#stream = this.#channel.makeBidiStreamRequest("/terrarium.Client/Session", bytes, bytes);
    this.#stream.on("data", (frame: Buffer) => this.#received(frame));
    this.#stream.on("error", () => undefined);
    this.#stream.on("status", ({ details }) => this.#fail(`the stream has ended: ${details}`));
  }

  /** Opens a stream to a server, with a new session. */
  static async connect(endpoint: string): Promise<RawSession> {
    const session = new RawSession(endpoint);
    const attached = session.#answerTo(0);
    const nobody = { sessionId: 0, password: emptyBytes, lastZxid: 0, holder: 1, takeover: false, instance: 0 };
    session.#send({ type: "connect", protocol: protocolVersion, timeoutMs: 60_000, ...nobody });
    await attached;
    return session;
  }

  /** What the server answers to an operation, whatever it is. */
  write(operation: Operation): Promise<Result> {
    return this.#request({ type: "write", operation }, ++this.#writes);
  }

  /** What the server answers to a read, whatever it is. */
  read(kind: ReadKind, path: string): Promise<Result> {
    return this.#request({ type: "read", read: { kind, path, watch: false, local: false } }, 0);
  }

  /** Ends the session. */
  async close(): Promise<void> {
    await this.#request({ type: "close" }, ++this.#writes);
    this.#channel.close();
  }

  #request(body: RequestBody, requestId: number): Promise<Result> {
    const answer = this.#answerTo(++this.#xid);
    this.#send({ type: "request", xid: this.#xid, requestId, ackedRequestId: 0, body });
    return answer;
  }

  #answerTo(xid: number): Promise<Result> {
    return new Promise((resolve, reject) => this.#waiting.set(xid, { resolve, reject }));
  }

  #send(message: ClientMessage): void {
    this.#stream.write(Buffer.from(encodeClientFrame([message])));
  }

  #received(frame: Buffer): void {
    for (const message of decodeServerFrame(frame)) {
      if (message.type === "connected") this.#answered(0, {});
      if (message.type === "reply") this.#answered(message.xid, message.result);
      if (message.type === "refused") this.#fail(`refused: ${message.failure.code} ${message.failure.message}`);
    }
  }

  #answered(xid: number, result: Result): void {
    this.#waiting.get(xid)?.resolve(result);
    this.#waiting.delete(xid);
  }

  #fail(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}
