/** The streams between clients and servers: in order and reliable until they break, as TCP is. */
import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { ServerId } from "../../src/raft/types.ts";
import type { Config } from "../plan/plan.ts";
import { firstIdentities, SimDoor } from "./identities.ts";
import type { Kernel } from "./kernel.ts";
import type { Draws, Spread } from "./random.ts";
import type { Wire } from "./wire.ts";

/** One stream. */
export interface SimConnection {
  /** Unique in the run: serves as the server's ConnectionId too. */
  readonly id: number;
  readonly client: number;
  readonly server: ServerId;
  readonly delay: Draws;
  /** Which process of the server holds the other end; 0 until it is open. */
  life: number;
  state: "opening" | "open" | "closing" | "broken";
  /** When the newest frame in either direction arrives, µs. */
  lastUpUs: number;
  lastDownUs: number;
  /** Messages that are on their way down, and whether the server's reads wait until there are fewer. */
  untaken: number;
  congested: boolean;
  /** Nothing passes before this time. */
  stalledUntilUs: number;
  /** What the server's door knows of the client. */
  readonly door: SimDoor;
  /** Whether either end has learnt that it is over. */
  clientKnows: boolean;
  serverKnows: boolean;
}

/** All streams of a run. */
export class SimConnections {
  readonly #kernel: Kernel;
  readonly #delayUs: Spread;
  readonly #wire: Wire;
  readonly #addresses: boolean;
  readonly #ahead: number;
  readonly #frameMessages: number;
  readonly #clients: number;
  readonly #all = new Map<number, SimConnection>();
  #lastId = 0;

  /** Of `config`, what concerns clients' connections. */
  constructor(kernel: Kernel, config: Config, wire: Wire) {
    this.#addresses = config.addresses;
    this.#ahead = config.clientAhead;
    this.#frameMessages = config.frameMessages;
    this.#clients = config.clients;
    this.#kernel = kernel;
    this.#delayUs = config.clientUs;
    this.#wire = wire;
  }

  get(id: number): SimConnection | undefined {
    return this.#all.get(id);
  }

  /** A client asks for a stream to a server. The answer comes as a `connect` event. */
  open(client: number, server: ServerId): SimConnection {
    const id = ++this.#lastId;
    const delay = this.#kernel.randomness.draws("connection delay", `${client}>${server}`);
    const connection: SimConnection = {
      id,
      client,
      server,
      delay,
      door: new SimDoor(firstIdentities(client, this.#addresses)),
      life: 0,
      state: "opening",
      lastUpUs: 0,
      lastDownUs: 0,
      untaken: 0,
      congested: false,
      stalledUntilUs: 0,
      clientKnows: false,
      serverKnows: false,
    };
    this.#all.set(id, connection);
    this.#kernel.at(this.#upUs(connection), { kind: "connect", cause: this.#kernel.current, connection: id });
    return connection;
  }

  /** The client sends a frame. */
  up(connection: SimConnection, sent: readonly ClientMessage[]): void {
    if (connection.state === "broken" || connection.clientKnows) return;
    for (const messages of this.#cut(connection, this.#wire.client(sent))) {
      const event = { kind: "toServer", cause: this.#kernel.current, connection: connection.id, messages } as const;
      this.#kernel.at(this.#upUs(connection), event);
    }
  }

  /** The server sends a frame. */
  down(connection: SimConnection, sent: readonly ServerMessage[]): void {
    if (connection.state !== "open" || connection.serverKnows) return;
    for (const messages of this.#cut(connection, this.#wire.server(sent))) {
      connection.untaken += messages.length;
      const event = { kind: "toClient", cause: this.#kernel.current, connection: connection.id, messages } as const;
      this.#kernel.at(this.#downUs(connection), event);
    }
  }

  /** The frames that are made of one. Those of strangers stay whole: what is wrong with them may be their size. */
  #cut<T>({ client }: SimConnection, messages: readonly T[]): readonly (readonly T[])[] {
    const most = this.#frameMessages;
    if (messages.length <= most || client > this.#clients) return [messages];
    const frames: T[][] = [];
    for (let i = 0; i < messages.length; i += most) frames.push(messages.slice(i, i + most));
    return frames;
  }

  /** Whether so much is on its way to the client that its reads had better wait; then a `drained` event ends that. */
  isCongested(connection: SimConnection): boolean {
    if (connection.untaken >= this.#ahead) connection.congested = true;
    return connection.congested;
  }

  /** The client has taken `count` messages from its stream. */
  taken(connection: SimConnection, count: number): void {
    connection.untaken -= count;
    if (!connection.congested || connection.untaken * 2 > this.#ahead) return;
    connection.congested = false;
    const event = { kind: "drained", cause: this.#kernel.current, connection: connection.id } as const;
    this.#kernel.at(this.#upUs(connection), event);
  }

  /** The client ends the stream; what it sent before still arrives. */
  closeByClient(connection: SimConnection): void {
    if (connection.clientKnows) return;
    connection.clientKnows = true;
    this.#kernel.observers.clientLeaves(connection.client, connection.id);
    if (connection.state === "opening") connection.state = "broken";
    this.#tellServer(connection);
  }

  /** The server ends the stream, or dies; what it sent before still arrives. */
  closeByServer(connection: SimConnection): void {
    if (connection.serverKnows) return;
    connection.serverKnows = true;
    this.#tellClient(connection);
  }

  /** The stream breaks in the middle: what is under way is lost, both ends are told. */
  reset(connection: SimConnection): void {
    if (connection.state === "broken") return;
    connection.state = "broken";
    this.#tellClient(connection);
    this.#tellServer(connection);
  }

  /** Stalled streams break. */
  mend(): void {
    for (const connection of this.#all.values())
      if (connection.stalledUntilUs > this.#kernel.now) {
        connection.stalledUntilUs = 0;
        connection.lastUpUs = 0;
        connection.lastDownUs = 0;
        this.reset(connection);
      }
  }

  /** A server's process is gone. */
  serverDied(server: ServerId): void {
    for (const connection of this.#all.values())
      if (connection.server === server && connection.life > 0) this.closeByServer(connection);
  }

  /** Both ends know that it is over. */
  forget(connection: SimConnection): void {
    if (connection.clientKnows && connection.serverKnows) this.#all.delete(connection.id);
  }

  #tellClient(connection: SimConnection): void {
    const event = { kind: "brokenToClient", cause: this.#kernel.current, connection: connection.id } as const;
    this.#kernel.at(this.#downUs(connection), event);
  }

  #tellServer(connection: SimConnection): void {
    const event = { kind: "brokenToServer", cause: this.#kernel.current, connection: connection.id } as const;
    this.#kernel.at(this.#upUs(connection), event);
  }

  #upUs(connection: SimConnection): number {
    const arrival = this.#kernel.now + connection.delay.spread(this.#delayUs);
    connection.lastUpUs = Math.max(arrival, connection.lastUpUs, connection.stalledUntilUs);
    return connection.lastUpUs;
  }

  #downUs(connection: SimConnection): number {
    const arrival = this.#kernel.now + connection.delay.spread(this.#delayUs);
    connection.lastDownUs = Math.max(arrival, connection.lastDownUs, connection.stalledUntilUs);
    return connection.lastDownUs;
  }
}
