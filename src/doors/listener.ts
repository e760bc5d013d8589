/** Listening: a door's addresses, and what comes in there, past its gate. */
import { lookup } from "node:dns/promises";
import { createServer, type Server, type Socket } from "node:net";
import { TerrariumError } from "../base/errors.ts";
import { splitAddress } from "./address.ts";
import type { Gate } from "./gate.ts";

/** Accepts connections for one door. */
export class Listener {
  readonly #gate: Gate;
  readonly #take: (socket: Socket) => void;
  #servers: Server[] = [];

  /** @param take gets each connection that the gate has let in */
  constructor(gate: Gate, take: (socket: Socket) => void) {
    this.#gate = gate;
    this.#take = take;
  }

  /**
   * Listens on `address` (host:port; port 0 takes a free one), on all addresses of the host if it is a name, and resolves
   * to the port.
   *
   * @throws TerrariumError ADDRESS_IN_USE when something listens there already, USAGE when the address cannot be used
   */
  async listen(address: string): Promise<number> {
    const { host, port: wanted } = splitAddress(address);
    let port = wanted;
    try {
      for (const found of await lookup(host, { all: true })) port = await this.#listenAt(found.address, port);
    } catch (error) {
      await this.close();
      throw listenError(address, error instanceof Error ? error : new Error(String(error)));
    }
    return port;
  }

  /** Accepts no more. Those that came in are the door's to end. */
  async close(): Promise<void> {
    const servers = this.#servers;
    this.#servers = [];
    // Not waited for: they end when their last connection has.
    for (const server of servers) server.close();
  }

  #listenAt(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      // Never half open: that is how the connections of a process look that has died, and HTTP/2 would take them for
      // alive until a ping is missed. Nobody would learn at once that the leader is gone.
      const server = createServer({ noDelay: true });
      server.once("error", reject);
      server.listen({ host, port }, () => {
        server.off("error", reject);
        server.on("error", (error) => this.#gate.acceptFailed(error));
        server.on("connection", (socket) => {
          // Whoever takes it over says what its errors mean; until then they mean that it is gone.
          socket.on("error", () => {});
          if (this.#gate.admit(socket)) this.#take(socket);
        });
        this.#servers.push(server);
        const bound = server.address();
        resolve(bound !== null && typeof bound === "object" ? bound.port : port);
      });
    });
  }
}

/** Says why a server could not listen on `address`. */
export function listenError(address: string, error: Error): TerrariumError {
  if (/EADDRINUSE|address already in use/.test(error.message)) {
    return new TerrariumError("ADDRESS_IN_USE", `${address}: something listens there already`);
  }
  if (/EACCES/.test(error.message)) {
    return new TerrariumError("USAGE", `${address}: not allowed to listen there`, "choose a port above 1023");
  }
  return new TerrariumError(
    "USAGE",
    `${address}: cannot listen there (${error.message.split("\n", 1)[0]})`,
    "give an address of this machine as host:port",
  );
}
