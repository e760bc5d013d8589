/**
 * The state machine: sessions and a tree of znodes, changed by the commands of the log alone (Raft paper §2). Equal logs
 * give equal states: nothing here reads a clock, draws a number or depends on an order that the log does not fix.
 *
 * Where things are:
 *
 * | What                                                      | File                                        |
 * | --------------------------------------------------------- | ------------------------------------------- |
 * | The commands, and what applying one tells                 | `commands.ts`, `outcomes.ts`                |
 * | A write: whose turn it is, once each (Raft paper §8)      | `writes.ts`, `exactly-once.ts`              |
 * | What an operation comes to: decided, nothing changed yet  | `operations/`, a file for each; `table.ts`  |
 * | Doing it: tree, ephemerals, what watches are told         | `edits.ts`                                  |
 * | What servers alone write: /zookeeper/config               | `members.ts`                                |
 * | Sessions are opened, attached, closed, expired            | `session-commands.ts`, `sessions.ts`        |
 * | The tree                                                  | `tree.ts`, `paths.ts`                       |
 * | Quotas: what is allowed, what is there                   | `quotas.ts`, `operations/over-quota.ts`     |
 * | Znodes that go when nobody uses them                      | `lifetimes.ts`, `unused-command.ts`         |
 * | A znode and its Stat; where its data are                  | `stat.ts`, `data-store.ts`                  |
 * | What there is below a znode                             | `subtrees.ts`                               |
 * | Names of children in order; a map of a million paths      | `sorted-names.ts`, `name-map.ts`            |
 * | Reads                                                     | `reads.ts`                                  |
 * | Who may do what; the lists that say so, each kept once    | `access.ts`, `acl-table.ts`                 |
 * | Watches, and what one that was away has missed            | `watches.ts`, `change-history.ts`           |
 * | What a checkpoint has to write; coming back from one      | `takeDirty` and `restore…` here, `tree.ts`  |
 * | What must hold; whether replicas are equal                | `invariants.ts`, `digest.ts`                |
 *
 * To add an operation: docs/decisions/0017.
 */
import { type ClientIdentity, permission } from "../base/acl.ts";
import { assert } from "../base/assert.ts";
import type { Result, SessionId, Stat, Zxid } from "../base/operations.ts";
import type { Read } from "../base/reads.ts";
import { permits } from "./access.ts";
import type { Applied, Change, Command } from "./commands.ts";
import { digestOf } from "./digest.ts";
import { noChangesYet, type Target } from "./edits.ts";
import { assertSound } from "./invariants.ts";
import { tellMembers } from "./members.ts";
import { unchanged } from "./outcomes.ts";
import type { QuotaView } from "./quotas.ts";
import { answer, type Readable, workOf } from "./reads.ts";
import { type RetainedByTree, retainedBy } from "./retained.ts";
import { attachSession, closeSession, createSession, expireSessions } from "./session-commands.ts";
import { type Remembered, type Session, SessionTable, type SessionView } from "./sessions.ts";
import { statOf, type Znode, type ZnodeView } from "./stat.ts";
import { Tree } from "./tree.ts";
import { removeUnused } from "./unused-command.ts";
import { applyWrite } from "./writes.ts";

