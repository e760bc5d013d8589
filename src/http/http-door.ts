/** HTTP as one of the server's doors: admitted by a gate as at the others, with limits of its own behind it. */
import type { FastifyInstance } from "fastify";
import { splitAddress } from "../doors/address.ts";
import type { Door } from "../doors/door.ts";
import type { DoorLog } from "../doors/door-log.ts";
import { Gate, type GateStats } from "../doors/gate.ts";
import { listenError } from "../doors/listener.ts";
import { createHttpServer, type HttpServerOptions } from "./server.ts";

export interface HttpDoorOptions extends Omit<HttpServerOptions, "gate"> {
  readonly connectionsMax: number;
  /** How long a new connection may be without a request, milliseconds; default 15,000. */
  readonly firstRequestMs?: number | undefined;
  /** How long one may be without a request behind its last one, milliseconds; default 45,000. */
  readonly idleMs?: number | undefined;
  readonly log: DoorLog;
}

/** The HTTP server and its gate. */
export class HttpDoor implements Door {
  readonly #gate: Gate;
  readonly #server: FastifyInstance;

  constructor(options: HttpDoorOptions) {
    // Later than the limits of HTTP itself (`guarded-server.ts`), which say what is wrong.
    const { connectionsMax, firstRequestMs = 15_000, idleMs = 45_000, log } = options;
    this.#gate = new Gate({ name: "http", connectionsMax, firstWordMs: firstRequestMs, idleMs, log });
    this.#server = createHttpServer({ ...options, gate: this.#gate });
  }

  get stats(): GateStats {
    return this.#gate.stats;
  }

  /** Not by a `Listener`: Node's HTTP server starts the timers of its limits when it listens itself. */
  async listen(address: string): Promise<number> {
    const wanted = splitAddress(address);
    try {
      await this.#server.listen(wanted);
    } catch (error) {
      throw listenError(address, error instanceof Error ? error : new Error(String(error)));
    }
    const bound = this.#server.server.address();
    return bound !== null && typeof bound === "object" ? bound.port : wanted.port;
  }

  async close(): Promise<void> {
    await this.#server.close();
    this.#gate.close();
  }
}
