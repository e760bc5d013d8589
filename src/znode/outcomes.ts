/** What applying a command did, in few words. */
import type { Failure, SessionId, Zxid } from "../base/operations.ts";
import type { Applied, Change, CloseSession, Outcome, Write } from "./commands.ts";
import { type Refusal, refusal } from "./failures.ts";
import type { Session } from "./sessions.ts";

const noChanges: readonly Change[] = [];
const noSessions: readonly SessionId[] = [];

/** A command that changed no znode and ended no session. */
export function unchanged(zxid: Zxid, outcome: Outcome): Applied {
  return { zxid, outcome, changes: noChanges, ended: noSessions };
}

/** A command of a client's that ended no session. */
export function changed(zxid: Zxid, outcome: Outcome, changes: readonly Change[]): Applied {
  return { zxid, outcome, changes, ended: noSessions };
}

/** A request that had no effect, and for which no answer is remembered. */
export function dropped(zxid: Zxid, { sessionId, requestId }: Write | CloseSession, { failure }: Refusal): Applied {
  return unchanged(zxid, { type: "dropped", sessionId, requestId, failure });
}

/** The session is attached by the entry `attachment`. */
export function attached(session: Session, attachment: Zxid): Outcome {
  const { id, timeoutMs, password, lastRequestId } = session;
  return { type: "attached", sessionId: id, attachment, timeoutMs, password, lastRequestId };
}

/** No session was opened or attached. */
export function refused({ failure }: { readonly failure: Failure }): Outcome {
  return { type: "refused", failure };
}

export function sessionExpired(id: SessionId): Refusal {
  return refusal("SESSION_EXPIRED", `there is no session ${id}: it expired or was closed`);
}

export function sessionMoved(session: Session): Refusal {
  return refusal("SESSION_MOVED", `session ${session.id} has moved to another connection`);
}