const nobody: readonly ClientIdentity[] = [];

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
    const applied = this.#apply(index, command);
    const crossed = this.#tree.quotas.takeCrossed();
    return crossed.length === 0 ? applied : { ...applied, crossed };
  }

  #apply(index: Zxid, command: Command): Applied {
    const { body } = command;
    switch (body.type) {
      case "write":
        return applyWrite(this.#target(index), body, this.#lastTimeMs);
      case "createSession":
        return unchanged(index, createSession(this.#sessions, index, body, this.#lastTimeMs));
      case "attachSession":
        return unchanged(index, attachSession(this.#sessions, index, body, command));
      case "closeSession":
        return closeSession(this.#target(index), body);
      case "expireSessions":
        return expireSessions(this.#target(index), body);
      case "removeUnused":
        return removeUnused(this.#target(index), body, this.#lastTimeMs);
    }
  }

  /** Passes over the entry at `index`, which has no command: a no-op, or a step of a change of membership. */
  skip(index: Zxid): void {
    this.#advance(index);
  }

  /**
   * The entry at `index` makes these the members, a line for each: /zookeeper/config shows it from now on. Returns what
   * changed, which is nothing where they are the same as before.
   */
  configure(index: Zxid, members: string): readonly Change[] {
    this.#advance(index);
    const target = this.#target(index);
    tellMembers(target, members, this.#lastTimeMs);
    return target.changes;
  }

  /** Behind {@link restored}: who the members are as of the checkpoint, which may have been made before they were shown. */
  membersRestored(members: string): void {
    tellMembers(this.#target(this.#appliedIndex), members, this.#lastTimeMs);
  }

  /**
   * Answers a read of a session (0: of none), whose client is who it has shown to be (nobody in particular), from the
   * present state; see {@link answer} for its failures.
   */
  read(read: Read, sessionId: SessionId = 0, identities: readonly ClientIdentity[] = nobody): Result {
    return answer(this.#readable(sessionId, identities), read);
  }

  /** Whether who is one of these may set the data of a znode that exists. */
  mayWrite(path: string, identities: readonly ClientIdentity[]): boolean {
    const znode = this.#tree.get(path);
    return znode !== undefined && permits(znode.acl, permission.write, identities);
  }

  /** What the read costs to answer now: see {@link workOf}. */
  workOf(read: Read, sessionId: SessionId = 0): number {
    return workOf(this.#readable(sessionId), read);
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

  /** The quotas that limit something, in no order that means anything. */
  quotas(): Iterable<QuotaView> {
    return this.#tree.quotas.all();
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
    const ephemerals: Znode[] = [];
    for (const znode of this.#tree.znodes()) if (znode.ephemeralOwner !== 0) ephemerals.push(znode);
    // In the order in which servers that saw it have them (`edits.ts`): otherwise they would fire the watches of a session's
    // end differently.
    for (const znode of ephemerals.sort((a, b) => a.czxid - b.czxid || (a.path < b.path ? -1 : 1))) {
      const owner = this.#sessions.get(znode.ephemeralOwner);
      if (owner === undefined) return false;
      this.#sessions.own(owner, znode);
    }
    return true;
  }

  /** Of the data of all znodes. */
  get dataBytes(): number {
    return this.#tree.store.bytes;
  }

  /** How large the tables are that go along with the tree: for checkers of leaks. */
  retained(): RetainedByTree {
    return retainedBy(this.#tree);
  }

  /** All znodes, in no order that means anything: for checkers. */
  znodes(): Iterable<ZnodeView> {
    return this.#tree.znodes();
  }

  /** Paths of some znodes that are unused at `timeMs`, for a command that removes them: see `lifetimes.ts`. */
  unused(timeMs: number): readonly string[] {
    return this.#tree.beside().lifetimes.unused(timeMs);
  }

  /** Does some of the work that was put off when very many znodes went at once. False when there is none. */
  tidy(): boolean {
    return this.#tree.tidy();
  }

  /** Asserts the invariants of the whole state. Visits everything: for tests and the simulator. */
  assertSound(): void {
    assertSound(this.#tree, this.#sessions);
  }

  #readable(sessionId: SessionId, identities = nobody): Readable {
    return { tree: this.#tree, sessions: this.#sessions, sessionId, identities };
  }

  #advance(index: Zxid): void {
    assert(index === this.#appliedIndex + 1, "entries are applied in order, once each");
    this.#appliedIndex = index;
  }

  /** What a command at `index` may change. */
  #target(index: Zxid): Target {
    return { tree: this.#tree, sessions: this.#sessions, zxid: index, changes: noChangesYet() };
  }
}
