/**
 * The clients of all doors: numbers their connections, hands over what they say and sends what the node has to say to
 * them. The node knows nothing of doors, and a door nothing of the node.
 */
import { type ErrorCode, errorMessage, TerrariumError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Clients, ConnectionId } from "../node/ports.ts";
import type { AdmittedMessage, ServerMessage } from "../protocol/client-messages.ts";
import { ClientQueue } from "./client-queue.ts";
import type { ClientLink, ClientStream } from "./door.ts";
import type { DoorLog } from "./door-log.ts";
import { RequestClock, type RequestObserver } from "./request-clock.ts";

/** What the node is told about its clients. */
export interface ClientHandlers extends RequestObserver {
  /** The first call for a connection opens it. */
  clientMessages(connection: ConnectionId, messages: readonly AdmittedMessage[]): void;
  /** The client is gone. Not called for a connection that the node closed. */
  clientDisconnected(connection: ConnectionId): void;
  /** A client of which {@link ClientStreams.isCongested} was true has taken most of what waited. */
  clientReady?(connection: ConnectionId): void;
}

export interface ClientStreamsOptions {
  readonly handlers: ClientHandlers;
  readonly log: DoorLog;
  /** Streams of all doors; whoever comes on top is told so. Default: {@link streamsMax} of the most there may be. */
  readonly streamsMax?: number;
  /** A stream without a Connect message by then is closed. */
  readonly connectTimeoutMs?: number;
  /** Unsent bytes to one client; beyond it the connection is closed. */
  readonly queueBytesMax?: number;
  /** A client with more than that waiting is cut off once it has taken nothing for so long, milliseconds. */
  readonly stallMsMax?: number;
}

/** Connections beyond the sessions that there may be, for those who are told so, and for status and backups. */
const spareMax = 64;

/** How many of a door's connections may be streams of clients. */
export function streamsMax(connections: number): number {
  return connections - Math.min(spareMax, Math.ceil(connections / 8));
}

interface Entry {
  readonly queue: ClientQueue;
  /** How long its requests take. */
  readonly clock: RequestClock;
  /** Until the client has said something. */
  connectTimer: NodeJS.Timeout | undefined;
}

/** The Clients port over all doors. */
export class ClientStreams implements Clients {
  readonly #options: Required<ClientStreamsOptions>;
  readonly #entries = new Map<ConnectionId, Entry>();
  readonly #unflushed = new Set<ClientQueue>();
  #lastConnection: ConnectionId = 0;

  constructor(options: ClientStreamsOptions) {
    this.#options = {
      streamsMax: streamsMax(limits.connectionsMax),
      connectTimeoutMs: 5000,
      queueBytesMax: limits.clientQueueBytesMax,
      stallMsMax: 5000,
      ...options,
    };
  }

  /** Open streams. */
  get size(): number {
    return this.#entries.size;
  }

  /** A door has a new client. Undefined if there is no room: the stream was told so, and ends. */
  open(stream: ClientStream): ClientLink | undefined {
    const { streamsMax, queueBytesMax, stallMsMax, connectTimeoutMs, handlers } = this.#options;
    if (this.#entries.size >= streamsMax) {
      stream.write([refusal("OVERLOADED", "the server has no room for another connection")], () => {});
      stream.end();
      // What it says is not heard, and must not keep it waiting.
      stream.resume();
      return undefined;
    }
    this.#lastConnection += 1;
    const id = this.#lastConnection;
    const queue = new ClientQueue(
      stream,
      () => this.#drop(id, "OVERLOADED", "the client does not read its answers"),
      queueBytesMax,
      stallMsMax,
    );
    queue.onReady = () => handlers.clientReady?.(id);
    const late = (): void => this.#drop(id, "PROTOCOL_ERROR", "no Connect message came in time");
    this.#entries.set(id, { queue, clock: new RequestClock(), connectTimer: setTimeout(late, connectTimeoutMs) });
    return {
      isOpen: () => this.#entries.has(id),
      received: (messages) => this.#received(id, messages),
      garbled: (error) => {
        const reason = error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error);
        this.#drop(id, error instanceof TerrariumError ? error.code : "PROTOCOL_ERROR", reason);
      },
      ended: () => {
        queue.end();
        this.#lost(id);
      },
      gone: () => {
        queue.gone();
        this.#lost(id);
      },
    };
  }

  /** Queues messages; all that one turn of the event loop sends to a client leaves in one frame. */
  send(id: ConnectionId, messages: readonly ServerMessage[]): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.clock.answered(messages, this.#options.handlers);
    entry.queue.push(messages);
    if (this.#unflushed.size === 0) queueMicrotask(() => this.#flush());
    this.#unflushed.add(entry.queue);
  }

  isCongested(id: ConnectionId): boolean {
    return this.#entries.get(id)?.queue.isCongested === true;
  }

  close(id: ConnectionId): void {
    this.#forget(id)?.queue.end();
  }

  /** Ends all streams. Nothing is reported any more. */
  end(): void {
    for (const id of [...this.#entries.keys()]) this.close(id);
  }

  #flush(): void {
    const queues = [...this.#unflushed];
    this.#unflushed.clear();
    for (const queue of queues) queue.flush();
  }

  #received(id: ConnectionId, messages: readonly AdmittedMessage[]): void {
    const entry = this.#entries.get(id);
    // A frame without messages says nothing: the client has still to connect.
    if (entry === undefined || messages.length === 0) return;
    if (entry.connectTimer !== undefined) clearTimeout(entry.connectTimer);
    entry.connectTimer = undefined;
    const { handlers } = this.#options;
    entry.clock.asked(messages, handlers);
    handlers.clientMessages(id, messages);
  }

  /** Closes a connection for a fault of its client. */
  #drop(id: ConnectionId, code: ErrorCode, message: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#options.log.warn({ connection: id, code, reason: message }, "closed a client's connection");
    entry.queue.refuse(code, message);
    this.#lost(id);
  }

  #lost(id: ConnectionId): void {
    if (this.#forget(id) !== undefined) this.#options.handlers.clientDisconnected(id);
  }

  #forget(id: ConnectionId): Entry | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    clearTimeout(entry.connectTimer);
    this.#entries.delete(id);
    return entry;
  }
}

function refusal(code: ErrorCode, message: string = errorMessage(code)): ServerMessage {
  return { type: "refused", failure: { code, message } };
}
