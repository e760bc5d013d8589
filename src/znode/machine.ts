/**
 * The state machine: sessions and a tree of znodes, changed by the commands of the log alone (Raft paper §2). Equal logs
 * give equal states: nothing here reads a clock, draws a number or depends on an order that the log does not fix.
 */
import { assert } from "../base/assert.ts";
import { limits } from "../base/limits.ts";
import type { Read, Result, SessionId, Stat, Zxid } from "../base/operations.ts";
import type {
  Applied,
  AttachSession,
  Change,
  CloseSession,
  Command,
  CreateSession,
  ExpireSessions,
  Outcome,
  Write,
} from "./commands.ts";
import { digestOf } from "./digest.ts";
import { standing } from "./exactly-once.ts";
import { type Refusal, refusal } from "./failures.ts";
import { assertSound } from "./invariants.ts";
import { endSession, perform } from "./operations.ts";
import { answer, workOf } from "./reads.ts";
import { passwordMatches, type Remembered, type Session, SessionTable, type SessionView } from "./sessions.ts";
import { statOf, type Znode } from "./stat.ts";
import { Tree } from "./tree.ts";

const noChanges: readonly Change[] = [];
const noSessions: readonly SessionId[] = [];

/** Rows of a checkpoint that are due. */
export interface DirtyRows {
  readonly znodes: Znode[];
  /** They have a row in the checkpoint. */
  readonly removedZnodes: Znode[];
  readonly sessions: Session[];
  readonly endedSessions: Session[];
}

/** One replica of the replicated state. */
export class ZnodeMachine {
  readonly #tree = new Tree();
  readonly #sessions = new SessionTable();
  #appliedIndex: Zxid = 0;
  #lastTimeMs = 0;

  /** Index of the last entry applied or skipped; 0 at first. */
  get appliedIndex(): Zxid {
    return this.#appliedIndex;
  }

  /** Newest stamp of a command, Unix ms; 0 at first. */
  get lastTimeMs(): number {
    return this.#lastTimeMs;
  }

