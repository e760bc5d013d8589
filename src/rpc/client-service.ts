/** The Clients port over gRPC: session streams and the Status call (`proto/client.proto`). */
import {
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import type { AdminReply, AdminRequest } from "../base/admin.ts";
import { type ErrorCode, errorMessage, TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { GateStats } from "../doors/gate.ts";
import type { Log } from "../doors/log.ts";
import type { Clients, ConnectionId } from "../node/ports.ts";
import type { NodeStatus } from "../node/status.ts";
import { decodeAdminRequest, encodeAdminReply } from "../protocol/admin-codec.ts";
import { decodeClientFrame, encodeServerFrame } from "../protocol/client-codec.ts";
import type { ClientMessage, ServerMessage } from "../protocol/client-messages.ts";
import { writeBackupPart, writeStatusReply } from "../protocol/generated/client.ts";
import { encodeMessage } from "../protocol/message.ts";
import { ClientConnection, type SessionCall } from "./client-connection.ts";
import { asBuffer, firstLine, rawBytes } from "./grpc.ts";
import { GrpcDoor, type GrpcDoorOptions } from "./grpc-door.ts";
import type { RequestKind } from "./request-clock.ts";

/** What the node is told about its clients. */
export interface ClientHandlers {
  /** The first call for a connection opens it. */
  clientMessages(connection: ConnectionId, messages: readonly ClientMessage[]): void;
  /** The client is gone. Not called for a connection that the node closed. */
  clientDisconnected(connection: ConnectionId): void;
  /** A client of which {@link ClientService.isCongested} was true has taken most of what waited. */
  clientReady?(connection: ConnectionId): void;
  status(): NodeStatus;
  /** Carries out an operator's request; `signal` aborts when nobody waits for the answer any more. */
  administer?(request: AdminRequest, signal: AbortSignal): Promise<AdminReply>;
  /** A client has asked for so many reads and writes. */
  asked?(reads: number, writes: number): void;
  /** A request of a sample was answered: milliseconds from its arrival. */
  answered?(kind: RequestKind, durationMs: number): void;
  /** The bytes of a backup of what is applied now. */
  backup(): AsyncGenerator<Uint8Array>;
}

export interface ClientServiceOptions {
  readonly handlers: ClientHandlers;
  readonly log: Log;
  /** Session streams; default: as many as there may be connections, less some to say so to those that come on top. */
  readonly connectionsMax?: number;
  /** Its connections: see {@link GrpcDoorOptions}. */
  readonly door?: Partial<GrpcDoorOptions>;
  /** A stream without a Connect message by then is closed. */
  readonly connectTimeoutMs?: number;
  /** Unsent bytes to one client; beyond it the connection is closed. */
  readonly queueBytesMax?: number;
  /** A client with more than that waiting is cut off once it has taken nothing for so long, milliseconds. */
  readonly stallMsMax?: number;
}

/** A silent connection is probed after this long and given up after as long again. */
const clientKeepaliveMs = 10_000;

const sessionService: ServiceDefinition = {
  session: {
    path: "/terrarium.Client/Session",
    requestStream: true,
    responseStream: true,
    requestSerialize: rawBytes,
    requestDeserialize: rawBytes,
    responseSerialize: rawBytes,
    responseDeserialize: rawBytes,
  },
  status: {
    path: "/terrarium.Client/Status",
    requestStream: false,
    responseStream: false,
    requestSerialize: rawBytes,
    requestDeserialize: rawBytes,
    responseSerialize: rawBytes,
    responseDeserialize: rawBytes,
  },
  admin: {
    path: "/terrarium.Client/Admin",
    requestStream: false,
    responseStream: false,
    requestSerialize: rawBytes,
    requestDeserialize: rawBytes,
    responseSerialize: rawBytes,
    responseDeserialize: rawBytes,
  },
  backup: {
    path: "/terrarium.Client/Backup",
    requestStream: false,
    responseStream: true,
    requestSerialize: rawBytes,
    requestDeserialize: rawBytes,
    responseSerialize: rawBytes,
    responseDeserialize: rawBytes,
  },
};

/** Connections beyond the sessions that there may be, for those who are told so, and for status and backups. */
const spareMax = 64;
/** Backups at a time; each holds a view of the disk. */
const backupsMax = 2;
/** A backup goes out in parts of at most this, bytes. */
const backupPartBytes = 1024 * 1024;

type BackupCall = ServerWritableStream<Buffer, Buffer>;

export class ClientService implements Clients {
  private readonly options: Required<Omit<ClientServiceOptions, "door">>;
  private readonly door: GrpcDoor;
  private readonly connections = new Map<ConnectionId, ClientConnection>();
  private readonly unflushed = new Set<ClientConnection>();
  private lastConnection: ConnectionId = 0;
  private backups = 0;

  constructor(options: ClientServiceOptions) {
    const connections = options.door?.connectionsMax ?? limits.connectionsMax;
    this.options = {
      connectionsMax: connections - Math.min(spareMax, Math.ceil(connections / 8)),
      connectTimeoutMs: 5000,
      queueBytesMax: limits.clientQueueBytesMax,
      stallMsMax: 5000,
      ...options,
    };
    this.door = new GrpcDoor({
      name: "clients",
      connectionsMax: connections,
      log: options.log,
      keepaliveMs: clientKeepaliveMs,
      frameBytesMax: limits.frameBytesMax,
      ...options.door,
    });
    this.door.serve(sessionService, {
      session: (call: SessionCall) => this.open(call),
      status: this.door.unary((_call, respond) => this.respondStatus(respond)),
      admin: this.door.unary((call, respond) => this.administer(call, respond)),
      backup: (call: BackupCall) => void this.sendBackup(call),
    });
  }

  /**
   * Accepts clients at `address` (host:port); resolves to the port.
   *
   * @throws TerrariumError ADDRESS_IN_USE, USAGE
   */
  listen(address: string): Promise<number> {
    return this.door.listen(address);
  }

  /** What has become of those who connected. */
  get stats(): GateStats {
    return this.door.stats;
  }

  /** Open session streams. */
  get size(): number {
    return this.connections.size;
  }

  /** Queues messages; all that one turn of the event loop sends to a client leaves in one frame. */
  send(id: ConnectionId, messages: readonly ServerMessage[]): void {
    const connection = this.connections.get(id);
    if (connection === undefined) return;
    connection.clock.answered(messages, this.options.handlers);
    connection.push(messages);
    if (this.unflushed.size === 0) queueMicrotask(() => this.flush());
    this.unflushed.add(connection);
  }

  isCongested(id: ConnectionId): boolean {
    return this.connections.get(id)?.isCongested === true;
  }

  close(id: ConnectionId): void {
    const connection = this.connections.get(id);
    if (connection === undefined) return;
    this.connections.delete(id);
    connection.end();
  }

  /** Ends all streams and stops listening. Nothing is reported any more. */
  shutdown(): Promise<void> {
    for (const connection of this.connections.values()) connection.end();
    this.connections.clear();
    return this.door.close();
  }

  private flush(): void {
    const connections = [...this.unflushed];
    this.unflushed.clear();
    for (const connection of connections) connection.flush();
  }

  private open(call: SessionCall): void {
    call.on("error", () => {});
    this.door.began(call);
    if (this.connections.size >= this.options.connectionsMax) {
      call.write(asBuffer(encodeServerFrame([refusal("OVERLOADED", "the server has no room for another connection")])));
      call.end();
      call.resume();
      return;
    }
    this.lastConnection += 1;
    const id = this.lastConnection;
    const connection = new ClientConnection(
      call,
      () => this.drop(id, "OVERLOADED", "the client does not read its answers"),
      this.options.queueBytesMax,
      this.options.stallMsMax,
    );
    connection.onReady = () => this.options.handlers.clientReady?.(id);
    this.connections.set(id, connection);
    const connectTimer = setTimeout(
      () => this.drop(id, "PROTOCOL_ERROR", "no Connect message came in time"),
      this.options.connectTimeoutMs,
    );
    call.on("data", (bytes: Buffer) => {
      if (!this.connections.has(id)) return;
      // An empty frame says nothing: the client has still to connect.
      if (this.receive(id, bytes)) clearTimeout(connectTimer);
    });
    call.on("end", () => {
      connection.end();
      this.lost(id);
    });
    for (const event of ["cancelled", "close"]) {
      call.on(event, () => {
        clearTimeout(connectTimer);
        connection.gone();
        this.lost(id);
      });
    }
  }

  /** Hands a frame to the node. Returns whether there was anything in it. */
  private receive(id: ConnectionId, bytes: Buffer): boolean {
    let messages: readonly ClientMessage[];
    try {
      messages = decodeClientFrame(bytes);
    } catch (error) {
      const reason = error instanceof Error ? firstLine(error.message) : String(error);
      this.drop(id, error instanceof TerrariumError ? error.code : "PROTOCOL_ERROR", reason);
      return false;
    }
    if (messages.length === 0) return false;
    this.connections.get(id)?.clock.asked(messages, this.options.handlers);
    this.options.handlers.clientMessages(id, messages);
    return true;
  }

  /** Closes a connection for a fault of its client. */
  private drop(id: ConnectionId, code: ErrorCode, message: string): void {
    const connection = this.connections.get(id);
    if (connection === undefined) return;
    this.options.log.warn({ connection: id, code, reason: message }, "closed a client's connection");
    connection.refuse(code, message);
    this.lost(id);
  }

  private lost(id: ConnectionId): void {
    if (!this.connections.delete(id)) return;
    this.options.handlers.clientDisconnected(id);
  }

  private administer(call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>): void {
    const { handlers, log } = this.options;
    const gone = new AbortController();
    call.on("cancelled", () => gone.abort());
    const answer = async (): Promise<AdminReply> => {
      if (handlers.administer === undefined) throw new TerrariumError("PROTOCOL_ERROR", "not served here");
      const request = decodeAdminRequest(call.request);
      log.info({ request }, "an operator asks");
      return await handlers.administer(request, gone.signal);
    };
    answer().then(
      (reply) => respond(null, asBuffer(encodeAdminReply(reply))),
      (error: unknown) => {
        const known = error instanceof TerrariumError;
        if (!known) log.error({ reason: String(error) }, "a request of an operator failed");
        respond({
          code: known ? status.INVALID_ARGUMENT : status.INTERNAL,
          details: known ? error.message : "the server could not do it",
        });
      },
    );
  }

  /** Sends a backup as fast as the client takes it. Never rejects. */
  private async sendBackup(call: BackupCall): Promise<void> {
    call.on("error", () => {});
    this.door.began(call);
    if (this.backups >= backupsMax) {
      call.emit("error", { code: status.RESOURCE_EXHAUSTED, details: "the server sends other backups at this time" });
      return;
    }
    this.backups += 1;
    let gone = false;
    const goes = new Promise<void>((resolve) => {
      for (const event of ["cancelled", "close", "finish"]) {
        call.on(event, () => {
          gone = true;
          resolve();
        });
      }
    });
    try {
      for await (const bytes of this.options.handlers.backup()) {
        for (let at = 0; at < bytes.length && !gone; at += backupPartBytes) {
          const data = bytes.subarray(at, at + backupPartBytes);
          const part = asBuffer(encodeMessage(writeBackupPart, { data }));
          if (!call.write(part)) await Promise.race([new Promise((resolve) => call.once("drain", resolve)), goes]);
        }
        if (gone) return;
      }
      call.end();
    } catch (error) {
      const details = error instanceof Error ? firstLine(error.message) : String(error);
      this.options.log.error({ reason: details }, "a backup failed");
      const overloaded = error instanceof TerrariumError && error.code === "OVERLOADED";
      call.emit("error", { code: overloaded ? status.RESOURCE_EXHAUSTED : status.INTERNAL, details });
    } finally {
      this.backups -= 1;
    }
  }

  private respondStatus(respond: sendUnaryData<Buffer>): void {
    try {
      respond(
        null,
        asBuffer(encodeMessage(writeStatusReply, { json: JSON.stringify(this.options.handlers.status()) })),
      );
    } catch (error) {
      this.options.log.error({ reason: String(error) }, "could not tell the status");
      respond({ code: status.INTERNAL, details: "the server could not tell its status" });
    }
  }
}

function refusal(code: ErrorCode, message: string = errorMessage(code)): ServerMessage {
  return { type: "refused", failure: { code, message } };
}
