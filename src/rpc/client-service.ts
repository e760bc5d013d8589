/** The gRPC door of clients: session streams, the Status call, operators' requests and backups (`proto/client.proto`). */
import { type ServerUnaryCall, type ServiceDefinition, type sendUnaryData, status } from "@grpc/grpc-js";
import type { AdminReply, AdminRequest } from "../base/admin.ts";
import { TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { ClientStreams } from "../doors/client-streams.ts";
import type { Door } from "../doors/door.ts";
import type { DoorLog } from "../doors/door-log.ts";
import type { GateStats } from "../doors/gate.ts";
import type { IdentityOptions } from "../doors/identities.ts";
import type { NodeStatus } from "../node/status.ts";
import { decodeAdminRequest, encodeAdminReply } from "../protocol/admin-codec.ts";
import { readSessionsRequest, writeSessionsReply, writeStatusReply } from "../protocol/generated/client.ts";
import { decodeMessage, encodeMessage } from "../protocol/message.ts";
import { type BackupCall, Backups } from "./backup-call.ts";
import { asBuffer, rawBytes } from "./grpc.ts";
import { GrpcDoor, type GrpcDoorOptions } from "./grpc-door.ts";
import { carrySession, type SessionCall } from "./session-stream.ts";

/** Who answers what is no session. */
export interface ServiceHandlers {
  status(): NodeStatus;
  /** Live sessions behind `after`, to be told as JSON. @throws TerrariumError OVERLOADED */
  sessions?(after: number): Promise<object>;
  /** Carries out an operator's request; `signal` aborts when nobody waits for the answer any more. */
  administer?(request: AdminRequest, signal: AbortSignal): Promise<AdminReply>;
  /** The bytes of a backup of what is applied now. */
  backup(): AsyncGenerator<Uint8Array>;
}

export interface ClientServiceOptions {
  /** Where session streams go. */
  readonly streams: ClientStreams;
  readonly handlers: ServiceHandlers;
  readonly log: DoorLog;
  readonly identities?: IdentityOptions;
  /** Its connections: see {@link GrpcDoorOptions}. */
  readonly door?: Partial<GrpcDoorOptions>;
}

/** A silent connection is probed after this long and given up after as long again. */
const clientKeepaliveMs = 10_000;

const rawMethod = {
  requestSerialize: rawBytes,
  requestDeserialize: rawBytes,
  responseSerialize: rawBytes,
  responseDeserialize: rawBytes,
};

const sessionService: ServiceDefinition = {
  session: { path: "/terrarium.Client/Session", requestStream: true, responseStream: true, ...rawMethod },
  status: { path: "/terrarium.Client/Status", requestStream: false, responseStream: false, ...rawMethod },
  sessions: { path: "/terrarium.Client/Sessions", requestStream: false, responseStream: false, ...rawMethod },
  admin: { path: "/terrarium.Client/Admin", requestStream: false, responseStream: false, ...rawMethod },
  backup: { path: "/terrarium.Client/Backup", requestStream: false, responseStream: true, ...rawMethod },
};

/** Serves clients that speak gRPC. */
export class ClientService implements Door {
  readonly #handlers: ServiceHandlers;
  readonly #log: DoorLog;
  readonly #door: GrpcDoor;

  constructor({ streams, handlers, log, identities, door }: ClientServiceOptions) {
    this.#handlers = handlers;
    this.#log = log;
    this.#door = new GrpcDoor({
      name: "clients",
      connectionsMax: limits.connectionsMax,
      log,
      keepaliveMs: clientKeepaliveMs,
      frameBytesMax: limits.frameBytesMax,
      ...door,
    });
    const backups = new Backups(() => handlers.backup(), log);
    this.#door.serve(sessionService, {
      session: (call: SessionCall) => {
        this.#began(call);
        carrySession(call, streams, identities);
      },
      status: this.#door.unary((_call, respond) => this.#respondStatus(respond)),
      sessions: this.#door.unary((call, respond) => void this.#respondSessions(call.request, respond)),
      admin: this.#door.unary((call, respond) => this.#administer(call, respond)),
      backup: (call: BackupCall) => {
        this.#began(call);
        void backups.send(call);
      },
    });
  }

  listen(address: string): Promise<number> {
    return this.#door.listen(address);
  }

  get stats(): GateStats {
    return this.#door.stats;
  }

  /** Lets nobody in any more. Session streams are to be ended first: {@link ClientStreams.end}. */
  close(): Promise<void> {
    return this.#door.close();
  }

  #began(call: SessionCall | BackupCall): void {
    call.on("error", () => {});
    this.#door.began(call);
  }

  #administer(call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>): void {
    const gone = new AbortController();
    call.on("cancelled", () => gone.abort());
    const answer = async (): Promise<AdminReply> => {
      if (this.#handlers.administer === undefined) throw new TerrariumError("PROTOCOL_ERROR", "not served here");
      const request = decodeAdminRequest(call.request);
      this.#log.info({ request }, "an operator asks");
      return await this.#handlers.administer(request, gone.signal);
    };
    answer().then(
      (reply) => respond(null, asBuffer(encodeAdminReply(reply))),
      (error: unknown) => {
        const known = error instanceof TerrariumError;
        if (!known) this.#log.error({ reason: String(error) }, "a request of an operator failed");
        respond({
          code: known ? status.INVALID_ARGUMENT : status.INTERNAL,
          details: known ? error.message : "the server could not do it",
        });
      },
    );
  }

  async #respondSessions(request: Buffer, respond: sendUnaryData<Buffer>): Promise<void> {
    try {
      if (this.#handlers.sessions === undefined) throw new TerrariumError("PROTOCOL_ERROR", "not served here");
      const { after } = decodeMessage(readSessionsRequest, request);
      const json = JSON.stringify(await this.#handlers.sessions(after));
      respond(null, asBuffer(encodeMessage(writeSessionsReply, { json })));
    } catch (error) {
      if (error instanceof TerrariumError && error.code === "OVERLOADED")
        return respond({ code: status.RESOURCE_EXHAUSTED, details: error.message });
      this.#log.error({ reason: String(error) }, "could not tell the sessions");
      respond({ code: status.INTERNAL, details: "the server could not tell its sessions" });
    }
  }

  #respondStatus(respond: sendUnaryData<Buffer>): void {
    try {
      const json = JSON.stringify(this.#handlers.status());
      respond(null, asBuffer(encodeMessage(writeStatusReply, { json })));
    } catch (error) {
      this.#log.error({ reason: String(error) }, "could not tell the status");
      respond({ code: status.INTERNAL, details: "the server could not tell its status" });
    }
  }
}
