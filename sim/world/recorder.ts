/** Writes down what a client asks and hears, for the checkers of histories, and tells observers. */

import type { ClientMessage, ServerMessage } from "../../src/protocol/client-messages.ts";
import type { SimConnection } from "./connections.ts";
import type { History, HistoryOperation, SessionEvent } from "./history.ts";
import type { RunParts } from "./parts.ts";

export class Recorder {
  /** Operations without an answer. */
  pending = 0;
  /** Operations begun. */
  begun = 0;
  readonly #parts: RunParts & { readonly history: History };

  constructor(parts: RunParts & { readonly history: History }) {
    this.#parts = parts;
  }

  invoked(operation: HistoryOperation): void {
    const { history, kernel } = this.#parts;
    history.operations.push(operation);
    this.pending++;
    this.begun++;
    kernel.observers.invoked(operation);
  }

  settled(operation: HistoryOperation, outcome: "answered" | "lost"): void {
    const { kernel } = this.#parts;
    operation.outcome = outcome;
    operation.answeredUs = kernel.now;
    this.pending--;
    kernel.observers.answered(operation);
  }

  /** The client sends a frame. */
  says({ id, client, server }: SimConnection, messages: readonly ClientMessage[]): void {
    this.#parts.kernel.observers.clientFrame(client, server, id, messages);
  }

  /** The client's session is about to take a frame. */
  hears({ id, client }: SimConnection, messages: readonly ServerMessage[]): void {
    this.#parts.kernel.observers.clientHears(client, id, messages);
  }

  told(event: Omit<SessionEvent, "atUs">): void {
    const { history, kernel } = this.#parts;
    const told = { ...event, atUs: kernel.now };
    history.events.push(told);
    kernel.observers.sessionEvent(told);
  }
}
