/** What those who look at the cluster are shown of a server's sessions and watches: dashboard, kvctl, four-letter words. */
import type { SessionId } from "../base/operations.ts";
import type { WatchSpec } from "../base/reads.ts";
import type { Watched } from "../znode/watches.ts";
import { type SessionPage, sessionPage } from "./clients/session-page.ts";
import type { NodeParts } from "./parts.ts";

/** Of one server. */
export class Lookers {
  readonly #parts: Pick<NodeParts, "clients" | "liveness" | "replica">;

  constructor(parts: Pick<NodeParts, "clients" | "liveness" | "replica">) {
    this.#parts = parts;
  }

  /** At most `max` live sessions behind session `after`, oldest first. */
  sessionsBehind(after: SessionId, max: number): SessionPage {
    const { clients, liveness, replica } = this.#parts;
    return sessionPage(replica.machine.sessions(), after, max, (id) => ({
      attachedHere: clients.isAttached(id),
      watches: clients.watchesOfSession(id),
      silentMs: liveness.silentMs(id),
    }));
  }

  /** At the leader: for how long a session was not heard of, ms. */
  silentMs(session: SessionId): number | undefined {
    return this.#parts.liveness.silentMs(session);
  }

  /** What the clients of this server watch, by session. */
  watchers(): Iterable<{ readonly sessionId: SessionId; readonly watches: readonly WatchSpec[] }> {
    return this.#parts.clients.watchers();
  }

  /** At most `max` of the watched paths of this server's clients. */
  watched(max: number): readonly Watched[] {
    return this.#parts.clients.watched(max);
  }
}
