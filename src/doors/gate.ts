/**
 * Who may stay connected: what every door asks of a connection before it and its protocol look at a byte. It counts them,
 * in all and by address, and ends those that take up room and say nothing.
 *
 * A connection is heard when a call (of gRPC) or a request (of HTTP) has begun on it: whatever else comes, bytes one by one,
 * half a handshake, pings, is silence. What goes on within a call is its door's affair.
 */
import type { Socket } from "node:net";
import type { DoorLog } from "./door-log.ts";

export interface GateOptions {
  /** Which door it is, for the log and the metrics. */
  readonly name: string;
  /** Connections in all. */
  readonly connectionsMax: number;
  /** Connections from one address; default: three quarters of all, so that nobody keeps all others out. */
  readonly perAddressMax?: number | undefined;
  /** How long a new connection may say nothing, milliseconds. */
  readonly firstWordMs: number;
  /** How long one may say nothing behind its last call, milliseconds. */
  readonly idleMs: number;
  readonly log: DoorLog;
}

/** What a gate has seen. */
export interface GateStats {
  /** Connections that are open. */
  readonly open: number;
  readonly max: number;
  /** Turned away since there were too many in all, or from one address. */
  readonly refused: number;
  /** Ended since they said nothing in time. */
  readonly silent: number;
  /** Times that the system had no file left for one. */
  readonly outOfFiles: number;
}

interface Guest {
  readonly socket: Socket;
  readonly address: string;
  calls: number;
  /** Since when it says nothing, if it has no call. Monotonic ms. */
  quietSinceMs: number;
  heard: boolean;
}

/** How often silence is looked for, milliseconds. */
const sweepMs = 500;

/** The name by which a connection is known: address and port of the other end, as gRPC too has it. */
export function nameOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}

/** Admits connections of one door. */
export class Gate {
  readonly #options: GateOptions;
  readonly #perAddressMax: number;
  readonly #guests = new Map<string, Guest>();
  readonly #byAddress = new Map<string, number>();
  #sweeper: NodeJS.Timeout | undefined;
  #refused = 0;
  #silent = 0;
  #outOfFiles = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#perAddressMax = options.perAddressMax ?? Math.max(1, Math.floor((options.connectionsMax * 3) / 4));
  }

  get stats(): GateStats {
    const { connectionsMax: max } = this.#options;
    const open = this.#guests.size;
    return { open, max, refused: this.#refused, silent: this.#silent, outOfFiles: this.#outOfFiles };
  }

  /** Lets a connection in, or destroys it. Returns whether it may stay. */
  admit(socket: Socket): boolean {
    const { remoteAddress: address } = socket;
    // Gone before it was looked at.
    if (address === undefined) {
      socket.destroy();
      return false;
    }
    const same = this.#byAddress.get(address) ?? 0;
    const full = this.#guests.size >= this.#options.connectionsMax;
    if (full || same >= this.#perAddressMax) {
      this.#refused += 1;
      const { open, max } = this.stats;
      const facts = { door: this.#options.name, address: nameOf(socket), open, max };
      this.#options.log.warn(facts, full ? "a door is full" : "one address has as many connections as it may");
      socket.destroy();
      return false;
    }
    const name = nameOf(socket);
    this.#guests.set(name, { socket, address, calls: 0, quietSinceMs: performance.now(), heard: false });
    this.#byAddress.set(address, same + 1);
    socket.once("close", () => this.#forget(name));
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref();
    return true;
  }

  /** The connection of that name (see {@link nameOf}) has begun a call; call what is returned when that has ended. */
  began(name: string): () => void {
    const guest = this.#guests.get(name);
    if (guest === undefined) return () => {};
    guest.calls += 1;
    guest.heard = true;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      guest.calls -= 1;
      guest.quietSinceMs = performance.now();
    };
  }

  /** The system could not accept a connection; the others are not touched. */
  acceptFailed(error: Error): void {
    this.#outOfFiles += 1;
    const facts = { door: this.#options.name, reason: error.message, hint: "allow more open files (ulimit -n)" };
    this.#options.log.error(facts, "a connection could not be accepted");
  }

  /** Destroys all connections. */
  close(): void {
    for (const { socket } of this.#guests.values()) socket.destroy();
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #forget(name: string): void {
    const guest = this.#guests.get(name);
    if (guest === undefined) return;
    this.#guests.delete(name);
    const left = (this.#byAddress.get(guest.address) ?? 1) - 1;
    if (left === 0) this.#byAddress.delete(guest.address);
    else this.#byAddress.set(guest.address, left);
    if (this.#guests.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  #sweep(): void {
    const nowMs = performance.now();
    const { name: door, firstWordMs, idleMs, log } = this.#options;
    for (const [name, { socket, calls, quietSinceMs, heard }] of this.#guests) {
      if (calls > 0 || nowMs - quietSinceMs <= (heard ? idleMs : firstWordMs)) continue;
      this.#silent += 1;
      log.debug({ door, address: name }, "ended a connection that said nothing");
      socket.destroy();
    }
  }
}
