/**
 * Tells the leader which sessions this server has heard from, until the leader says that it knows; and what the clients
 * may rely on then.
 *
 * A message may be lost, and an idle client speaks rarely: were its word not repeated, two lost messages could end its
 * session. And a client that wants to be sure that its session lives must know of more than a server that answers: the
 * leader, who alone ends sessions, must have heard of it. So a round of touches is numbered, and answered by the leader
 * once a majority has confirmed that it still led after it had the round (`session-vouchers.ts`).
 */
import type { SessionId } from "../../base/operations.ts";
import type { TouchSessions } from "../../protocol/peer-messages.ts";
import type { Spoken } from "../spoken.ts";

interface Round {
  readonly round: number;
  readonly spoke: ReadonlyMap<SessionId, Spoken>;
  readonly sinceMs: number;
  sentMs: number;
}

export class SessionTouches {
  readonly #retryMs: number;
  readonly #patienceMs: number;
  /** Since the last round. */
  #spoke = new Map<SessionId, Spoken>();
  /** Sent and not answered, oldest first. */
  #rounds: Round[] = [];
  #lastRound: number;

  /**
   * `firstRound`: such that no earlier process of this server used the numbers from there on. A round is repeated every
   * `retryMs`, and given up after `patienceMs`: by then the client has spoken again, or is gone.
   */
  constructor(firstRound: number, retryMs: number, patienceMs: number) {
    this.#lastRound = firstRound;
    this.#retryMs = retryMs;
    this.#patienceMs = patienceMs;
  }

  /** A client of this server spoke for the session. */
  touch(session: SessionId, spoken: Spoken): void {
    this.#spoke.set(session, spoken);
  }

  /** The rounds that the leader is to be told of now: what is new, and what it has not answered for long. */
  due(nowMs: number): readonly TouchSessions[] {
    this.#rounds = this.#rounds.filter((round) => nowMs - round.sinceMs < this.#patienceMs);
    if (this.#spoke.size > 0) {
      const sentMs = Number.NEGATIVE_INFINITY;
      this.#rounds.push({ round: ++this.#lastRound, spoke: this.#spoke, sinceMs: nowMs, sentMs });
      this.#spoke = new Map();
    }
    const due = this.#rounds.filter((round) => nowMs - round.sentMs >= this.#retryMs);
    return due.map((round) => {
      round.sentMs = nowMs;
      return { type: "TouchSessions", round: round.round, sessionIds: [...round.spoke.keys()] };
    });
  }

  /** The leader has heard of a round: returns who spoke in it. */
  answered(round: number): ReadonlyMap<SessionId, Spoken> {
    const at = this.#rounds.findIndex((other) => other.round === round);
    const [known] = at < 0 ? [] : this.#rounds.splice(at, 1);
    return known?.spoke ?? nobody;
  }
}

const nobody: ReadonlyMap<SessionId, Spoken> = new Map();
