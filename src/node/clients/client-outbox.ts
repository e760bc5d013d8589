/** What leaves for the clients at the end of a turn: one frame per connection, then the ends of streams. */

import type { Clients } from "../ports.ts";
import type { Connection } from "./connection.ts";

/** Remembers which connections have something to say and which are to end. */
export class ClientOutbox {
  #speaking = new Set<Connection>();
  #closing: Connection[] = [];

  /** The connection may have messages. */
  speaks(connection: Connection): void {
    this.#speaking.add(connection);
  }

  /** The connection ends after its last messages. */
  closes(connection: Connection): void {
    this.#speaking.add(connection);
    this.#closing.push(connection);
  }

  /** Sends the frames of the turn and ends the streams that are to end. */
  flush(clients: Clients): void {
    if (this.#speaking.size > 0) {
      const speaking = this.#speaking;
      this.#speaking = new Set();
      for (const connection of speaking) {
        const messages = connection.takeOutbox();
        if (messages.length > 0) clients.send(connection.id, messages);
      }
    }
    if (this.#closing.length === 0) return;
    const closing = this.#closing;
    this.#closing = [];
    for (const connection of closing) clients.close(connection.id);
  }
}
