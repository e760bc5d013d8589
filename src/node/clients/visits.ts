/**
 * Going on with clients. Whenever something of a connection's queue may be answered that could not be before, it is looked
 * at again here; watches are armed and reads answered in its visits, of which a turn of the server has only so many
 * (`read-turns.ts`).
 */
import type { Replica } from "../core.ts";
import type { Ports } from "../ports.ts";
import type { Connection } from "./connection.ts";
import type { Connections } from "./connections.ts";
import type { Intake } from "./intake.ts";
import type { ReadTurns } from "./read-turns.ts";
import type { ClientReads } from "./reads.ts";
import type { ClientWatches } from "./watches.ts";

/** What clients wait for, and who answers them. */
export interface VisitsParts {
  readonly connections: Connections;
  readonly intake: Intake;
  readonly reads: ClientReads;
  readonly watches: ClientWatches;
  readonly turns: ReadTurns;
  readonly replica: Pick<Replica, "allTold">;
  readonly ports: Pick<Ports, "clients" | "requestFlush">;
  /** Answers a client's ping of this number. */
  readonly pong: (connection: Connection, number: number) => void;
}

/** Goes on with clients. */
export class ClientVisits {
  readonly #parts: VisitsParts;

  constructor(parts: VisitsParts) {
    this.#parts = parts;
  }

  /** Read indexes have come, or the state has moved up to them. */
  advance(): void {
    const { replica, reads, connections } = this.#parts;
    if (!replica.allTold) return;
    for (const connection of reads.takeReady()) {
      if (!connections.isOpen(connection)) continue;
      connection.requests.advance();
      this.advanced(connection);
    }
  }

  /** Answers of the connection, if there is one, may have left. */
  advanced(connection: Connection | undefined): void {
    if (connection === undefined) return;
    const { intake, turns } = this.#parts;
    intake.takeWaiting(connection);
    if (connection.requests.hasReadyRead) turns.add(connection);
    this.#speaks(connection);
  }

  /** Makes the visits that belong in one turn. */
  make(): void {
    const { replica, turns, ports } = this.#parts;
    if (replica.allTold) turns.run((connection) => this.#visit(connection));
    if (turns.waiting > 0) ports.requestFlush();
  }

  /** It is the connection's turn: arms its watches, then answers its reads. Whether more of them can be answered. */
  #visit(connection: Connection): boolean {
    const { ports, turns, connections, intake } = this.#parts;
    if (ports.clients.isCongested?.(connection.id) === true) {
      turns.putAside(connection);
      return false;
    }
    if (!this.#armed(connection)) return connections.isOpen(connection);
    connection.requests.advance();
    intake.takeWaiting(connection);
    this.#speaks(connection);
    return connections.isOpen(connection) && connection.requests.hasReadyRead;
  }

  /** Whether no watch of the connection is left to be armed, and it goes on. */
  #armed(connection: Connection): boolean {
    if (connection.arming.idle) return true;
    if (!this.#parts.watches.visit(connection)) return false;
    for (const number of connection.arming.takePings()) this.#parts.pong(connection, number);
    return true;
  }

  #speaks(connection: Connection): void {
    this.#parts.connections.speaks(connection);
    this.#parts.connections.endIfClosed(connection);
  }
}
