/**
 * Exactly-once requests: where a request stands in its session's order. A request may be in the log several times, since
 * its origin proposes it again when a leader dies; the first copy that follows its predecessor is applied, every
 * other one gets the remembered answer.
 */
import { limits } from "../base/limits.ts";
import { requestsIn } from "../base/operation-traits.ts";
import type { Operation } from "../base/operations.ts";
import type { Write } from "./commands.ts";
import { type Refusal, refusal } from "./failures.ts";
import type { Remembered, Session } from "./sessions.ts";

export type RequestStanding =
  /** The next one: apply it. */
  | { readonly type: "next" }
  /** Applied before: give the same answer. */
  | { readonly type: "duplicate"; readonly remembered: Remembered }
  /** A predecessor is missing. */
  | { readonly type: "gap"; readonly expected: number }
  /** It has no effect now, and there is no answer to be repeated. */
  | { readonly type: "refused"; readonly refusal: Refusal };

const next: RequestStanding = { type: "next" };

/** Where a write stands. */
export function standing(session: Session, { requestId, operation }: Write): RequestStanding {
  const expected = session.lastRequestId + 1;
  if (requestId > expected) return { type: "gap", expected };
  if (requestId === expected) return hasRoom(session, operation) ? next : full(session);
  const remembered = session.results.get(requestId);
  return remembered === undefined ? forgotten(requestId) : { type: "duplicate", remembered };
}

/** Whether the session may have another answer remembered: a multi is answered part by part. */
function hasRoom({ answers }: Session, operation: Operation): boolean {
  return answers + requestsIn(operation) <= limits.outstandingRequestsMax;
}

/**
 * A client that keeps to its limit of outstanding requests never gets here: a request is one of them, so fewer others
 * wait for their acknowledgement. The request does not take its number: it may come again once the client acknowledges.
 */
function full(session: Session): RequestStanding {
  const message = `session ${session.id} has ${limits.outstandingRequestsMax} answers that it did not acknowledge`;
  return { type: "refused", refusal: refusal("TOO_MANY_REQUESTS", message) };
}

function forgotten(requestId: number): RequestStanding {
  const message = `request ${requestId} was answered, and its answer acknowledged, before`;
  return { type: "refused", refusal: refusal("PROTOCOL_ERROR", message) };
}
