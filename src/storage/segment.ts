/**
 * Segments: the rows of a checkpoint that were written together, in one value (`Segment` of proto/disk.proto). A key of
 * its own for each row would be the simple way, and is dear in LevelDB: see docs/decisions/0006.
 */
import { aclEqual, initialAcl } from "../base/acl.ts";
import { present } from "../base/assert.ts";
import type { SessionId } from "../base/operations.ts";
import {
  addSegmentEndedSessions,
  addSegmentGuarded,
  addSegmentRemovedPaths,
  addSegmentSessions,
  addSegmentZnodes,
  boundOfSessionRow,
  type RememberedAnswer,
  readSegment,
  readSegmentNames,
  type SessionRow,
  type ZnodeRow,
} from "../protocol/generated/disk.ts";
import { WireReader } from "../protocol/wire-reader.ts";
import { nestedBytes, WireWriter } from "../protocol/wire-writer.ts";
import type { DirtyRows } from "../znode/machine.ts";
import { Session } from "../znode/sessions.ts";
import { Znode } from "../znode/stat.ts";
import { checksum, corrupt, unseal } from "./sealed.ts";

/** The rows of a segment. Data of znodes are views on its bytes. */
export interface SegmentRows {
  readonly removedPaths: readonly string[];
  readonly endedSessions: readonly SessionId[];
  readonly znodes: readonly Znode[];
  readonly sessions: readonly Session[];
}

/** A finished segment, for its key. */
export interface Segment {
  readonly value: Uint8Array;
  /** Bytes of the rows of znodes and sessions. */
  readonly rowBytes: number;
  /** Removals. */
  readonly removals: number;
}

type Place = (row: Znode | Session, nth: number, bytes: number) => void;

/** From so many rows on, there is room for a whole segment from the beginning; a last row takes a little more. */
const rowsOfNote = 500;
const rowBytes = 4096;

/**
 * Encodes the rows of a checkpoint into segments of about `segmentBytes`, bit by bit: sessions at once, of the removed
 * znodes and then of the others about one segment with each {@link step}, while the state goes on. `place` is told of each
 * row that it went into the segment number `first + nth`, and how many bytes it takes there; `remove` of each row that is
 * removed.
 */
export class SegmentEncoder {
  readonly #znodes: readonly Znode[];
  readonly #removed: readonly Znode[];
  readonly #segmentBytes: number;
  readonly #place: Place;
  readonly #remove: (row: Znode) => void;
  readonly #writer = new WireWriter();
  readonly #room: number;
  readonly #segments: Segment[] = [];
  /** Bytes of rows, and removals, of the segment under way. */
  #rowBytes = 0;
  #removals = 0;
  /** Of the removed znodes, and of the others, the next one whose turn comes. */
  #nextRemoved = 0;
  #next = 0;

