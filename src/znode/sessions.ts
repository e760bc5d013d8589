/**
 * Sessions, part of the replicated state. `SessionTable` has the only functions that change one. The rules that decide
 * about requests are in `exactly-once.ts` and `machine.ts`.
 */
import { assert, present } from "../base/assert.ts";
import { bytesEqual, hex } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { answersIn } from "../base/operation-traits.ts";
import type { Result, SessionId, Zxid } from "../base/operations.ts";
import type { Command, CreateSession } from "./commands.ts";
import type { Znode } from "./stat.ts";

/** What the rest of the server may know of a session. A live view: it changes as commands are applied. */
export interface SessionView {
  readonly id: SessionId;
  /** Negotiated at the last attachment. */
  readonly timeoutMs: number;
  /** Index of the entry that attached the session to its present connection. */
  readonly attachment: Zxid;
  /** Newest write that took its place in the session's order; 0 = none. */
  readonly lastRequestId: number;
  /** Ephemerals that it owns. */
  readonly ephemeralCount: number;
  /** Stamp of the entry that opened it, Unix ms; 0: not known, since an older version opened it. */
  readonly openedMs: number;
  /** Paths of the first `max` of them, in the order in which they were created. */
  ephemeralPaths(max: number): readonly string[];
}

/** The answer to a request, kept until the client says that it has it. */
export interface Remembered {
  /** Of the entry that applied the request. */
  readonly zxid: Zxid;
  readonly result: Result;
}

/** A live session. */
export class Session implements SessionView {
  readonly id: SessionId;
  readonly password: Uint8Array;
  timeoutMs: number;
  openedMs = 0;
  /** The number of the client that holds it. */
  holder = 0;
  attachment: Zxid;
  /** Who proposed the last attachSession (0: none since the session was created), to know it when it comes again. */
  attachOrigin = 0;
  attachProposal = 0;
  lastRequestId = 0;
  /** The client has the answers up to here. */
  ackedRequestId = 0;
  /** By request id: exactly those above ackedRequestId and up to lastRequestId. */
  readonly results = new Map<number, Remembered>();
  /** How many answers these are: that of a multi counts as one for each part. */
  answers = 0;
  /** In the order in which they were created; `undefined` stands for none. */
  ephemerals: Set<Znode> | undefined = undefined;
  /** As with a znode: whether the next checkpoint has to write it, and where the last one keeps it (0 = nowhere). */
  dirty = false;
  segment = 0;
  rowBytes = 0;

  constructor(id: SessionId, password: Uint8Array, timeoutMs: number) {
    this.id = id;
    this.password = password;
    this.timeoutMs = timeoutMs;
    this.attachment = id;
  }

  get ephemeralCount(): number {
    return this.ephemerals === undefined ? 0 : this.ephemerals.size;
  }

  ephemeralPaths(max: number): readonly string[] {
    const paths: string[] = [];
    for (const { path } of this.ephemerals ?? []) {
      if (paths.length === max) break;
      paths.push(path);
    }
    return paths;
  }
}

/** What a dirty session and an answer that it remembers count for, in bytes. */
const rowBytes = 128;
const answerBytes = 96;

