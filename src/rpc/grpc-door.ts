/** A gRPC server behind a gate: what the door of clients and that of other servers have in common. */
import {
  type ConnectionInjector,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Door } from "../doors/door.ts";
import type { DoorLog } from "../doors/door-log.ts";
import { Gate, type GateStats } from "../doors/gate.ts";
import { Listener } from "../doors/listener.ts";
import { channelOptions } from "./grpc.ts";

export interface GrpcDoorOptions {
  /** Which door it is. */
  readonly name: string;
  readonly connectionsMax: number;
  readonly perAddressMax?: number | undefined;
  /** How long a new connection may be without a call, milliseconds; default 10,000. */
  readonly firstCallMs?: number | undefined;
  /** How long one may be without a call behind its last one, milliseconds; default 60,000. */
  readonly idleMs?: number | undefined;
  readonly log: DoorLog;
  /** A silent connection is probed after this and given up after as long again, milliseconds. */
  readonly keepaliveMs: number;
  /** Largest message in either direction, bytes. */
  readonly frameBytesMax: number;
}

/** Calls that one connection may have open. */
const callsMax = 1000;
/** How long what was written may take to leave when the door closes, milliseconds. */
const closeMs = 200;

/** The part of a call that every kind of it has. */
interface AnyCall {
  getPeer(): string;
  on(event: string, listener: () => void): unknown;
}

/** A gRPC server, its gate and its listener. */
export class GrpcDoor implements Door {
  readonly #server: Server;
  readonly #injector: ConnectionInjector;
  readonly #gate: Gate;
  readonly #listener: Listener;

  constructor(options: GrpcDoorOptions) {
    const { name, connectionsMax, perAddressMax, firstCallMs = 10_000, idleMs = 60_000, log } = options;
    this.#server = new Server({
      ...channelOptions(options.keepaliveMs, options.frameBytesMax),
      "grpc.max_concurrent_streams": callsMax,
    });
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#gate = new Gate({ name, connectionsMax, perAddressMax, firstWordMs: firstCallMs, idleMs, log });
    this.#listener = new Listener(this.#gate, (socket) => this.#injector.injectConnection(socket));
  }

  get stats(): GateStats {
    return this.#gate.stats;
  }

  /** Has the calls of `service` answered. */
  serve(service: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.#server.addService(service, implementation);
  }

  /**
   * Accepts connections at `address` (host:port); resolves to the port.
   *
   * @throws TerrariumError ADDRESS_IN_USE, USAGE
   */
  listen(address: string): Promise<number> {
    return this.#listener.listen(address);
  }

  /** A call whose stream has just been opened: its connection counts as heard until it is closed. */
  began(call: AnyCall): void {
    const ended = this.#gate.began(call.getPeer());
    for (const event of ["cancelled", "close"]) call.on(event, ended);
  }

  /** A handler of single requests, whose connection counts as heard until it is answered. */
  unary(
    handler: (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => void,
  ): (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => void {
    return (call, respond) => {
      const ended = this.#gate.began(call.getPeer());
      call.on("cancelled", ended);
      handler(call, (...answer) => {
        ended();
        respond(...answer);
      });
    };
  }

  /** Accepts no more, and ends what there is: what was written leaves first, and who does not take it is not waited for. */
  async close(): Promise<void> {
    await this.#listener.close();
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => {
        this.#server.forceShutdown();
        resolve();
      }, closeMs);
      this.#server.tryShutdown(() => {
        clearTimeout(force);
        resolve();
      });
    });
    this.#gate.close();
  }
}