  /**
   * Applies the command of the entry at `index`, which must follow the last one. Whatever a client asked for, the answer
   * is an outcome; only a broken invariant throws.
   */
  apply(index: Zxid, command: Command): Applied {
    this.#advance(index);
    // Leaders' clocks differ; the stamps that the state shows never go back.
    this.#lastTimeMs = Math.max(this.#lastTimeMs, command.timeMs);
    const { body } = command;
    switch (body.type) {
      case "write":
        return this.#write(index, body);
      case "createSession":
        return unchanged(index, this.#createSession(index, body));
      case "attachSession":
        return unchanged(index, this.#attachSession(index, body, command));
      case "closeSession":
        return this.#closeSession(index, body);
      case "expireSessions":
        return this.#expireSessions(index, body);
    }
  }

  /** Passes over the entry at `index`, which has no command: a no-op or a configuration. */
  skip(index: Zxid): void {
    this.#advance(index);
  }

  /** Answers a read from the present state; see {@link answer} for its failures. */
  read(read: Read): Result {
    return answer(this.#tree, read);
  }

  /** What the read costs to answer now: see {@link workOf}. */
  workOf(read: Read): number {
    return workOf(this.#tree, read);
  }

  /** The present Stat of a znode, if it exists. */
  stat(path: string): Stat | undefined {
    const znode = this.#tree.get(path);
    return znode === undefined ? undefined : statOf(znode);
  }

  /** A live session. */
  session(id: SessionId): SessionView | undefined {
    return this.#sessions.get(id);
  }

  /** The answer to a write of a live session that was applied and is not acknowledged yet. */
  answerTo(sessionId: SessionId, requestId: number): Remembered | undefined {
    return this.#sessions.get(sessionId)?.results.get(requestId);
  }

  /** All live sessions, oldest first. */
  sessions(): Iterable<SessionView> {
    return this.#sessions.all();
  }

  /** How many znodes (built-in ones included) and live sessions there are. */
  counts(): { readonly znodes: number; readonly sessions: number } {
    return { znodes: this.#tree.size, sessions: this.#sessions.size };
  }

  /**
   * 16 hexadecimal digits over the whole replicated state: tree, sessions, remembered answers, counters, time and
   * applied index. Two replicas that applied the same entries have the same. Visits everything.
   */
  digest(): string {
    return digestOf(this.#tree, this.#sessions, this.#appliedIndex, this.#lastTimeMs);
  }

  /** What a checkpoint has to write by now takes about so many bytes. */
  get dirtyBytes(): number {
    return this.#tree.dirtyBytes + this.#sessions.dirtyBytes;
  }

  /**
   * What has changed since the last call: rows for the next checkpoint to write or to remove. Sessions are to be written
   * at once, znodes one by one: see `Tree.takeDirty` for how they are frozen, and what is given to `save`.
   */
  takeDirty(save: (znode: Znode) => void): DirtyRows {
    const rows: DirtyRows = { znodes: [], removedZnodes: [], sessions: [], endedSessions: [] };
    for (const znode of this.#tree.takeDirty(save)) {
      if (!znode.removed) rows.znodes.push(znode);
      else if (znode.segment !== 0) rows.removedZnodes.push(znode);
    }
    for (const session of this.#sessions.takeDirty()) {
      if (this.#sessions.get(session.id) === session) rows.sessions.push(session);
      else if (session.segment !== 0) rows.endedSessions.push(session);
    }
    return rows;
  }

  /** Has the next checkpoint write the znode's row anew, if `segment` keeps its present one. */
  touchZnode(path: string, segment: number): void {
    const znode = this.#tree.get(path);
    if (znode?.segment === segment) this.#tree.touch(znode);
  }

  /** The same for a session's row. */
  touchSession(id: SessionId, segment: number): void {
    this.#sessions.touch(id, segment);
  }

  /** Takes a row of a checkpoint, later ones over earlier ones; returns what it replaces. End with {@link restored}. */
  restoreZnode(znode: Znode): Znode | undefined {
    return this.#tree.restore(znode);
  }

  /** Takes note that a checkpoint removed a row; returns it. */
  restoreRemovedZnode(path: string): Znode | undefined {
    return this.#tree.restoreRemoved(path);
  }

  /** {@link restoreZnode} for a session. */
  restoreSession(session: Session): Session | undefined {
    return this.#sessions.restore(session);
  }

  /** {@link restoreRemovedZnode} for a session. */
  restoreEndedSession(id: SessionId): Session | undefined {
    return this.#sessions.restoreEnded(id);
  }

  /** All rows of the checkpoint at `appliedIndex` are in. False if they do not make a state: something is missing. */
  restored(appliedIndex: Zxid, lastTimeMs: number): boolean {
    this.#appliedIndex = appliedIndex;
    this.#lastTimeMs = lastTimeMs;
    this.#sessions.link();
    if (!this.#tree.link()) return false;
    for (const { path, ephemeralOwner } of this.#tree.znodes()) {
      if (ephemeralOwner === 0) continue;
      const owner = this.#sessions.get(ephemeralOwner);
      if (owner === undefined) return false;
      this.#sessions.own(owner, path);
    }
    return true;
  }

  /** Asserts the invariants of the whole state. Visits everything: for tests and the simulator. */
  assertSound(): void {
    assertSound(this.#tree, this.#sessions);
  }

  #advance(index: Zxid): void {
    assert(index === this.#appliedIndex + 1, "entries are applied in order, once each");
    this.#appliedIndex = index;
  }

  #createSession(index: Zxid, body: CreateSession): Outcome {
    const known = this.#sessions.withPassword(body.password);
    if (known === undefined) {
      if (this.#sessions.size >= limits.sessionsMax)
        return { type: "refused", ...refusal("OVERLOADED", `the cluster has ${limits.sessionsMax} sessions already`) };
      return attached(this.#sessions.open(index, body.password, body.timeoutMs, body.holder), index);
    }
    // The proposal is in the log twice. It answers with its own attachment, which is that of the session's creation: if
    // the session has moved since, the connection that waits for this answer must not pass for the present one.
    return attached(known, known.id);
  }

  #attachSession(index: Zxid, body: AttachSession, command: Command): Outcome {
    const { origin, proposal } = command;
    const { holder, takeover = false } = body;
    const session = this.#sessions.get(body.sessionId);
    if (session === undefined) return { type: "refused", ...sessionExpired(body.sessionId) };
    if (!passwordMatches(session, body.password))
      return { type: "refused", ...refusal("AUTH_FAILED", `the password is not that of session ${session.id}`) };
    // A proposal that is in the log twice must not fence off the connection that its first copy attached.
    const repeated = session.attachOrigin === origin && session.attachProposal === proposal;
    // A client that hung, while another took its session over, would take that one's answers for its own.
    if (!repeated && !takeover && holder !== session.holder)
      return { type: "refused", ...refusal("SESSION_TAKEN", `another client has taken session ${session.id} over`) };
    if (!repeated) this.#sessions.attach(session, index, command, body.timeoutMs, holder);
    return attached(session, session.attachment);
  }

  #write(index: Zxid, write: Write): Applied {
    const { sessionId, requestId } = write;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return dropped(index, write, sessionExpired(sessionId));
    if (session.attachment !== write.attachment) return dropped(index, write, sessionMoved(session));
    this.#sessions.acknowledge(session, write.ackedRequestId);
    const place = standing(session, requestId);
    switch (place.type) {
      case "refused":
        return dropped(index, write, place.refusal);
      case "gap":
        return unchanged(index, { type: "gap", sessionId, requestId, expected: place.expected });
      case "duplicate": {
        const { zxid, result } = place.remembered;
        return unchanged(index, { type: "written", sessionId, requestId, zxid, result, duplicate: true });
      }
      case "next":
        return this.#firstWrite(index, session, write);
    }
  }

  #firstWrite(index: Zxid, session: Session, { sessionId, requestId, operation, diskFull = "" }: Write): Applied {
    const changes: Change[] = [];
    // A refusal for want of room is an answer like any other: it takes the write's number and is remembered.
    const result =
      diskFull === ""
        ? perform(
            { tree: this.#tree, sessions: this.#sessions, session, zxid: index, timeMs: this.#lastTimeMs, changes },
            operation,
          )
        : refusal("DISK_FULL", diskFull);
    this.#sessions.remember(session, requestId, index, result);
    const outcome: Outcome = { type: "written", sessionId, requestId, zxid: index, result, duplicate: false };
    return { zxid: index, outcome, changes, ended: noSessions };
  }

  #closeSession(index: Zxid, close: CloseSession): Applied {
    const { sessionId, requestId } = close;
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return dropped(index, close, sessionExpired(sessionId));
    if (session.attachment !== close.attachment) return dropped(index, close, sessionMoved(session));
    const expected = session.lastRequestId + 1;
    if (requestId > expected) return unchanged(index, { type: "gap", sessionId, requestId, expected });
    if (requestId < expected) {
      const message = `request ${requestId}, which would close session ${sessionId}, has the number of an earlier write`;
      return dropped(index, close, refusal("PROTOCOL_ERROR", message));
    }
    const changes: Change[] = [];
    endSession(this.#tree, this.#sessions, session, index, changes);
    return { zxid: index, outcome: { type: "closed", sessionId, requestId }, changes, ended: [sessionId] };
  }

  #expireSessions(index: Zxid, body: ExpireSessions): Applied {
    const changes: Change[] = [];
    const ended: SessionId[] = [];
    for (const { sessionId, attachment } of body.sessions) {
      const session = this.#sessions.get(sessionId);
      // A session that was attached again since the leader looked has given a sign of life.
      if (session === undefined || session.attachment !== attachment) continue;
      endSession(this.#tree, this.#sessions, session, index, changes);
      ended.push(sessionId);
    }
    return { zxid: index, outcome: { type: "expired" }, changes, ended };
  }
}

function attached(session: Session, attachment: Zxid): Outcome {
  const { id, timeoutMs, password, lastRequestId } = session;
  return { type: "attached", sessionId: id, attachment, timeoutMs, password, lastRequestId };
}

function unchanged(zxid: Zxid, outcome: Outcome): Applied {
  return { zxid, outcome, changes: noChanges, ended: noSessions };
}

function dropped(zxid: Zxid, { sessionId, requestId }: Write | CloseSession, { failure }: Refusal): Applied {
  return unchanged(zxid, { type: "dropped", sessionId, requestId, failure });
}

function sessionExpired(id: SessionId): Refusal {
  return refusal("SESSION_EXPIRED", `there is no session ${id}: it expired or was closed`);
}

function sessionMoved(session: Session): Refusal {
  return refusal("SESSION_MOVED", `session ${session.id} has moved to another connection`);
}