export class SessionTable {
  /** Changed or ended since the last checkpoint, each once. */
  #dirty: Session[] = [];
  #dirtyBytes = 0;
  readonly #byId = new Map<SessionId, Session>();
  /** By the password's hexadecimal digits: finds the session of a createSession that is in the log twice. */
  readonly #byPassword = new Map<string, Session>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: SessionId): Session | undefined {
    return this.#byId.get(id);
  }

  withPassword(password: Uint8Array): Session | undefined {
    return this.#byPassword.get(hex(password));
  }

  /** All sessions, oldest first. */
  all(): IterableIterator<Session> {
    return this.#byId.values();
  }

  /** Opens a session, attached by the entry that creates it, which is stamped with `timeMs`. */
  open(id: SessionId, { password, timeoutMs, holder }: CreateSession, timeMs: number): Session {
    // A copy, since the password may be part of a frame.
    const session = new Session(id, new Uint8Array(password), timeoutMs);
    session.openedMs = timeMs;
    session.holder = holder;
    this.#byId.set(id, session);
    this.#byPassword.set(hex(password), session);
    this.#touch(session);
    return session;
  }

  /** Moves a session to the attachment of entry `index`, which `holder` has from then on. */
  attach(
    session: Session,
    index: Zxid,
    by: Pick<Command, "origin" | "proposal">,
    timeoutMs: number,
    holder: number,
  ): void {
    assert(index > session.attachment, "attachments rise");
    // Whoever held it before may still count on the timeout that it was told: another holder does not shorten it.
    session.timeoutMs = holder === session.holder ? timeoutMs : Math.max(session.timeoutMs, timeoutMs);
    session.holder = holder;
    session.attachment = index;
    session.attachOrigin = by.origin;
    session.attachProposal = by.proposal;
    this.#touch(session);
  }

  /** Forgets a session, which owns no ephemeral any more. */
  end(session: Session): void {
    assert(session.ephemerals === undefined, "a session that ends leaves no ephemeral");
    assert(this.#byId.delete(session.id), "a session ends once");
    this.#byPassword.delete(hex(session.password));
    this.#touch(session);
  }

  /** Gives request lastRequestId + 1 its place and keeps its answer. */
  remember(session: Session, requestId: number, zxid: Zxid, result: Result): void {
    assert(requestId === session.lastRequestId + 1, "requests are applied in order, once each");
    session.lastRequestId = requestId;
    const answers = answersIn(result);
    if (session.dirty) this.#dirtyBytes += answerBytes * answers;
    session.answers += answers;
    session.results.set(requestId, { zxid, result });
    this.#touch(session);
  }

  /** Forgets the answers up to `requestId`. Never goes back, and not past what was answered, whatever a client says. */
  acknowledge(session: Session, requestId: number): void {
    const upTo = Math.min(requestId, session.lastRequestId);
    if (session.ackedRequestId >= upTo) return;
    const before = session.answers;
    while (session.ackedRequestId < upTo) {
      const id = ++session.ackedRequestId;
      session.answers -= answersIn(present(session.results.get(id), "an answer that is not acknowledged").result);
      session.results.delete(id);
    }
    if (session.dirty) this.#dirtyBytes -= answerBytes * (before - session.answers);
    this.#touch(session);
  }

  /** Notes that the session owns a new ephemeral. */
  own(session: Session, znode: Znode): void {
    if (session.ephemerals === undefined) session.ephemerals = new Set();
    session.ephemerals.add(znode);
  }

  /** Notes that one of the session's ephemerals is gone. */
  disown(session: Session, znode: Znode): void {
    assert(session.ephemerals?.delete(znode) === true, "an ephemeral is listed by its owner");
    if (session.ephemerals?.size === 0) session.ephemerals = undefined;
  }

  /** The session's ephemerals are about to go, all at once: in the order in which they were created. */
  disownAll(session: Session): Iterable<Znode> {
    const ephemerals = session.ephemerals ?? [];
    session.ephemerals = undefined;
    return ephemerals;
  }

  /** Notes that the checkpoint's row of a live session, kept in `segment`, is to be written anew. */
  touch(id: SessionId, segment: number): void {
    const session = this.#byId.get(id);
    if (session?.segment === segment) this.#touch(session);
  }

  /** What {@link takeDirty} would give takes about so many bytes. */
  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  /** The sessions changed since the last call, each once; those that have ended too. */
  takeDirty(): readonly Session[] {
    const dirty = this.#dirty;
    this.#dirty = [];
    this.#dirtyBytes = 0;
    for (const session of dirty) session.dirty = false;
    return dirty;
  }

  /** Puts a session of a checkpoint in its place; returns the one that was there. */
  restore(session: Session): Session | undefined {
    const before = this.#byId.get(session.id);
    session.answers = answersOf(session);
    this.#byId.set(session.id, session);
    return before;
  }

  /** Takes out what a checkpoint says has ended, and returns it. */
  restoreEnded(id: SessionId): Session | undefined {
    const before = this.#byId.get(id);
    this.#byId.delete(id);
    return before;
  }

  /** Ends a restoration: orders the sessions by age and indexes them. */
  link(): void {
    const sessions = [...this.#byId.values()].sort((a, b) => a.id - b.id);
    this.#byId.clear();
    this.#byPassword.clear();
    for (const session of sessions) {
      this.#byId.set(session.id, session);
      this.#byPassword.set(hex(session.password), session);
    }
  }

  #touch(session: Session): void {
    if (session.dirty) return;
    session.dirty = true;
    this.#dirty.push(session);
    this.#dirtyBytes += rowBytes + answerBytes * session.answers;
  }

  /** Asserts what holds between the fields of each session. */
  assertSound(): void {
    for (const session of this.#byId.values()) {
      const open = session.lastRequestId - session.ackedRequestId;
      assert(session.results.size === open, `session ${session.id} remembers what is not acknowledged`);
      assert(session.answers === answersOf(session), `session ${session.id} counts what it remembers`);
      assert(session.answers <= limits.outstandingRequestsMax, `session ${session.id} remembers a bounded number`);
      assert(session.attachment >= session.id, `session ${session.id} is attached after its creation`);
      assert(session.ephemerals?.size !== 0, `session ${session.id} keeps no empty set of ephemerals`);
    }
  }
}

function answersOf({ results }: Session): number {
  let answers = 0;
  for (const { result } of results.values()) answers += answersIn(result);
  return answers;
}

/** Whether `password` is the session's. */
export function passwordMatches(session: Session, password: Uint8Array): boolean {
  return bytesEqual(session.password, password);
}
