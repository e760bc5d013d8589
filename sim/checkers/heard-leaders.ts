/**
 * A leader that hears of no majority leads on for an election timeout and no longer (CheckQuorum, thesis §6.2): its
 * followers may hear it, and would wait for ever for one that can commit nothing.
 *
 * Counted from the answers that arrive, on the clock of its machine.
 */
import type { PeerMessage } from "../../src/protocol/peer-messages.ts";
import type { Configuration, ServerId, Term } from "../../src/raft/types.ts";
import { InvariantBroken, type Observer, type World } from "../world/observer.ts";
import type { ServerView } from "../world/view.ts";

/** From its deadline to the turn in which a server notices, ms, besides what its turn may be late. */
const graceMs = 10;

/** A leader in its term. */
interface Reign {
  readonly term: Term;
  /** When each peer last answered in this term, ms of the leader's clock; at first, when the leader began to ask it. */
  readonly heard: Map<ServerId, number>;
  configuration: Configuration;
  /** Until then nobody need look. */
  dueMs: number;
}

export class HeardLeaders implements Observer {
  readonly name = "heard-leaders";
  /** By leader. */
  readonly #reigns: (Reign | undefined)[] = [];
  #timeoutMs = 0;
  #slackMs = 0;

  begin({ plan: { config } }: World): void {
    this.#timeoutMs = config.electionTimeoutMs;
    this.#slackMs = config.lateFlushUs / 1000 + graceMs;
  }

  delivered(from: ServerId, to: ServerView, message: PeerMessage): void {
    if (message.type !== "AppendEntriesReply" && message.type !== "InstallSnapshotReply") return;
    const reign = this.#reigns[to.id];
    if (reign?.term === message.term) reign.heard.set(from, to.clock.now());
  }

  /** It finds out how late it is with its next input. */
  woke({ id, clock }: ServerView): void {
    const reign = this.#reigns[id];
    if (reign !== undefined) reign.dueMs = Math.max(reign.dueMs, clock.now() + this.#slackMs);
  }

  step({ id, node, clock, awake }: ServerView): void {
    if (node?.raft.isLeader !== true) {
      this.#reigns[id] = undefined;
      return;
    }
    if (!awake) return;
    const { currentTerm, configuration } = node.raft;
    const nowMs = clock.now();
    let reign = this.#reigns[id];
    if (reign?.term !== currentTerm) {
      reign = { term: currentTerm, heard: new Map([[id, Number.POSITIVE_INFINITY]]), configuration, dueMs: 0 };
      this.#reigns[id] = reign;
      ask(reign, nowMs);
    } else if (reign.configuration !== configuration) {
      reign.configuration = configuration;
      ask(reign, nowMs);
      // Whom it needs from now on it may not have heard for long: it has the time until the next look to hear them.
      reign.dueMs = Math.max(reign.dueMs, nowMs + this.#timeoutMs + this.#slackMs);
    }
    if (nowMs <= reign.dueMs) return;
    const heardMs = Math.min(majorityHeardMs(reign, "voters"), majorityHeardMs(reign, "oldVoters"));
    reign.dueMs = heardMs + this.#timeoutMs + this.#slackMs;
    if (nowMs > reign.dueMs)
      throw new InvariantBroken(
        this.name,
        `n${id} leads term ${currentTerm} on, though it has heard of no majority for ${Math.round(nowMs - heardMs)} ms`,
      );
  }
}

/** Voters that are new to it are asked from now on. */
function ask({ heard, configuration: { voters, oldVoters } }: Reign, nowMs: number): void {
  for (const voter of [...voters, ...oldVoters]) if (!heard.has(voter)) heard.set(voter, nowMs);
}

/** Since when it has heard of no majority of a group. */
function majorityHeardMs({ heard, configuration }: Reign, group: "voters" | "oldVoters"): number {
  const times = configuration[group].map((voter) => heard.get(voter) ?? 0).sort((a, b) => b - a);
  return times[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY;
}
