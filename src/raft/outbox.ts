/**
 * Durable before visible. A message is a promise: a vote says "I vote for nobody else in this term", a successful
 * AppendEntriesReply "these entries survive my crash", and each one "I know of this term". A message leaves only when
 * the write that it rests on is done.
 */
import { limits } from "../base/limits.ts";
import type { Durability } from "./durability.ts";
import type { Envelope, RaftMessage } from "./messages.ts";
import type { Index, ServerId, Term } from "./types.ts";

export class Outbox {
  /** Sent in this turn. */
  #turn: Outgoing[] = [];
  /** Sent in earlier turns, waiting for the disk. */
  #held: Held[] = [];

  /** Sends a message that rests on nothing but the hard state. */
  send(to: ServerId, message: RaftMessage): void {
    this.#turn.push({ to, message, durableTo: 0 });
  }

  /** Sends a message that says that the log is durable up to `index`. */
  sendOnceDurable(to: ServerId, message: RaftMessage, index: Index): void {
    this.#turn.push({ to, message, durableTo: index });
  }

  /**
   * The messages that may leave now; to be called after {@link Durability.takeWrite}. One of an older term is dropped:
   * what it says may no longer be so. For instance it acknowledges an entry that a new leader has replaced before it
   * was ever on disk. No harm: any message may be lost.
   */
  take(durability: Durability, currentTerm: Term): readonly Envelope[] {
    if (this.#turn.length === 0 && this.#held.length === 0) return nothing;
    const leaving: Envelope[] = [];
    const waiting: Held[] = [];
    for (const held of this.#held) {
      if (held.envelope.message.term < currentTerm) continue;
      if (durability.isPersisted(held.token)) leaving.push(held.envelope);
      else waiting.push(held);
    }
    for (const { to, message, durableTo } of this.#turn) {
      if (message.term < currentTerm) continue;
      const envelope = { to, message };
      const token = Math.max(durability.hardStateToken, durability.tokenOf(durableTo));
      if (durability.isPersisted(token)) leaving.push(envelope);
      else if (waiting.length < limits.heldMessagesMax) waiting.push({ envelope, token });
    }
    this.#turn = [];
    this.#held = waiting;
    return leaving;
  }
}

const nothing: readonly Envelope[] = [];

interface Outgoing {
  readonly to: ServerId;
  readonly message: RaftMessage;
  readonly durableTo: Index;
}

interface Held {
  readonly envelope: Envelope;
  readonly token: number;
}
