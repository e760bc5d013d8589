/**
 * Nobody is told that it holds what another may hold: before the log ends a session for its silence, its client has been
 * told that it may be gone. From that entry on its ephemerals are free for others, whoever has applied it.
 *
 * Judged from outside: by what the client's user was told, and by what the log says. The promise is that of clocks that
 * run at about the same rate; it is not owed while a server's runs faster by more than what the client gives up for that. Nor
 * can a process be told that stands still.
 */
import type { SessionId } from "../../src/base/operations.ts";
import { sessionLimits } from "../../src/client/session-limits.ts";
import type { Entry, ServerId } from "../../src/raft/types.ts";
import type { SessionEvent } from "../world/history.ts";
import { InvariantBroken, type Observer, type StruckFault, type World } from "../world/observer.ts";
import type { ModelFeed } from "./model-feed.ts";
import type { RaftChecker } from "./raft-history.ts";

/** A server's clock may pass so many milliseconds while a client's passes one. */
const rateMax = 1 / (1 - sessionLimits.lostMargin);

export class CertainSessions implements Observer, RaftChecker {
  readonly name = "certain-sessions";
  readonly #feed: ModelFeed;
  #world: World | undefined;
  /** The client to which each session is certain, as it was told. */
  readonly #certain = new Map<SessionId, number>();
  /** Until when a client's process stands still, or all, virtual µs: it is told as soon as it does anything. */
  readonly #stillUntilUs = new Map<number | "all", number>();
  /** Until when some clock may have run too fast for too long, virtual µs. */
  #hastyUntilUs = 0;

  /** Is to watch the log after `feed` does. */
  constructor(feed: ModelFeed) {
    this.#feed = feed;
  }

  begin(world: World): void {
    this.#world = world;
  }

  sessionEvent({ type, client, sessionId }: SessionEvent): void {
    if (type === "connected") this.#certain.set(sessionId, client);
    else if (type === "lost" || type === "ended") this.#certain.delete(sessionId);
  }

  fault({ action, atUs, client }: StruckFault): void {
    if (action.kind === "pauseClient") {
      const who = action.client === "all" ? "all" : (client ?? Number(action.client));
      const untilUs = Math.max(this.#stillUntilUs.get(who) ?? 0, atUs + 1000 * action.forMs);
      this.#stillUntilUs.set(who, untilUs);
    }
    if (action.kind !== "drift" || action.rate <= rateMax) return;
    const timeoutMs = this.#world?.plan.config.sessionTimeoutMs ?? 0;
    this.#hastyUntilUs = Math.max(this.#hastyUntilUs, atUs + 1000 * (action.forMs + timeoutMs));
  }

  committed(id: ServerId, { index }: Entry): void {
    const { model } = this.#feed;
    if (index !== model.applied) return;
    const body = this.#feed.commandAt(index)?.body;
    const nowUs = this.#world?.now ?? 0;
    if (body?.type !== "expireSessions" || nowUs < this.#hastyUntilUs) return;
    for (const { sessionId } of body.sessions) {
      const client = this.#certain.get(sessionId);
      if (client === undefined || model.sessions.has(sessionId)) continue;
      const stillUntilUs = Math.max(this.#stillUntilUs.get(client) ?? 0, this.#stillUntilUs.get("all") ?? 0);
      if (nowUs <= stillUntilUs) continue;
      throw new InvariantBroken(
        this.name,
        `entry ${index}, committed at n${id}, ends session ${sessionId} for its silence, but client ${client} was not told ` +
          "that it may be gone: what it holds by an ephemeral another can take now",
      );
    }
  }
}
