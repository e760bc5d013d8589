/** A gRPC server with the session protocol over a {@link FakeCluster}, which several such servers may share. */
import {
  status as grpcStatus,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import type { AdminReply } from "../../src/base/admin.ts";
import { encodeAdminReply } from "../../src/protocol/admin-codec.ts";
import { decodeClientFrame, encodeServerFrame } from "../../src/protocol/client-codec.ts";
import type { ServerMessage } from "../../src/protocol/client-messages.ts";
import { encodeProto } from "../support/schema.ts";
import { FakeCluster } from "./client-fake-cluster.ts";

type Stream = ServerDuplexStream<Buffer, Buffer>;

const raw = {
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
};

const service = {
  session: { path: "/terrarium.Client/Session", requestStream: true, responseStream: true, ...raw },
  status: { path: "/terrarium.Client/Status", requestStream: false, responseStream: false, ...raw },
  admin: { path: "/terrarium.Client/Admin", requestStream: false, responseStream: false, ...raw },
};

const noLeader = { type: "failed", code: "NO_QUORUM", message: "no leader", leader: undefined } as const;

/** A cluster of servers on free ports of this machine. */
export class FakeServers {
  readonly cluster: FakeCluster;
  /** Frames that arrived, each with its number of messages. */
  readonly frames: number[] = [];
  /** Stops answering while true: what comes in waits. */
  deaf = false;
  /** The JSON of a status call; undefined for an error. */
  status: string | undefined = "{}";
  /** Answers an operator's request: undefined for silence; what it throws is told as a server's own failure. */
  admin: () => AdminReply | undefined = () => noLeader;
  readonly #streams = new Map<number, Stream>();
  readonly #servers: { readonly server: Server; readonly port: number }[] = [];
  #connections = 0;
  /** What the cluster said in this turn: one frame for each stream. */
  readonly #out = new Map<number, ServerMessage[]>();

  constructor() {
    this.cluster = new FakeCluster((connection, message) => {
      if (this.#out.size === 0) queueMicrotask(() => this.#flush());
      const messages = this.#out.get(connection);
      if (messages === undefined) this.#out.set(connection, [message]);
      else messages.push(message);
    });
  }

  get endpoints(): string[] {
    return this.#servers.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Adds a server; resolves once it listens. */
  async add(port = 0): Promise<void> {
    const server = new Server();
    server.addService(service, {
      session: (stream: Stream) => this.#accept(stream),
      status: (_call: unknown, respond: sendUnaryData<Buffer>) => this.#respond(respond),
      admin: (_call: unknown, respond: sendUnaryData<Buffer>) => this.#administer(respond),
    });
    const bound = await new Promise<number>((resolve, reject) => {
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, free) => {
        if (error === null) resolve(free);
        else reject(error);
      });
    });
    this.#servers.push({ server, port: bound });
  }

  /** Kills a server with all its streams; the endpoint refuses connections from then on. */
  kill(endpoint: string | undefined): void {
    this.#servers.find(({ port }) => `127.0.0.1:${port}` === endpoint)?.server.forceShutdown();
  }

  stop(): void {
    for (const { server } of this.#servers) server.forceShutdown();
  }

  /** Sends bytes on every stream. */
  shout(bytes: Uint8Array): void {
    for (const stream of this.#streams.values()) stream.write(Buffer.from(bytes));
  }

  /** Carries out somebody else's change. */
  async change(operation: Parameters<FakeCluster["apply"]>[0]): Promise<void> {
    this.cluster.apply(operation);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  #accept(stream: Stream): void {
    const connection = ++this.#connections;
    this.#streams.set(connection, stream);
    stream.on("data", (frame: Buffer) => {
      const messages = decodeClientFrame(frame);
      this.frames.push(messages.length);
      if (this.deaf) return;
      for (const message of messages) this.cluster.receive(connection, message);
    });
    stream.on("error", () => this.#gone(connection));
    stream.on("close", () => this.#gone(connection));
    stream.on("end", () => stream.end());
  }

  #gone(connection: number): void {
    this.#streams.delete(connection);
    this.cluster.closed(connection);
  }

  #respond(respond: sendUnaryData<Buffer>): void {
    if (this.status === undefined) respond({ code: grpcStatus.UNIMPLEMENTED, details: "nothing here" });
    else respond(null, Buffer.from(encodeProto("StatusReply", { json: this.status })));
  }

  #administer(respond: sendUnaryData<Buffer>): void {
    try {
      const reply = this.admin();
      if (reply !== undefined) respond(null, Buffer.from(encodeAdminReply(reply)));
    } catch (error) {
      respond({ code: grpcStatus.INTERNAL, details: error instanceof Error ? error.message : String(error) });
    }
  }

  #flush(): void {
    for (const [connection, messages] of this.#out) {
      const stream = this.#streams.get(connection);
      stream?.write(Buffer.from(encodeServerFrame(messages)));
      if (messages.some((message) => message.type === "refused")) stream?.end();
    }
    this.#out.clear();
  }
}