  constructor(rows: DirtyRows, segmentBytes: number, place: Place, remove: (row: Znode) => void) {
    this.#znodes = rows.znodes;
    this.#removed = rows.removedZnodes;
    this.#segmentBytes = segmentBytes;
    this.#place = place;
    this.#remove = remove;
    // Growing as it goes would copy each segment a few times.
    this.#room = rows.znodes.length > rowsOfNote ? segmentBytes + rowBytes : 0;
    this.#writer.begin(this.#room);
    for (const { id } of rows.endedSessions) {
      addSegmentEndedSessions(this.#writer, id);
      this.#removedOne();
    }
    for (const session of rows.sessions) {
      const row = rowOfSession(session);
      // With a thousand answers to remember it may have four megabytes: behind others it would fit in no frame to a peer.
      if (this.#writer.mark() + boundOfSessionRow(row) > this.#segmentBytes) this.#finishSegment();
      const before = this.#writer.mark();
      addSegmentSessions(this.#writer, row);
      this.#wrote(session, before);
    }
  }

  /** Writes until a segment is full. False if there is no more. */
  step(): boolean {
    const before = this.#segments.length;
    // Removals go first, so that none of them lies in a later segment than a new row of the same path.
    while (this.#segments.length === before && this.#removeNext());
    for (; this.#segments.length === before; this.#next++) {
      const znode = this.#znodes[this.#next];
      if (znode === undefined) return false;
      // One that has changed since was saved.
      if (!znode.frozen) continue;
      znode.frozen = false;
      this.save(znode);
    }
    return true;
  }

  /** Writes a znode whose turn has not come: it is about to change. */
  save(znode: Znode): void {
    // One that has no row yet may be where another one was removed.
    if (znode.segment === 0) while (this.#removeNext());
    const before = this.#writer.mark();
    const row = rowOfZnode(znode);
    if (row.acl === undefined) addSegmentZnodes(this.#writer, row);
    else addSegmentGuarded(this.#writer, row);
    this.#wrote(znode, before);
  }

  /** All segments, in the order of their numbers, once {@link step} has nothing more to write. */
  finish(): readonly Segment[] {
    this.#finishSegment();
    return this.#segments;
  }

  #wrote(row: Znode | Session, before: number): void {
    const bytes = this.#writer.mark() - before;
    this.#place(row, this.#segments.length, bytes);
    this.#rowBytes += bytes;
    this.#finishIfFull();
  }

  /** Writes the next removal, if there is one. */
  #removeNext(): boolean {
    const znode = this.#removed[this.#nextRemoved];
    if (znode === undefined) return false;
    this.#nextRemoved++;
    this.#remove(znode);
    addSegmentRemovedPaths(this.#writer, znode.path);
    this.#removedOne();
    return true;
  }

  #removedOne(): void {
    this.#removals++;
    this.#finishIfFull();
  }

  #finishIfFull(): void {
    if (this.#writer.mark() >= this.#segmentBytes) this.#finishSegment();
  }

  #finishSegment(): void {
    if (this.#rowBytes + this.#removals === 0) return;
    const writer = this.#writer;
    writer.raw(checksum(writer.written()));
    this.#segments.push({ value: writer.finish(), rowBytes: this.#rowBytes, removals: this.#removals });
    this.#rowBytes = 0;
    this.#removals = 0;
    writer.begin(this.#room);
  }
}

/** Reads a segment. CORRUPT if anything about it is wrong; `where` names it. */
export function decodeSegment(value: Uint8Array, where: string): SegmentRows {
  return read(value, where, (reader) => {
    const { removedPaths, endedSessions, znodes, guarded, sessions } = readSegment(reader);
    const all = [...znodes, ...guarded].map(znodeOf);
    return { removedPaths, endedSessions, znodes: all, sessions: sessions.map(sessionOf) };
  });
}

/** Tells which znodes and sessions have a row in a segment, without making them. CORRUPT as {@link decodeSegment}. */
export function visitNames(
  value: Uint8Array,
  where: string,
  visit: { znode(path: string): void; session(id: SessionId): void },
): void {
  const { znodes, guarded, sessions } = read(value, where, readSegmentNames);
  for (const { path } of znodes) visit.znode(path);
  for (const { path } of guarded) visit.znode(path);
  for (const { id } of sessions) visit.session(id);
}

function read<T>(value: Uint8Array, where: string, rows: (reader: WireReader) => T): T {
  const bytes = unseal(value, where);
  try {
    return rows(new WireReader(bytes));
  } catch (error) {
    throw corrupt(`${where} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

function rowOfZnode(znode: Znode): ZnodeRow {
  const { czxid, mzxid, pzxid, ctime, mtime } = znode;
  const row = {
    path: znode.path,
    data: znode,
    czxid,
    mzxid: mzxid === czxid ? 0 : mzxid,
    pzxid: pzxid === czxid ? 0 : pzxid,
    ctime,
    mtime: mtime === ctime ? 0 : mtime,
    version: znode.version,
    aversion: znode.aversion,
    childCounter: znode.childCounter,
    ephemeralOwner: znode.ephemeralOwner,
    container: znode.container,
    ttlMs: znode.ttlMs,
  };
  return aclEqual(znode.acl, initialAcl(znode.path)) ? row : { ...row, acl: znode.acl };
}

function znodeOf(row: ZnodeRow): Znode {
  if (row.path === "") throw corrupt("a znode without its path");
  const { bytes, start, length } = row.data;
  const { path, ephemeralOwner, czxid, ctime, container, ttlMs, acl = initialAcl(path) } = row;
  const znode = new Znode(path, bytes, ephemeralOwner, czxid, ctime, container, ttlMs, acl);
  znode.start = start;
  znode.length = length;
  if (row.mzxid !== 0) znode.mzxid = row.mzxid;
  if (row.pzxid !== 0) znode.pzxid = row.pzxid;
  if (row.mtime !== 0) znode.mtime = row.mtime;
  znode.rowBytes = nestedBytes(row.size ?? 0);
  znode.version = row.version;
  znode.aversion = row.aversion;
  znode.childCounter = row.childCounter;
  return znode;
}

function rowOfSession(session: Session): SessionRow {
  const { id, password, timeoutMs, attachment, attachOrigin, attachProposal } = session;
  const { lastRequestId, ackedRequestId, holder, openedMs } = session;
  const answers: RememberedAnswer[] = [];
  for (let request = ackedRequestId + 1; request <= lastRequestId; request++) {
    answers.push(present(session.results.get(request), "an answer that is not acknowledged"));
  }
  const numbers = { attachment, attachOrigin, attachProposal, lastRequestId, ackedRequestId, holder, openedMs };
  return { id, password, timeoutMs, ...numbers, answers };
}

function sessionOf(row: SessionRow): Session {
  if (row.id === 0) throw corrupt("a session without its id");
  const session = new Session(row.id, new Uint8Array(row.password), row.timeoutMs);
  session.rowBytes = nestedBytes(row.size ?? 0);
  session.holder = row.holder;
  session.openedMs = row.openedMs;
  session.attachment = row.attachment;
  session.attachOrigin = row.attachOrigin;
  session.attachProposal = row.attachProposal;
  session.lastRequestId = row.lastRequestId;
  session.ackedRequestId = row.ackedRequestId;
  if (row.answers.length !== row.lastRequestId - row.ackedRequestId)
    throw corrupt(`session ${row.id} lacks answers that it should remember`);
  row.answers.forEach((answer, i) => {
    session.results.set(row.ackedRequestId + 1 + i, answer);
  });
  return session;
}
