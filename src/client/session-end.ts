/** The end of a session: by what it comes, and what becomes of the requests that have no answer then. */
import { present } from "../base/assert.ts";
import type { Failure, Zxid } from "../base/operations.ts";
import type { EffectsOfTurn } from "./session-effects.ts";
import type { IdentityView } from "./session-identity.ts";
import type { Reconnector } from "./session-reconnect.ts";
import { anotherPast, closed, expired } from "./session-refusals.ts";
import type { SessionRequest, SessionRequests } from "./session-requests.ts";
import type { SessionStanding } from "./session-standing.ts";

/** What ends with a session. */
export interface EndingParts<C> {
  readonly identity: IdentityView;
  readonly standing: SessionStanding;
  readonly reconnector: Reconnector;
  readonly requests: SessionRequests<C>;
  readonly effects: EffectsOfTurn<C>;
}

/** Ends a session, once. */
export class SessionEnd<C> {
  readonly #parts: EndingParts<C>;
  #failure: Failure | undefined;

  constructor(parts: EndingParts<C>) {
    this.#parts = parts;
  }

  /** Why the session is no more; undefined: it is. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /**
   * The cluster has another log than the one that the session has seen, as after a restoration from a backup, and with it
   * another session.
   */
  anotherPast(what: string): void {
    this.#parts.effects.deliver({ type: "violation", what });
    this.end("expired", anotherPast(what));
  }

  /** The servers know the session no more. */
  expire(failure: Failure): void {
    // A session that was to be closed and is gone was closed: the answer got lost.
    const { requests, identity } = this.#parts;
    const { closing } = requests;
    if (closing !== undefined && closing.xid > 0) return this.closed(identity.lastZxid);
    this.end("expired", failure, expired);
  }

  /** It was closed, as asked. */
  closed(zxid: Zxid): void {
    const { requests, effects } = this.#parts;
    const request = present(requests.closing, "close request");
    if (!request.settled) effects.deliver({ type: "answer", request, zxid, result: {} });
    request.settled = true;
    this.end("closed", closed, expired);
  }

  /** Ends it; what is asked of it from here on fails with `why`, and what was asked before with `forRequests`. */
  end(state: "expired" | "closed", why: Failure, forRequests = why): void {
    const { reconnector, requests, standing } = this.#parts;
    reconnector.end();
    this.#failure = why;
    for (const request of requests.unsettled()) this.fail(request, forRequests);
    standing.become(state);
  }

  /** One request has failed, with the session or before it. */
  fail(request: SessionRequest<C>, failure: Failure): void {
    this.#parts.requests.settle(request);
    this.#parts.effects.deliver({ type: "failed", request, failure });
  }
}
