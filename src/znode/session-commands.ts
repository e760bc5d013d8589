/** The commands that open, attach and end sessions. */
import { limits } from "../base/limits.ts";
import type { SessionId, Zxid } from "../base/operations.ts";
import type {
  Applied,
  AttachSession,
  CloseSession,
  Command,
  CreateSession,
  ExpireSessions,
  Outcome,
} from "./commands.ts";
import { endSession, type Target } from "./edits.ts";
import { refusal } from "./failures.ts";
import { attached, dropped, refused, sessionExpired, sessionMoved, unchanged } from "./outcomes.ts";
import { passwordMatches, type SessionTable } from "./sessions.ts";

/** Opens a session, named by the entry's index and stamped with its time. */
export function createSession(sessions: SessionTable, index: Zxid, body: CreateSession, timeMs: number): Outcome {
  const known = sessions.withPassword(body.password);
  if (known === undefined) {
    if (sessions.size >= limits.sessionsMax)
      return refused(refusal("OVERLOADED", `the cluster has ${limits.sessionsMax} sessions already`));
    return attached(sessions.open(index, body, timeMs), index);
  }
  // The proposal is in the log twice. It answers with its own attachment, which is that of the session's creation: if
  // the session has moved since, the connection that waits for this answer must not pass for the present one.
  return attached(known, known.id);
}

/** Moves a session to another connection. */
export function attachSession(sessions: SessionTable, index: Zxid, body: AttachSession, command: Command): Outcome {
  const { origin, proposal } = command;
  const { holder, takeover = false } = body;
  const session = sessions.get(body.sessionId);
  if (session === undefined) return refused(sessionExpired(body.sessionId));
  if (!passwordMatches(session, body.password))
    return refused(refusal("AUTH_FAILED", `the password is not that of session ${session.id}`));
  // A proposal that is in the log twice must not fence off the connection that its first copy attached.
  const repeated = session.attachOrigin === origin && session.attachProposal === proposal;
  // A client that hung, while another took its session over, would take that one's answers for its own.
  if (!repeated && !takeover && holder !== session.holder)
    return refused(refusal("SESSION_TAKEN", `another client has taken session ${session.id} over`));
  if (!repeated) sessions.attach(session, index, command, body.timeoutMs, holder);
  return attached(session, session.attachment);
}

/** Ends a session at its client's wish, behind its writes. */
export function closeSession(target: Target, close: CloseSession): Applied {
  const { sessions, zxid: index, changes } = target;
  const { sessionId, requestId } = close;
  const session = sessions.get(sessionId);
  if (session === undefined) return dropped(index, close, sessionExpired(sessionId));
  if (session.attachment !== close.attachment) return dropped(index, close, sessionMoved(session));
  const expected = session.lastRequestId + 1;
  if (requestId > expected) return unchanged(index, { type: "gap", sessionId, requestId, expected });
  if (requestId < expected) {
    const message = `request ${requestId}, which would close session ${sessionId}, has the number of an earlier write`;
    return dropped(index, close, refusal("PROTOCOL_ERROR", message));
  }
  endSession(target, session);
  return { zxid: index, outcome: { type: "closed", sessionId, requestId }, changes, ended: [sessionId] };
}

/** Ends the sessions of which the leader has not heard for their timeout. */
export function expireSessions(target: Target, body: ExpireSessions): Applied {
  const { sessions, zxid: index, changes } = target;
  const ended: SessionId[] = [];
  for (const { sessionId, attachment } of body.sessions) {
    const session = sessions.get(sessionId);
    // A session that was attached again since the leader looked has given a sign of life.
    if (session === undefined || session.attachment !== attachment) continue;
    endSession(target, session);
    ended.push(sessionId);
  }
  return { zxid: index, outcome: { type: "expired" }, changes, ended };
}
