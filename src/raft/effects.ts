/** What Raft asks of the world at the end of a turn, as data: the core itself does no I/O. */
import type { Envelope } from "./messages.ts";
import type { Entry, Index, LogWrite } from "./types.ts";

/** A linearizable read that may be answered once `index` is applied (thesis §6.4). */
export interface ReadReady {
  /** The id given to {@link Raft.requestRead}. */
  readonly id: number;
  readonly index: Index;
}

/** The effects of one turn. They may be carried out in any order: what must wait for the disk was held back. */
export interface Effects {
  /** To be written, in the order of tokens; then {@link Raft.persisted} is called with its token. */
  readonly write?: LogWrite;
  /** To be sent now. May be lost. */
  readonly messages: readonly Envelope[];
  /**
   * A snapshot up to here is now durable: it takes the place of the state machine's state, before what is in
   * {@link committed} is applied.
   */
  readonly installed?: Index;
  /** To be applied, in order, each once: committed, and durable on this server. */
  readonly committed: readonly Entry[];
  readonly reads: readonly ReadReady[];
}
