/**
 * Who is connected, which connection speaks for which session, and how connections end. What leaves for a client is put
 * into its connection and goes out with the turn.
 */
import { type ErrorCode, errorMessage } from "../../base/errors.ts";
import type { SessionId } from "../../base/operations.ts";
import type { ServerMessage } from "../../protocol/client-messages.ts";
import type { Clients, ConnectionId } from "../ports.ts";
import { ClientOutbox } from "./client-outbox.ts";
import type { Connection } from "./connection.ts";

/** The open connections of one server's clients. */
export class Connections {
  readonly #byId = new Map<ConnectionId, Connection>();
  readonly #bySession = new Map<SessionId, Connection>();
  readonly #outbox = new ClientOutbox();
  readonly #gone: (connection: Connection) => void;

  /** `gone` is told of each connection that is no more, for whoever keeps something for it. */
  constructor(gone: (connection: Connection) => void) {
    this.#gone = gone;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** How many sessions have a connection that speaks for them. */
  get attachedSessions(): number {
    return this.#bySession.size;
  }

  /** All that are open, as of now. */
  all(): readonly Connection[] {
    return [...this.#byId.values()];
  }

  /** Those that speak for a session. */
  attached(): Iterable<Connection> {
    return this.#bySession.values();
  }

  get(id: ConnectionId): Connection | undefined {
    return this.#byId.get(id);
  }

  /** The connection that speaks for a session. */
  of(session: SessionId): Connection | undefined {
    return this.#bySession.get(session);
  }

  /** Whether the connection can still be answered. */
  isOpen(connection: Connection): boolean {
    return this.#byId.get(connection.id) === connection;
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
  }

  /** From here on the connection speaks for the session. */
  attach(session: SessionId, connection: Connection): void {
    this.#bySession.set(session, connection);
  }

  /** Nobody speaks for the session any more. */
  detach(session: SessionId): void {
    this.#bySession.delete(session);
  }

  /** Tells a client something. */
  say(connection: Connection, message: ServerMessage): void {
    connection.send(message);
    this.#outbox.speaks(connection);
  }

  /** The connection's own parts may have told it something. */
  speaks(connection: Connection): void {
    this.#outbox.speaks(connection);
  }

  /** Says why, and ends the connection. */
  refuse(connection: Connection, code: ErrorCode, message: string = errorMessage(code)): void {
    if (!this.isOpen(connection)) return;
    connection.send({ type: "refused", failure: { code, message } });
    this.end(connection);
  }

  /** Ends the connection behind what it still has to say. */
  end(connection: Connection): void {
    if (!this.isOpen(connection)) return;
    this.#outbox.closes(connection);
    this.forget(connection);
  }

  /** Ends the connection of a session that is closed, once its last request is answered. */
  endIfClosed(connection: Connection): void {
    if (connection.closing && connection.requests.length === 0) this.end(connection);
  }

  /** The connection is no more. */
  forget(connection: Connection): void {
    this.#byId.delete(connection.id);
    const { state } = connection;
    if (state.type === "attached" && this.#bySession.get(state.sessionId) === connection)
      this.#bySession.delete(state.sessionId);
    this.#gone(connection);
  }

  /** Sends the frames of the turn, one per connection. */
  flush(clients: Clients): void {
    this.#outbox.flush(clients);
  }
}
